"""Monday morning: five questions, answered as far as there are data."""

import re
from collections.abc import Callable
from html import unescape
from uuid import uuid4

import pytest

from congvu.work.v1 import events_pb2, resources_pb2
from congvu.work.v1 import service_pb2 as work_rpc
from embedded.doors import Doors

from .accounts import DEPARTMENT_HEAD, EVALUATOR, OFFICER, WARD_HEAD
from .conftest import Visitor, Web
from .given import UNIT, WARD, Given

Sessions = Callable[[str], Web]
DEPARTMENT = "SNV"


def question(page: str, number: int) -> str:
    """The answer to a question."""
    found = re.search(rf'<section [^>]*aria-labelledby="question-{number}".*?</section>', page, re.DOTALL)
    assert found is not None
    return unescape(found[0])


def propose(given: Given, title: str) -> str:
    """The id of an initiative that the officer proposes alone."""
    author = events_pb2.InitiativeAuthor(officer_id=given.officer_id(OFFICER), unit_id=UNIT)
    request = work_rpc.ProposeInitiativeRequest(initiative_id=uuid4().hex, title=title, authors=[author])
    return given.speaking(OFFICER).work.ProposeInitiative(request).initiative.initiative_id


@pytest.mark.parametrize("path", ["/units/{}/monday", "/parts/units/{}/monday"])
@pytest.mark.parametrize(
    ("account", "unit_id", "status"),
    [
        (DEPARTMENT_HEAD, DEPARTMENT, 200),
        (DEPARTMENT_HEAD, UNIT, 200),
        (DEPARTMENT_HEAD, WARD, 404),
        (WARD_HEAD, WARD, 200),
        (WARD_HEAD, UNIT, 404),
        (EVALUATOR, WARD, 200),
        (OFFICER, UNIT, 404),
        (EVALUATOR, "NO-UNIT", 404),
    ],
)
def test_heads_of_the_unit_or_above_and_evaluators_see_it_others_find_nothing(
    web: Sessions, account: str, unit_id: str, path: str, status: int
) -> None:
    assert web(account).get(path.format(unit_id)).status_code == status


def test_each_question_has_its_answer(web: Sessions) -> None:
    page = web(WARD_HEAD).get(f"/units/{WARD}/monday").text
    assert [bool(question(page, number)) for number in range(1, 6)] == [True] * 5


def test_late_work_is_named_with_whose_desk_and_how_late(web: Sessions, given: Given) -> None:
    late = given.late_work(OFFICER)
    first = question(web(DEPARTMENT_HEAD).get(f"/units/{UNIT}/monday").text, 1)
    assert f"/work/{late}" in first
    assert "ngày làm việc" in first or "giờ làm việc" in first


def test_what_the_head_handed_in_waits_for_another_head(web: Sessions, given: Given) -> None:
    own = given.late_work(DEPARTMENT_HEAD, unit_id=DEPARTMENT)
    given.speaking(DEPARTMENT_HEAD).work.SubmitTask(work_rpc.SubmitTaskRequest(work_id=own))
    path = f"/units/{DEPARTMENT}"
    page = web(DEPARTMENT_HEAD).get(path).text
    assert f"/work/{own}" in page
    handed_in = re.search(r"<caption>[^<]*\((\d+)\)", page.partition('id="review-heading"')[2])
    for_me = re.search(r"<caption>[^<]*\((\d+)\)", question(web(DEPARTMENT_HEAD).get(f"{path}/monday").text, 2))
    assert handed_in is not None
    assert (int(for_me[1]) if for_me else 0) < int(handed_in[1])


def test_a_head_higher_up_recognises_an_initiative_once(web: Sessions, given: Given) -> None:
    initiative = propose(given, "Rút ngắn quy trình một cửa")
    path = f"/units/{DEPARTMENT}/monday"
    second = question(web(DEPARTMENT_HEAD).get(path).text, 2)
    assert initiative in second
    assert "đã chờ chưa đến 1 giờ làm việc" in second
    form = {"initiative_id": initiative}
    answer = web(DEPARTMENT_HEAD).send(f"/units/{DEPARTMENT}/initiatives", **form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?done=recognised")
    assert initiative not in question(web(DEPARTMENT_HEAD).get(path).text, 2)
    assert web(DEPARTMENT_HEAD).send(f"/units/{DEPARTMENT}/initiatives", **form).status_code == 409


def test_an_author_does_not_recognise_their_own(web: Sessions, given: Given, doors: Doors) -> None:
    initiative = propose(given, "Số hoá biểu mẫu")
    assert web(OFFICER).send(f"/units/{UNIT}/initiatives", initiative_id=initiative).status_code == 404
    found = doors.work.ListInitiatives(work_rpc.ListInitiativesRequest(officer_id=given.officer_id(OFFICER)))
    status = {one.initiative_id: one.status for one in found.initiatives}
    assert status[initiative] == resources_pb2.INITIATIVE_STATUS_PROPOSED


def test_the_rule_of_overload_is_on_the_page(web: Sessions) -> None:
    assert "1,5 lần trung vị" in question(web(WARD_HEAD).get(f"/units/{WARD}/monday").text, 3)


def test_the_place_among_others_is_for_those_who_see_the_others(web: Sessions) -> None:
    hidden = "chỉ cấp trên và người đánh giá xem được"
    assert hidden in question(web(WARD_HEAD).get(f"/units/{WARD}/monday").text, 5)
    assert hidden in question(web(DEPARTMENT_HEAD).get(f"/units/{DEPARTMENT}/monday").text, 5)
    assert re.search(r"thứ \d+ trong \d+ đơn vị", question(web(EVALUATOR).get(f"/units/{WARD}/monday").text, 5))


def test_parked_records_are_counted_for_evaluators_only(web: Sessions) -> None:
    words = "bản ghi chờ xử lý trong thành phố"
    assert words in question(web(EVALUATOR).get(f"/units/{WARD}/monday").text, 5)
    assert words not in question(web(WARD_HEAD).get(f"/units/{WARD}/monday").text, 5)


def test_a_large_unit_leads_to_the_mondays_of_the_units_below(web: Sessions) -> None:
    page = web(EVALUATOR).get("/units/HUE/monday").text
    assert f'href="/units/{DEPARTMENT}/monday"' in page
    assert "Đông người quá" in question(page, 4)


def test_what_is_not_connected_is_named(web: Sessions) -> None:
    page = web(WARD_HEAD).get(f"/units/{WARD}/monday").text
    assert "văn bản chờ ký" in question(page, 2)
    assert "Quyết định 766" in question(page, 5)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_it_prints_on_two_sheets(visitor: Visitor, language: str) -> None:
    page = visitor(WARD_HEAD, language=language)
    page.goto(f"/units/{WARD}/monday")
    counts = re.findall(rb"/Type\s*/Pages.*?/Count (\d+)", page.pdf(format="A4"), re.DOTALL)
    assert int(counts[-1]) <= 2


def test_it_fits_a_phone(visitor: Visitor) -> None:
    page = visitor(WARD_HEAD, width=360)
    page.goto(f"/units/{WARD}/monday")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
