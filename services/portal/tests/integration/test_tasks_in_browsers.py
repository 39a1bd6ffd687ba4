"""Tasks, items and evidence as people meet them in a browser: live, by form, on a phone."""

import pytest
from playwright.sync_api import expect

from .accounts import DEPARTMENT_HEAD, OFFICER
from .conftest import Visitor
from .given import Given
from .test_browser_pages import PHONE, violations

# A page shows what is new within two seconds; the rest is for a busy machine.
LIVE_MS = 8_000


def test_new_work_comes_onto_the_open_page_and_a_half_written_form_stays(visitor: Visitor, given: Given) -> None:
    first = given.task(DEPARTMENT_HEAD, officer=OFFICER)
    page = visitor(OFFICER)
    page.goto("/tasks")
    expect(page.locator("#live[data-state=current]")).to_be_visible()
    row = page.locator(f'[id="task-{first}"]')
    row.locator("summary").click()
    row.locator("textarea").fill("Chưa viết xong")
    second = given.late_work(OFFICER)
    expect(page.locator(f'[id="task-{second}"]')).to_be_visible(timeout=LIVE_MS)
    assert row.locator("textarea").input_value() == "Chưa viết xong"
    assert row.locator("textarea").evaluate("one => one === document.activeElement")


def test_the_reviewer_sees_at_once_that_work_is_handed_in(visitor: Visitor, given: Given) -> None:
    task = given.task(DEPARTMENT_HEAD, officer=OFFICER)
    head, officer = visitor(DEPARTMENT_HEAD), visitor(OFFICER)
    head.goto(f"/work/{task}")
    expect(head.locator("#live[data-state=current]")).to_be_visible()
    officer.goto("/tasks")
    officer.locator(f'[id="task-{task}"]').get_by_role("button", name="Hoàn thành: ").click()
    expect(officer.locator(".notice")).to_have_text("Đã trình duyệt công việc.")
    expect(head.get_by_text("chờ duyệt", exact=True)).to_be_visible(timeout=LIVE_MS)
    head.get_by_text("Trả lại để làm lại").first.click()
    head.get_by_label("sai số liệu").check()
    head.get_by_label("Nhận xét").fill("Bảng 2 chưa khớp")
    head.get_by_role("button", name="Trả lại để làm lại").click()
    expect(head.locator(".notice")).to_have_text("Đã trả lại công việc để làm lại.")
    expect(head.get_by_text("“Bảng 2 chưa khớp”")).to_be_visible()


def test_evidence_counts_a_new_fact_without_reload(visitor: Visitor, given: Given) -> None:
    page = visitor(OFFICER)
    page.goto(f"/scores/{given.officer_id(OFFICER)}/evidence")
    expect(page.locator("#live[data-state=current]")).to_be_visible()
    late = given.late_work(OFFICER)
    expect(page.locator(f'#overdue a[href="/work/{late}"], #time a[href="/work/{late}"]').first).to_be_visible(
        timeout=LIVE_MS
    )


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("width", [PHONE, 1280])
def test_items_and_evidence_break_no_rule_of_accessibility(
    visitor: Visitor, given: Given, width: int, language: str
) -> None:
    task = given.late_work(OFFICER)
    for who, path in (
        (OFFICER, f"/work/{task}"),
        (DEPARTMENT_HEAD, f"/work/{task}"),
        (OFFICER, f"/scores/{given.officer_id(OFFICER)}/evidence"),
    ):
        page = visitor(who, width=width, language=language)
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
