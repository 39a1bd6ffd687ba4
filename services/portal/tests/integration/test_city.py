"""The city: units beside each other, as far as one sees them."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from congvu.evaluation.v1 import resources_pb2
from congvu.evaluation.v1 import service_pb2 as rpc
from congvu.organization.v1 import resources_pb2 as organization_pb2
from congvu.organization.v1 import service_pb2 as organization_rpc
from embedded.doors import Doors

from .accounts import DEPARTMENT_HEAD, EVALUATOR, OFFICER, WARD_HEAD
from .conftest import Web
from .given import Given
from .tables import read_units

Sessions = Callable[[str], Web]
Visitor = Callable[..., Page]
HIGHEST = (organization_pb2.UNIT_KIND_DEPARTMENT, organization_pb2.UNIT_KIND_COMMUNE)
PILOT, DECREE = "pilot-seven-groups", "decree-335"


@pytest.fixture(scope="module")
def tree(doors: Doors) -> list[organization_rpc.TreeUnit]:
    return list(doors.organization.GetTree(organization_rpc.GetTreeRequest()).units)


def points_of(doors: Doors, **asked: object) -> dict[str, rpc.MonthPoints]:
    request = rpc.ListPointsRequest(page_size=1000, subject_kind=resources_pb2.SUBJECT_KIND_UNIT, **asked)  # type: ignore[arg-type]
    return {one.subject_id: one.months[-1] for one in doors.evaluation.ListPoints(request).subjects}


def written(points: int) -> str:
    return f"{points // 100},{points % 100:02}"


def test_an_evaluator_sees_every_department_and_commune_best_first(
    web: Sessions, doors: Doors, tree: list[organization_rpc.TreeUnit]
) -> None:
    lines = read_units(web(EVALUATOR).get("/city").text)
    assert {line.unit_id for line in lines} == {unit.unit_id for unit in tree if unit.kind in HIGHEST}
    months = points_of(doors, policy=PILOT)
    ranked = [line for line in lines if line.rank]
    known = [months[line.unit_id].points for line in ranked]
    assert known == sorted(known, reverse=True)
    assert [line.points for line in ranked] == [written(points) for points in known]


def test_ranks_are_among_units_of_a_kind(web: Sessions) -> None:
    lines = read_units(web(EVALUATOR).get("/city?kind=commune").text)
    ranks = [int(line.rank) for line in lines if line.rank]
    assert ranks[0] == 1
    assert ranks == sorted(ranks)
    assert max(ranks) <= len(lines)


def test_small_samples_are_marked_stand_last_and_have_no_rank(web: Sessions, doors: Doors) -> None:
    months = points_of(doors, policy=PILOT)
    for path in ("/city", "/city?parent=SNV", "/city?parent=19753&sort=name"):
        lines = read_units(web(EVALUATOR).get(path).text)
        small = [line for line in lines if months[line.unit_id].small_sample]
        assert lines[len(lines) - len(small) :] == small
        for line in lines:
            assert (line.rank == "") == (line in small)
            assert ("ít việc, không xếp hạng" in line.name) == (line in small)


def test_the_table_is_sorted_and_filtered_without_scripts(web: Sessions) -> None:
    session = web(EVALUATOR)
    everything = read_units(session.get("/city").text)
    overdue = [float(line.cells[6].split("%")[0].replace(",", ".")) for line in everything]
    again = read_units(session.get("/city?sort=overdue").text)
    assert [float(line.cells[6].split("%")[0].replace(",", ".")) for line in again] == sorted(overdue)
    assert [line.unit_id for line in read_units(session.get("/city?q=phu+xuan").text)] == ["19753"]
    page = session.get("/city?band=good").text
    assert {line.cells[4] for line in read_units(page)} <= {"Hoàn thành tốt nhiệm vụ"}


def test_names_stand_as_vietnamese_expect(web: Sessions) -> None:
    names = [line.name for line in read_units(web(EVALUATOR).get("/city?kind=department&sort=name").text)]
    assert names.index("Sở Du lịch") < names.index("Sở Giáo dục và Đào tạo") < names.index("Sở Y tế")
    assert names[0].startswith("Ban")


def test_what_cannot_be_asked_counts_as_not_asked(web: Sessions) -> None:
    session = web(EVALUATOR)
    assert read_units(session.get("/city?sort=nonsense&kind=x&band=y").text) == read_units(session.get("/city").text)
    assert session.get("/city?period=nonsense").status_code == 422


def test_one_drills_down_to_divisions_and_from_there_to_people(
    web: Sessions, tree: list[organization_rpc.TreeUnit]
) -> None:
    session = web(EVALUATOR)
    city = {line.unit_id: line.path for line in read_units(session.get("/city").text)}
    assert city["SNV"] == "/city?parent=SNV"
    divisions = read_units(session.get("/city?parent=SNV").text)
    assert {line.unit_id for line in divisions} == {unit.unit_id for unit in tree if unit.parent_id == "SNV"}
    assert {line.path for line in divisions} == {f"/units/{line.unit_id}" for line in divisions}
    answer = session.get("/city?parent=SNV-CCVC")
    assert (answer.status_code, answer.headers["location"]) == (303, "/units/SNV-CCVC")


def test_a_head_sees_what_is_below_their_own_unit_and_nothing_beside_it(web: Sessions) -> None:
    session = web(DEPARTMENT_HEAD)
    lines = read_units(session.get("/city").text)
    assert len(lines) > 1
    assert {line.unit_id.partition("-")[0] for line in lines} == {"SNV"}
    assert [line.unit_id for line in read_units(session.get("/city?parent=SNV").text)] == [one.unit_id for one in lines]
    assert session.get("/city?parent=19753").status_code == 404
    assert session.get("/city?parent=HUE").status_code == 404
    assert {line.unit_id.partition("-")[0] for line in read_units(web(WARD_HEAD).get("/city").text)} == {"19753"}


def test_an_officer_sees_no_unit(web: Sessions) -> None:
    session = web(OFFICER)
    assert read_units(session.get("/city").text) == []
    assert session.get("/city?parent=SNV").status_code == 404


def test_a_guessed_unit_is_not_there(web: Sessions) -> None:
    assert web(EVALUATOR).get("/city?parent=SNV-1").status_code == 404


def test_month_and_policy_are_chosen(web: Sessions, doors: Doors) -> None:
    session = web(EVALUATOR)
    decree = {line.unit_id: line.points for line in read_units(session.get(f"/city?policy={DECREE}").text)}
    assert decree["SNV"] == written(points_of(doors, policy=DECREE)["SNV"].points)
    card = doors.evaluation.GetScorecard(rpc.GetScorecardRequest(subject_id="SNV")).scorecard
    year, month = map(int, card.period.split("-"))
    before = f"{year - (month == 1)}-{(month - 2) % 12 + 1:02}"
    page = session.get(f"/city?period={before}").text
    past = {line.unit_id: line.points for line in read_units(page)}
    assert past["SNV"] == written(points_of(doors, policy=PILOT, period=before)["SNV"].points)
    assert f"period={before}" in read_units(page)[0].path


def test_a_new_fact_is_in_the_table_without_losing_what_is_typed(visitor: Visitor, given: Given) -> None:
    page = visitor(EVALUATOR)
    page.goto("/city?kind=department")
    expect(page.locator("#live .words")).to_have_text("Đang cập nhật trực tiếp")
    due = page.locator("#row-SNV td").nth(6)
    before = due.inner_text()
    page.fill("#q", "nội")
    expect(page.locator("tr[data-unit]")).to_have_count(1)
    expect(page.locator("#city-count")).to_contain_text("1 trong")
    assert page.locator("#q").evaluate("field => field === document.activeElement")
    assert "q=n" in page.locator("#city-files a").first.get_attribute("href")  # type: ignore[operator]
    given.late_work(OFFICER)
    expect(due).not_to_have_text(before, timeout=5000)
    assert page.locator("#q").input_value() == "nội"
    assert page.locator("#row-SNV td").first.inner_text() != ""


def test_a_table_by_another_policy_is_live_too(visitor: Visitor, given: Given) -> None:
    page = visitor(EVALUATOR)
    page.goto(f"/city?policy={DECREE}&kind=department")
    expect(page.locator("#live .words")).to_have_text("Đang cập nhật trực tiếp")
    due = page.locator("#row-SNV td").nth(6)
    before = due.inner_text()
    given.late_work(OFFICER)
    expect(due).not_to_have_text(before, timeout=5000)
    assert page.locator("#row-SNV td").first.inner_text() != ""


def test_a_heading_sorts_without_a_reload_and_keeps_the_focus(visitor: Visitor) -> None:
    page = visitor(EVALUATOR)
    page.goto("/city")
    page.evaluate("window.stays = true")
    page.locator("#sort-name").focus()
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort]")).to_contain_text("Đơn vị")
    assert page.evaluate("window.stays")
    assert page.locator("#sort-name").evaluate("link => link === document.activeElement")
    assert "sort=name" in page.url


def test_the_treemap_leads_down(visitor: Visitor) -> None:
    page = visitor(EVALUATOR)
    page.goto("/city")
    page.locator("[data-chart=treemap] svg").wait_for()
    page.locator("[data-chart=treemap]").click(position={"x": 60, "y": 60})
    page.wait_for_url("**/city?parent=*")
