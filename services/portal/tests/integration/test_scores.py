"""The page of a score: its months, what is open, and why a band is what it is."""

import re
from collections.abc import Callable

from congvu.evaluation.v1 import service_pb2 as evaluation_rpc
from congvu.evaluation.v1.resources_pb2 import SUBJECT_KIND_UNIT
from embedded.doors import Doors

from .accounts import EVALUATOR, OFFICER
from .conftest import Web

Sessions = Callable[[str], Web]
PILOT = "pilot-seven-groups"


def months(page: str) -> list[tuple[str, bool]]:
    """The months to choose from, and whether each is the one shown; "" is the current one."""
    box = page.partition('id="period"')[2].partition("</select>")[0]
    return [(value, bool(chosen)) for value, chosen in re.findall(r'<option value="([^"]*)"( selected)?', box)]


def test_every_month_leads_to_every_other_and_back_to_the_current_one(web: Sessions) -> None:
    own = web(OFFICER)
    now = months(own.get("/me").text)
    assert len(now) > 2
    assert now[0] == ("", True)
    before = now[1][0]
    earlier = own.get(f"/me?period={before}").text
    assert [value for value, _ in months(earlier)] == [value for value, _ in now]
    assert (before, True) in months(earlier)
    assert f'data-period="{before}"' in earlier


def test_a_month_that_is_over_says_nothing_of_what_is_open_today(web: Sessions) -> None:
    own = web(OFFICER)
    page = own.get("/me").text
    assert 'id="open-items"' in page
    assert 'id="open-items"' not in own.get(f"/me?period={months(page)[1][0]}").text


def test_a_month_that_is_none_is_refused_in_vietnamese(web: Sessions) -> None:
    answer = web(OFFICER).get("/me?period=2026-13")
    assert answer.status_code == 422
    assert "Không có tháng này" in answer.text


def test_a_band_that_a_rule_sets_says_why_wherever_it_stands(web: Sessions, doors: Doors) -> None:
    points = doors.evaluation.ListPoints(
        evaluation_rpc.ListPointsRequest(subject_kind=SUBJECT_KIND_UNIT, policy=PILOT, page_size=1000)
    ).subjects
    ruled = [one for one in points if one.months[-1].reason]
    assert ruled
    table = web(EVALUATOR).get(f"/city?parent={ruled[0].unit_id}").text + web(EVALUATOR).get("/city").text
    assert any(one.months[-1].reason in table for one in ruled)


def test_what_happens_if_nothing_more_is_done_is_explained(web: Sessions) -> None:
    assert "đều bị tính là quá hạn" in web(OFFICER).get("/me").text
