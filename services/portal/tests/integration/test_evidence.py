"""The evidence of a score adds up, and is open to those who may see the score."""

import re
from collections.abc import Callable

import pytest

from congvu.evaluation.v1 import service_pb2 as rpc
from embedded.doors import Doors
from testkit.cities import RunningCity

from .accounts import DEPARTMENT_HEAD, EVALUATOR, OFFICER, WARD_HEAD, WARD_OFFICER
from .conftest import Web

Sessions = Callable[[str], Web]
POLICIES = ("pilot-seven-groups", "decree-335")
NOT_ADDING_UP = "chưa cộng khớp"


@pytest.fixture(autouse=True)
def counted(city: RunningCity) -> None:
    """What other tests have done is in the scores."""
    city.wait_until_counted()


@pytest.fixture(scope="module")
def officer_id(web: Sessions) -> str:
    found = re.search(r"HUE-\d{5}", web(OFFICER).get("/account").text)
    assert found is not None
    return found[0]


@pytest.mark.parametrize("policy", POLICIES)
def test_every_group_is_taken_apart_and_adds_up(web: Sessions, doors: Doors, officer_id: str, policy: str) -> None:
    page = web(OFFICER).get(f"/scores/{officer_id}/evidence?policy={policy}").text
    answer = doors.evaluation.ExplainScorecard(rpc.ExplainScorecardRequest(subject_id=officer_id, policy=policy))
    assert len(answer.contributions) > 0
    for indicator in answer.scorecard.now.indicators:
        assert f'<section class="card evidence" id="{indicator.indicator_id}"' in page
    assert NOT_ADDING_UP not in page
    assert page.count("✓") == len(answer.scorecard.now.indicators) + 1


def test_an_item_stands_with_its_facts_and_leads_to_its_page(web: Sessions, doors: Doors, officer_id: str) -> None:
    page = web(OFFICER).get(f"/scores/{officer_id}/evidence").text
    answer = doors.evaluation.ExplainScorecard(rpc.ExplainScorecardRequest(subject_id=officer_id))
    work_id = max(answer.contributions, key=lambda one: one.measures["planned"]).work_id
    row = re.search(rf'<a href="/work/{work_id}">.*?</tr>', page, re.DOTALL)
    assert row is not None
    assert "Giao việc" in row[0]
    assert web(OFFICER).get(f"/work/{work_id}").status_code == 200


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("subject", ["SNV", "19753"])
def test_units_add_up_as_well(web: Sessions, subject: str, policy: str) -> None:
    page = web(EVALUATOR).get(f"/scores/{subject}/evidence?policy={policy}").text
    assert NOT_ADDING_UP not in page
    assert page.count('<tr>\n      <th scope="row"><a href="/work/') <= 200


def test_all_items_of_a_group_stand_on_pages_the_largest_first(web: Sessions) -> None:
    seen: list[str] = []
    first = web(EVALUATOR).get("/scores/SNV/evidence?indicator=time").text
    pages = int(found[1]) if (found := re.search(r"Trang 1/(\d+)", first)) else 1
    for number in range(1, pages + 1):
        page = web(EVALUATOR).get(f"/scores/SNV/evidence?indicator=time&page={number}").text
        rows = re.findall(r'<th scope="row"><a href="/work/([^"]+)">', page)
        assert len(rows) <= 100
        seen += rows
    total = re.search(r"Tất cả ([\d.]+) công việc", first)
    assert total is not None
    assert len(seen) == int(total[1].replace(".", ""))
    assert web(EVALUATOR).get(f"/scores/SNV/evidence?indicator=time&page={pages + 1}").status_code == 404


@pytest.mark.parametrize(
    "query", ["indicator=nonsense", "policy=nonsense", "period=2026-99", "period=nonsense", "page=0"]
)
def test_what_there_is_not_is_refused(web: Sessions, query: str) -> None:
    assert web(EVALUATOR).get(f"/scores/SNV/evidence?{query}").status_code in (404, 422)


@pytest.mark.parametrize("path", ["/scores/{}/evidence", "/parts/evidence/{}"])
def test_evidence_is_open_to_whom_the_score_is(web: Sessions, officer_id: str, path: str) -> None:
    expected = {OFFICER: 200, DEPARTMENT_HEAD: 200, EVALUATOR: 200, WARD_HEAD: 404, WARD_OFFICER: 404}
    assert {who: web(who).get(path.format(officer_id)).status_code for who in expected} == expected
    assert web(OFFICER).get(path.format("SNV")).status_code == 404
    assert web(OFFICER).get(path.format("HUE-99999")).status_code == 404
