"""A unit live: who sees it, its people and their loads, what lies on the desks, and assigning work."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from congvu.work.v1 import resources_pb2
from congvu.work.v1 import service_pb2 as work_rpc
from portal.domain.sorting import name_key

from .accounts import DEPARTMENT_HEAD, EVALUATOR, OFFICER, WARD_HEAD
from .conftest import Visitor, Web
from .given import UNIT, WARD, Given

Sessions = Callable[[str], Web]
DEPARTMENT = "SNV"
PAGES = ("/units/{}", "/parts/units/{}/work", "/parts/units/{}/below")
# A promise that a slow machine breaks would be none.
SOON = 20_000


def section(page: str, heading: str) -> str:
    """The part of the page below a heading."""
    found = re.search(rf'<section [^>]*aria-labelledby="{heading}".*?</section>', page, re.DOTALL)
    assert found is not None
    return unescape(found[0])


def names_in(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/scores/[^"]+">([^<]+)</a>', section(page, "people-heading"))


def form(**fields: object) -> dict[str, object]:
    """A form to assign work, filled in."""
    return {
        "task_id": uuid4().hex,
        "title": "Soạn báo cáo sơ kết",
        "product": "Công văn (CV-01)",
        "share": "",
        "due_at": (datetime.now(UTC) + timedelta(days=20)).isoformat()[:16],
        **fields,
    }


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("account", "unit_id", "status"),
    [
        (DEPARTMENT_HEAD, DEPARTMENT, 200),
        (DEPARTMENT_HEAD, UNIT, 200),
        (DEPARTMENT_HEAD, WARD, 404),
        (DEPARTMENT_HEAD, "HUE", 404),
        (WARD_HEAD, WARD, 200),
        (WARD_HEAD, UNIT, 404),
        (EVALUATOR, UNIT, 200),
        (EVALUATOR, "HUE", 200),
        (OFFICER, UNIT, 404),
        (OFFICER, DEPARTMENT, 404),
        (EVALUATOR, "NO-UNIT", 404),
        (EVALUATOR, "HUE-00001", 404),
    ],
)
def test_heads_of_the_unit_or_above_and_evaluators_see_it_others_find_nothing(
    web: Sessions, account: str, unit_id: str, path: str, status: int
) -> None:
    assert web(account).get(path.format(unit_id)).status_code == status


def test_an_officer_is_no_unit(web: Sessions, given: Given) -> None:
    assert web(OFFICER).get(f"/units/{given.officer_id(OFFICER)}").status_code == 404


@pytest.mark.parametrize(
    ("account", "unit_id", "status"),
    [(DEPARTMENT_HEAD, UNIT, 200), (WARD_HEAD, UNIT, 404), (OFFICER, UNIT, 404), (EVALUATOR, UNIT, 404)],
)
def test_only_heads_assign(web: Sessions, given: Given, account: str, unit_id: str, status: int) -> None:
    assert web(account).get(f"/units/{unit_id}/assign").status_code == status
    answer = web(account).send(f"/units/{unit_id}/assign", **form(title=""))
    assert answer.status_code == (422 if status == 200 else 404)


def test_people_stand_in_the_order_of_their_given_names(web: Sessions) -> None:
    names = names_in(web(DEPARTMENT_HEAD).get(f"/units/{DEPARTMENT}").text)
    assert len(names) > 20
    assert names == sorted(names, key=name_key)


def overdue_in(page: str) -> list[int]:
    cell = re.compile(r'<td class="number(?: later)?">(?:<strong[^>]*>)?([^<]*)')
    return [int(cell.findall(row)[3]) for row in re.findall(r'<tr id="person-.*?</tr>', page, re.DOTALL)]


def test_a_column_is_sorted_both_ways(web: Sessions, given: Given) -> None:
    given.late_work(OFFICER)
    falling = web(DEPARTMENT_HEAD).get(f"/units/{UNIT}?sort=-overdue").text
    assert overdue_in(falling) == sorted(overdue_in(falling), reverse=True)
    assert overdue_in(falling)[0] > 0
    assert 'aria-sort="descending"' in falling
    assert overdue_in(web(DEPARTMENT_HEAD).get(f"/units/{UNIT}?sort=overdue").text) == sorted(overdue_in(falling))


def test_what_is_late_lies_on_a_desk_and_is_ours(web: Sessions, given: Given) -> None:
    late = given.late_work(OFFICER)
    urgent = section(web(DEPARTMENT_HEAD).get(f"/parts/units/{UNIT}/work").text, "urgent-heading")
    row = urgent.partition(f'href="/work/{late}"')[2].partition("</tr>")[0]
    assert f"/scores/{given.officer_id(OFFICER)}" in row
    assert "thuộc trách nhiệm đơn vị" in row


def test_work_that_nobody_holds_and_work_that_waits_for_a_review_are_listed(web: Sessions, given: Given) -> None:
    free = given.task(DEPARTMENT_HEAD, title="Chưa ai nhận")
    held = given.task(DEPARTMENT_HEAD, officer=OFFICER, title="Đã trình")
    given.speaking(OFFICER).work.SubmitTask(work_rpc.SubmitTaskRequest(work_id=held))
    page = web(DEPARTMENT_HEAD).get(f"/units/{UNIT}").text
    assert f"/work/{free}" in section(page, "unheld-heading")
    assert f"/work/{held}" in section(page, "review-heading")
    given.speaking(DEPARTMENT_HEAD).work.AcceptTask(work_rpc.AcceptTaskRequest(work_id=held))
    assert f"/work/{held}" not in section(web(DEPARTMENT_HEAD).get(f"/units/{UNIT}").text, "review-heading")


def test_the_units_below_lead_down_and_the_city_is_no_link_for_a_head(web: Sessions) -> None:
    page = web(DEPARTMENT_HEAD).get(f"/units/{DEPARTMENT}").text
    assert f'href="/units/{UNIT}"' in section(page, "below-heading")
    assert 'href="/units/HUE"' not in page
    assert 'href="/units/HUE"' in web(EVALUATOR).get(f"/units/{DEPARTMENT}").text


def test_the_page_of_the_city_has_its_own_people_and_work_only(web: Sessions, given: Given) -> None:
    late = given.late_work(OFFICER)
    page = web(EVALUATOR).get("/units/HUE").text
    assert len(names_in(page)) < 30
    assert f"/work/{late}" not in page
    assert f'href="/units/{DEPARTMENT}"' in section(page, "below-heading")


def test_an_assigned_task_is_on_the_officers_desk(web: Sessions, given: Given) -> None:
    filled = form(holder=f"{UNIT}/{given.officer_id(OFFICER)}", is_extra="true", extra_reason="Việc đột xuất")
    answer = web(DEPARTMENT_HEAD).send(f"/units/{UNIT}/assign", **filled)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/units/{UNIT}?done=assigned")
    work = given.work(f"task/{filled['task_id']}")
    assert (work.officer_id, work.title) == (given.officer_id(OFFICER), "Soạn báo cáo sơ kết")
    assert work.status == resources_pb2.WORK_STATUS_OPEN


def test_the_same_form_sent_twice_assigns_once(web: Sessions, given: Given) -> None:
    filled = form(holder=f"{UNIT}/")
    for _ in range(2):
        assert web(DEPARTMENT_HEAD).send(f"/units/{UNIT}/assign", **filled).status_code == 303
    assert given.work(f"task/{filled['task_id']}").officer_id == ""


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(web: Sessions) -> None:
    filled = form(title="Tổng hợp ý kiến", product="Không có (XX-99)", due_at="", is_urgent="true")
    answer = web(DEPARTMENT_HEAD).send(f"/units/{UNIT}/assign", **filled)
    page = unescape(answer.text)
    assert answer.status_code == 422
    for field in ("product_code", "holders", "urgent_reason"):
        assert f'id="{field}-error"' in page
        assert f'aria-describedby="{field}-error' in page
    assert 'value="Tổng hợp ý kiến"' in page
    assert str(filled["task_id"]) in page


def test_what_the_work_service_refuses_is_told_in_vietnamese(web: Sessions, given: Given) -> None:
    past = (datetime.now(UTC) - timedelta(days=3)).isoformat()[:16]
    filled = form(product="", due_at=past, holder=f"{UNIT}/{given.officer_id(OFFICER)}")
    answer = web(DEPARTMENT_HEAD).send(f"/units/{UNIT}/assign", **filled)
    fault = re.search(r'id="due_at-error">([^<]+)<', answer.text)
    assert answer.status_code == 422
    assert fault is not None
    assert "due_at" not in unescape(fault[1])


def test_a_head_cannot_assign_into_units_of_others(web: Sessions, given: Given) -> None:
    filled = form(holder=f"{WARD}/")
    answer = web(DEPARTMENT_HEAD).send(f"/units/{UNIT}/assign", **filled)
    assert answer.status_code == 422
    assert "Chỉ người đứng đầu" in unescape(answer.text)


def test_a_new_task_moves_the_load_of_an_open_page(visitor: Visitor, given: Given) -> None:
    officer = given.officer_id(OFFICER)
    page = visitor(DEPARTMENT_HEAD, language="en")
    page.goto(f"/units/{UNIT}")
    expect(page.locator("#live")).to_have_attribute("data-state", "current", timeout=SOON)
    load = page.locator(f"#person-{officer} td").nth(4)
    before = int(load.inner_text())
    late = given.late_work(OFFICER)
    expect(load).to_have_text(str(before + 1), timeout=SOON)
    expect(page.locator(f'#unit-work a[href="/work/{late}"]')).to_be_visible(timeout=SOON)


def test_the_focus_stays_with_its_item_when_another_leaves_the_list(
    visitor: Visitor, web: Sessions, given: Given
) -> None:
    first, second = (given.task(DEPARTMENT_HEAD, officer=OFFICER, title=title) for title in ("Một", "Hai"))
    for work_id in (first, second):
        web(OFFICER).send(f"/work/{work_id}", do="submit")
    page = visitor(DEPARTMENT_HEAD)
    page.goto("/units/SNV")
    expect(page.locator("#live")).to_have_attribute("data-state", "current", timeout=20_000)
    link = page.locator(f'[id="review-{second}"]')
    link.focus()
    web(DEPARTMENT_HEAD).send(f"/work/{first}", do="accept")
    expect(page.locator(f'[id="review-{first}"]')).to_have_count(0, timeout=20_000)
    expect(link).to_be_focused()


def test_work_that_is_due_later_is_found_too(web: Sessions, given: Given) -> None:
    task = given.task(DEPARTMENT_HEAD, officer=OFFICER, title="Việc của tuần sau nữa")
    page = web(DEPARTMENT_HEAD).get("/units/SNV").text
    assert f"/work/{task}" in page.partition('id="later"')[2].partition("</details>")[0]


def test_assigned_work_shows_on_another_open_page_at_once(visitor: Visitor, web: Sessions, given: Given) -> None:
    page = visitor(DEPARTMENT_HEAD, language="en")
    page.goto(f"/units/{UNIT}")
    expect(page.locator("#live")).to_have_attribute("data-state", "current", timeout=SOON)
    filled = form(holder=f"{UNIT}/", due_at=(datetime.now(UTC) + timedelta(days=60)).isoformat()[:16])
    assert web(DEPARTMENT_HEAD).send(f"/units/{UNIT}/assign", **filled).status_code == 303
    work = page.locator(f'#unit-work a[href="/work/task/{filled["task_id"]}"]')
    expect(work).to_be_visible(timeout=SOON)


def test_more_people_can_share_a_task_without_losing_what_was_typed(visitor: Visitor, given: Given) -> None:
    page = visitor(DEPARTMENT_HEAD, language="en", width=360)
    page.goto(f"/units/{UNIT}/assign")
    page.fill("#title", "Tổng hợp báo cáo quý")
    page.fill("#product", "Công văn (CV-01)")
    page.get_by_role("button", name="More people").click()
    expect(page.locator("#title")).to_have_value("Tổng hợp báo cáo quý")
    page.select_option("#holder-1", f"{UNIT}/{given.officer_id(OFFICER)}")
    page.select_option("#holder-2", f"{UNIT}/")
    page.get_by_role("button", name="Assign", exact=True).click()
    expect(page.get_by_text("The work is assigned.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
