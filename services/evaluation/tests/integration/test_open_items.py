"""What an officer has open, in order, and what becomes of the score if each alone falls overdue."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from congvu.evaluation.v1 import service_pb2 as rpc
from congvu.work.v1 import events_pb2 as pb
from runtime.errors import NotFound
from runtime.timestamps import from_timestamp
from testkit.facts import WorkEvents, work_record

from .city import at, city, done, finding_record, general

Door = Callable[..., Any]
PILOT = "pilot-seven-groups"


class Open:
    """an's open items and score, as an evaluator is told."""

    def __init__(self, evaluation: Any, stub: Any) -> None:
        self.evaluation = evaluation
        self._stub = stub

    def ask(self, officer_id: str = "an", policy: str = PILOT) -> Any:
        return self._stub.ListOpenItems(rpc.ListOpenItemsRequest(officer_id=officer_id, policy=policy))

    def item(self, work_id: str, **question: str) -> Any:
        return next(item for item in self.ask(**question).items if item.work_id == work_id)

    def score(self, officer_id: str = "an", policy: str = PILOT) -> Any:
        request = rpc.GetScorecardRequest(subject_id=officer_id, period="2026-03", policy=policy)
        return self._stub.GetScorecard(request).scorecard.now

    def wait_until(self, moment: datetime) -> None:
        self.evaluation.clock.now = moment
        self.evaluation.hear()


@pytest.fixture
def door(evaluation: Any, open_door: Door) -> Open:
    """Noon of 20 March: an has done four pieces of work, and two wait."""
    finished = [record for n in range(4) for record in done(f"task/{n}", "an", due=at(10 + n), completed=at(9 + n))]
    later = [
        *done("task/later", "an", due=at(27), completed=None),
        *done("task/next", "an", due=at(24), completed=None),
    ]
    evaluation.hear([*city(), *finished, *later])
    return Open(evaluation, open_door(roles=["evaluator"]))


def test_they_come_in_the_order_of_their_due_times(door: Open) -> None:
    item = WorkEvents("task/april", officer_id="an")
    door.evaluation.hear([work_record(item.assigned(at(19), due_at=at(7, month=4), title="Something later"))])
    answer = door.ask()
    assert [one.work_id for one in answer.items] == ["task/next", "task/later", "task/april"]
    assert [from_timestamp(one.due_at) for one in answer.items] == [at(24), at(27), at(7, month=4)]
    assert [one.HasField("points_if_overdue") for one in answer.items] == [True, True, False]
    april = answer.items[-1]
    assert (april.title, april.unit_id, april.standard_units) == ("Something later", "SNV-CCVC", 1000)


@pytest.mark.parametrize("policy", [PILOT, "decree-335"])
def test_the_effect_is_what_the_score_becomes_when_just_that_happens(door: Open, policy: str) -> None:
    door.evaluation.hear([finding_record(general("an"))])
    before = door.score(policy=policy)
    item, start = door.item("task/next", policy=policy), door.ask(policy=policy).points
    door.wait_until(at(24) + timedelta(seconds=1))
    after = door.score(policy=policy)
    assert (item.points_if_overdue, item.band_if_overdue) == (after.points, after.band)
    assert start == before.points > after.points


def test_each_effect_is_that_of_the_item_alone(door: Open) -> None:
    first, second = door.ask().items
    assert first.points_if_overdue == second.points_if_overdue
    door.wait_until(at(24) + timedelta(seconds=1))
    assert door.item("task/later").points_if_overdue < second.points_if_overdue


def test_what_is_overdue_already_has_no_effect_any_more(door: Open) -> None:
    door.wait_until(at(24) + timedelta(seconds=1))
    item = door.item("task/next")
    assert item.overdue
    assert not item.HasField("points_if_overdue")


def test_what_waits_for_review_cannot_fall_overdue(door: Open) -> None:
    item = WorkEvents("task/next", officer_id="an")
    item.revision = 1
    door.evaluation.hear([work_record(item.submitted(at(20)))])
    told = door.item("task/next")
    assert (told.submitted, told.overdue, told.HasField("points_if_overdue")) == (True, False, False)


def test_a_head_s_score_falls_by_the_points_of_those_below_as_they_are(door: Open) -> None:
    late = [*done("task/cuc", "cuc", due=at(5), completed=None)]
    own = [
        *done("task/binh", "binh", due=at(12), completed=at(11)),
        *done("task/b2", "binh", due=at(25), completed=None),
    ]
    told = [finding_record(general("binh")), finding_record(general("cuc"))]
    door.evaluation.hear([*late, *own, *told])
    item = door.item("task/b2", officer_id="binh", policy="decree-335")
    door.wait_until(at(25) + timedelta(seconds=1))
    assert item.points_if_overdue == door.score("binh", "decree-335").points


def test_who_does_not_hold_an_item_any_more_does_not_have_it_open(door: Open) -> None:
    item = WorkEvents("task/next", officer_id="an")
    item.revision = 1
    door.evaluation.hear([work_record(item.reassigned(at(20), officer_id="cuc"))])
    assert [one.work_id for one in door.ask().items] == ["task/later"]
    assert [one.work_id for one in door.ask("cuc").items] == ["task/next"]


def test_a_request_is_told_from_own_work(door: Open) -> None:
    request = WorkEvents("request/1", officer_id="an")
    fact = request.assigned(at(19), due_at=at(26), kind=pb.WORK_KIND_REQUEST, requesting_unit_id="STC")
    door.evaluation.hear([work_record(fact)])
    assert door.item("request/1").request
    assert not door.item("task/next").request


def test_a_unit_has_no_open_items_of_its_own(door: Open) -> None:
    with pytest.raises(NotFound):
        door.ask("SNV-CCVC")
