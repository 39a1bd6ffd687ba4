"""An open page shows a new fact by itself, says when it is behind, and catches up."""

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Page, Route, expect

from congvu.work.v1 import events_pb2
from congvu.work.v1 import service_pb2 as rpc
from embedded.doors import Doors
from embedded.home import read_city
from runtime.timestamps import to_timestamp
from testkit.cities import RunningCity

from .accounts import DEPARTMENT_HEAD, OFFICER
from .conftest import Visitor, Web, sign_in

# Well above what the bench measures; a promise that is broken by a slow machine would be no promise.
SOON = 20_000

Assign = Callable[..., str]


@pytest.fixture
def officer(web: Callable[[str], Web]) -> str:
    """The id of the officer."""
    return web(OFFICER).get("/me").text.partition('id="score-')[2].partition('"')[0]


@pytest.fixture
def assign(doors: Doors, officer: str) -> Assign:
    """`assign(title)`: a system outside gives the officer a task, or with `held=False` their unit; its id."""

    product = doors.work.ListProducts(rpc.ListProductsRequest()).products[0].product_code

    def assigned(title: str, *, held: bool = True) -> str:
        name = f"task/{uuid4().hex}"
        now = datetime.now(UTC)
        body = events_pb2.Assigned(
            officer_id=officer if held else "",
            unit_id="SNV-CCVC",
            kind=events_pb2.WORK_KIND_TASK,
            basis=events_pb2.BASIS_OWN,
            product_code=product,
            title=title,
            due_at=to_timestamp(now + timedelta(days=2)),
        )
        event = events_pb2.WorkEvent(event_id=uuid4().hex, work_id=name, occurred_at=to_timestamp(now), assigned=body)
        answer = doors.work.RecordWorkEvents(rpc.RecordWorkEventsRequest(events=[event]))
        assert answer.accepted == 1, answer
        return name

    return assigned


def is_live(page: Page) -> None:
    expect(page.locator("#live")).to_have_attribute("data-state", "current", timeout=SOON)


def test_a_new_fact_comes_to_the_open_page_without_a_reload(visitor: Visitor, assign: Assign) -> None:
    page = visitor(OFFICER)
    page.goto("/me")
    is_live(page)
    page.evaluate("window.notReloaded = true")
    title = f"Việc mới {uuid4().hex[:6]}"
    assign(title)
    expect(page.locator("#open-items")).to_contain_text(title, timeout=SOON)
    assert page.evaluate("window.notReloaded")


def test_focus_scroll_and_what_is_open_stay_as_they_are(visitor: Visitor, assign: Assign) -> None:
    page = visitor(OFFICER)
    page.goto("/me")
    is_live(page)
    page.locator("details summary").click()
    link = page.locator(".groups tbody a").first
    link.focus()
    page.mouse.wheel(0, 150)
    page.wait_for_timeout(300)
    before = page.evaluate("[scrollY, document.activeElement.textContent]")
    as_of = str(page.locator(".score time").get_attribute("datetime"))
    assign("Việc khi đang đọc")
    expect(page.locator("#open-items")).to_contain_text("Việc khi đang đọc", timeout=SOON)
    expect(page.locator(".score time")).not_to_have_attribute("datetime", as_of, timeout=SOON)
    assert page.evaluate("[scrollY, document.activeElement.textContent]") == before
    expect(page.locator("details")).to_have_attribute("open", "")


def test_the_leaders_page_shows_it_too(visitor: Visitor, assign: Assign) -> None:
    page = visitor(DEPARTMENT_HEAD)
    page.goto("/scores/SNV")
    is_live(page)
    as_of = str(page.locator(".score time").get_attribute("datetime"))
    assign("Việc của phòng")
    expect(page.locator(".score time")).not_to_have_attribute("datetime", as_of, timeout=SOON)


def test_a_part_that_could_not_be_fetched_is_fetched_again(visitor: Visitor, assign: Assign) -> None:
    page = visitor(OFFICER)
    page.goto("/tasks")
    is_live(page)
    failed: list[str] = []

    def fail_twice(route: Route) -> None:
        if len(failed) == 2:
            route.continue_()
            return
        failed.append(route.request.url)
        route.fulfill(status=503)

    page.route("**/parts/tasks", fail_twice)
    title = f"Việc khi dịch vụ gián đoạn {uuid4().hex[:6]}"
    assign(title)
    expect(page.locator("#task-lists")).to_contain_text(title, timeout=SOON)
    assert len(failed) == 2


def test_work_that_nobody_holds_comes_to_the_tasks_of_who_may_take_it(visitor: Visitor, assign: Assign) -> None:
    page = visitor(OFFICER)
    page.goto("/tasks")
    is_live(page)
    title = f"Việc chưa ai nhận {uuid4().hex[:6]}"
    assign(title, held=False)
    expect(page.locator("#free-work")).to_contain_text(title, timeout=SOON)


@pytest.mark.parametrize(("account", "path"), [(OFFICER, "/me"), (DEPARTMENT_HEAD, "/city")])
def test_a_page_that_is_open_over_the_end_of_a_month_begins_the_new_one(
    visitor: Visitor, assign: Assign, account: str, path: str
) -> None:
    page = visitor(account)
    page.goto(path)
    is_live(page)
    page.evaluate("for (const one of document.querySelectorAll('[data-period]')) one.dataset.period = '2001-01'")
    with page.expect_navigation(timeout=SOON):
        assign("Việc của tháng mới")


def test_after_a_lost_connection_the_page_says_so_and_catches_up(
    visitor: Visitor, assign: Assign, city: RunningCity
) -> None:
    page = visitor(OFFICER)
    page.goto("/me")
    is_live(page)
    # The supervisor starts it again.
    os.kill(read_city(city.home).processes["portal"].pid, signal.SIGKILL)
    expect(page.locator("#live")).to_have_attribute("data-state", "behind", timeout=SOON)
    expect(page.locator("#live")).to_contain_text("Mất kết nối")
    title = f"Khi mất kết nối {uuid4().hex[:6]}"
    assign(title)
    is_live(page)
    expect(page.locator("#open-items")).to_contain_text(title, timeout=SOON)


def test_a_page_whose_session_was_ended_says_so(visitor: Visitor, city: RunningCity) -> None:
    page = visitor()
    sign_in(page, OFFICER)
    page.goto("/me")
    is_live(page)
    secret = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "__Host-congvu")
    other = Web(city.portal)
    other.client.headers["cookie"] = f"__Host-congvu={secret}"
    other.csrf = page.locator("body").get_attribute("hx-headers").split('"')[3]  # type: ignore[union-attr]
    other.send("/sign-out")
    expect(page.locator("#live")).to_have_attribute("data-state", "ended", timeout=SOON)


def test_what_moved_between_a_page_and_its_stream_is_shown(visitor: Visitor, assign: Assign, city: RunningCity) -> None:
    page = visitor(OFFICER)
    held: list[Route] = []
    page.route("**/live?*", lambda route: held.append(route))
    page.goto("/me")
    title = f"Giữa chừng {uuid4().hex[:6]}"
    assign(title)
    city.wait_until_counted()
    page.wait_for_timeout(500)
    for route in held:
        route.continue_()
    expect(page.locator("#open-items")).to_contain_text(title, timeout=SOON)


def test_a_session_that_ends_while_the_connection_is_lost_is_told(visitor: Visitor, city: RunningCity) -> None:
    page = visitor()
    sign_in(page, OFFICER)
    page.route("**/live?*", lambda route: route.fulfill(status=503))
    page.goto("/me")
    expect(page.locator("#live")).to_have_attribute("data-state", "behind", timeout=SOON)
    page.context.clear_cookies()
    page.unroute("**/live?*")
    expect(page.locator("#live")).to_have_attribute("data-state", "ended", timeout=SOON)


def test_one_that_may_not_be_watched_does_not_keep_the_others_from_being_told(
    web: Callable[[str], Web], officer: str
) -> None:
    address = f"/live?watch=score:{officer}&watch=score:19753&watch=score:%00"
    with web(OFFICER).client.stream("GET", address) as stream:
        lines = stream.iter_lines()
        first = next(line for line in lines if line.startswith("data:"))
    assert officer in first


def test_of_their_units_officers_are_told_that_something_moved_and_nothing_more(web: Callable[[str], Web]) -> None:
    with web(OFFICER).client.stream("GET", "/live?watch=moves:SNV-CCVC&watch=score:SNV-CCVC&watch=moves:SNV") as stream:
        told = next(line for line in stream.iter_lines() if line.startswith("data:"))
    assert told == 'data: ["SNV", "SNV-CCVC"]'


@pytest.mark.parametrize(
    "watch",
    ["score:HUE", "moves:HUE", "score:SNV-CCVC", "row:SNV-CCVC", "row:HUE-00001", "moves:19753", "score:nobody"],
)
def test_nobody_watches_what_is_not_theirs_to_see(web: Callable[[str], Web], watch: str) -> None:
    assert web(OFFICER).get(f"/live?watch={watch}").status_code == 404


@pytest.mark.parametrize("query", ["", "watch=", "watch=x:HUE", "watch=score:", "watch=moves:HUE&" * 501])
def test_a_wrong_watch_is_refused(web: Callable[[str], Web], query: str) -> None:
    assert web(OFFICER).get(f"/live?{query}").status_code == 422


def test_without_a_session_there_is_no_stream(web: Callable[[str], Web]) -> None:
    assert web("").get("/live?watch=score:HUE").status_code == 401
