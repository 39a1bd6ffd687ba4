"""Every page for every reader: with a screen reader, by keyboard, on a phone, in both languages, on paper."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .accounts import DEPARTMENT_HEAD, EVALUATOR, OFFICER
from .conftest import Visitor, sign_in

ROOT = Path(__file__).parents[4]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = 360
PAGES: Mapping[str, Sequence[str]] = {
    "": ("/sign-in",),
    OFFICER: ("/me", "/tasks", "/account", "/nowhere"),
    DEPARTMENT_HEAD: ("/units/SNV", "/units/SNV/monday", "/units/SNV/assign", "/scores/SNV", "/city"),
    EVALUATOR: (
        "/city",
        "/city?parent=SNV",
        "/evaluation/parked",
        "/evaluation/late",
        "/evaluation/log",
        "/evaluation/policies",
        "/evaluation/proposals",
    ),
}
ALL = [(who, path) for who, paths in PAGES.items() for path in paths]
FIRST_PAGE_BYTES = 300_000
# Where the screenshots of the README are kept; made anew when SCREENSHOTS is set.
SHOTS = ROOT / "docs" / "screenshots"


@pytest.mark.parametrize(("width", "language"), [(PHONE, "vi"), (1280, "en")])
@pytest.mark.parametrize(("who", "path"), ALL)
def test_no_rule_of_accessibility_is_broken(visitor: Visitor, who: str, path: str, width: int, language: str) -> None:
    page = visitor(who, width=width, language=language)
    page.goto(path)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("html").get_attribute("lang") == language


def violations(page: Page) -> list[str]:
    """What axe-core finds, one line for each place."""
    page.evaluate(AXE.read_text())
    found = page.evaluate(f"axe.run({{runOnly: {json.dumps(STANDARDS)}}})")["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize(("who", "path"), ALL)
def test_a_vietnamese_page_has_no_english_sentence(visitor: Visitor, who: str, path: str) -> None:
    page = visitor(who)
    page.goto(path)
    words = re.findall(r"[A-Za-z]+", page.locator("main").inner_text())
    assert {"the", "and", "of", "is", "has", "not"} & {word.lower() for word in words} == set()


def test_one_signs_in_and_reads_the_own_score_by_keyboard_alone(visitor: Visitor) -> None:
    page = visitor()
    page.goto("/me")
    page.keyboard.type(OFFICER)
    page.keyboard.press("Tab")
    page.keyboard.type("demo-Hue-2026")
    page.keyboard.press("Enter")
    expect(page.locator(".score")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_wrong_password_is_told_beside_the_form_and_the_name_is_kept(visitor: Visitor) -> None:
    page = visitor()
    sign_in(page, "nobody", "wrong password")
    expect(page.get_by_role("alert")).to_contain_text("Sai tên đăng nhập hoặc mật khẩu")
    assert page.input_value("#username") == "nobody"


def test_the_first_page_is_small(visitor: Visitor) -> None:
    page = visitor(OFFICER)
    page.goto("about:blank")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    received: list[float] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    session.send("Network.clearBrowserCache")
    page.goto("/me")
    page.wait_for_function("document.querySelector('[data-chart] svg')")
    assert 20_000 < sum(received) < FIRST_PAGE_BYTES


def test_numbers_dates_and_months_are_written_as_each_language_does(visitor: Visitor) -> None:
    vietnamese, english = visitor(OFFICER), visitor(OFFICER, language="en")
    for page in (vietnamese, english):
        page.goto("/me")
    assert re.search(r"\d,\d\d\n?\s*điểm", vietnamese.locator(".headline .points").inner_text())
    assert re.search(r"\d\.\d\d\n?\s*points", english.locator(".headline .points").inner_text())
    assert re.search(r"tháng \d+/\d{4}", vietnamese.locator(".heading").inner_text())
    assert re.search(r"[A-Z][a-z]+ \d{4}", english.locator(".heading").inner_text())


def test_a_page_prints_without_what_is_only_for_screens(visitor: Visitor) -> None:
    page = visitor(OFFICER)
    page.goto("/me")
    page.emulate_media(media="print")
    expect(page.locator(".score")).to_be_visible()
    for hidden in (".top", ".live", ".foot"):
        expect(page.locator(hidden)).to_be_hidden()


@pytest.mark.skipif(not os.environ.get("SCREENSHOTS"), reason="SCREENSHOTS is not set")
@pytest.mark.parametrize(
    ("name", "who", "path", "width"),
    [
        ("officer", OFFICER, "/me", 1280),
        ("officer-phone", OFFICER, "/me", 390),
        ("unit", DEPARTMENT_HEAD, "/units/SNV", 1280),
        ("monday", DEPARTMENT_HEAD, "/units/SNV/monday", 1280),
        ("city", EVALUATOR, "/city", 1280),
    ],
)
def test_screenshots_of_the_main_pages(visitor: Visitor, name: str, who: str, path: str, width: int) -> None:
    page = visitor(who, width=width)
    page.goto(path)
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("#live")).to_have_attribute("data-state", "current", timeout=20_000)
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")
    assert (SHOTS / f"{name}.png").stat().st_size > 10_000
