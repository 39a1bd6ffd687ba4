"""How the points of a unit's officers have changed since an instant, through which items, and who is heading down."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from congvu.evaluation.v1 import resources_pb2 as resources
from congvu.evaluation.v1 import service_pb2 as rpc
from runtime.errors import InvalidInput
from runtime.timestamps import to_timestamp
from testkit.facts import WorkEvents, work_record

from .city import at, city, done, finding_record, general

Door = Callable[..., Any]
PILOT = "pilot-seven-groups"
MONDAY = at(16)


class City:
    """The city as it goes on from Monday, 16 March; `ask` is what an evaluator is told."""

    def __init__(self, evaluation: Any, stub: Any) -> None:
        self._evaluation = evaluation
        self._stub = stub

    def hear(self, *records: Any, until: datetime) -> None:
        self._evaluation.clock.now = until
        self._evaluation.hear(records)

    def ask(self, since: datetime = MONDAY, unit_id: str = "SNV", policy: str = PILOT) -> Any:
        request = rpc.ListChangesRequest(unit_id=unit_id, since=to_timestamp(since), policy=policy)
        return self._stub.ListChanges(request)

    def change(self, officer_id: str, **question: Any) -> Any:
        return next(one for one in self.ask(**question).changes if one.subject_id == officer_id)

    def card(self, officer_id: str, period: str = "2026-03", policy: str = PILOT) -> Any:
        request = rpc.GetScorecardRequest(subject_id=officer_id, period=period, policy=policy)
        return self._stub.GetScorecard(request).scorecard


@pytest.fixture
def town(evaluation: Any, open_door: Door) -> City:
    """an and cuc have done four pieces of work each until Monday; an has one more, due on Wednesday."""
    evaluation.clock.now = MONDAY
    finished = [
        record
        for one in ("an", "cuc")
        for n in range(4)
        for record in done(f"task/{one}/{n}", one, due=at(10 + n), completed=at(9 + n))
    ]
    evaluation.hear([*city(), *finished, *done("task/wednesday", "an", due=at(18), completed=None)])
    return City(evaluation, open_door(roles=["evaluator"]))


def test_what_was_missed_since_is_there_with_the_points_before_and_now(town: City) -> None:
    before = town.card("an").now
    town.hear(until=at(20))
    now = town.card("an").now
    (change,) = town.ask().changes
    assert (change.subject_id, change.name, change.unit_id) == ("an", "An", "SNV-CCVC")
    assert (change.points_before, change.band_before) == (before.points, before.band)
    assert (change.points, change.band) == (now.points, now.band)
    assert now.points < before.points
    (item,) = change.items
    assert (item.work_id, item.period, item.measures["missed_items"]) == ("task/wednesday", "2026-03", 1)
    assert item.measures["pending_items"] == -1
    assert not item.evidence


@pytest.mark.parametrize("policy", [PILOT, "decree-335"])
def test_points_before_are_those_that_were_shown_then(town: City, policy: str) -> None:
    town.hear(finding_record(general("an", 20_000)), finding_record(general("cuc")), until=MONDAY)
    shown = {one: town.card(one, policy=policy).now.points for one in ("an", "cuc", "binh")}
    item = WorkEvents("task/wednesday", officer_id="an")
    item.revision = 1
    late = finding_record(general("an", 25_000, event_id="general/an/2"), revision=2, recorded_at=at(19))
    more = [work_record(item.due_changed(at(17), due_at=at(19))), work_record(item.completed(at(19, 8)))]
    slow = done("task/slow", "cuc", due=at(18), completed=at(19))
    town.hear(*more, *slow, late, until=at(20))
    told = {one.subject_id: one for one in town.ask(policy=policy).changes}
    assert {"cuc"} <= told.keys() <= shown.keys()
    assert policy == PILOT or "an" in told
    assert {one: change.points_before for one, change in told.items()} == {one: shown[one] for one in told}


def test_a_finding_recorded_since_was_not_known_then(town: City) -> None:
    town.hear(finding_record(general("an")), until=MONDAY)
    town.hear(finding_record(general("cuc"), recorded_at=at(17)), until=at(17, 10))
    changes = {one.subject_id: one for one in town.ask(policy="decree-335").changes}
    assert "an" not in changes or changes["an"].HasField("points_before")
    assert (changes["cuc"].HasField("points_before"), changes["cuc"].points > 0) == (False, True)


def test_the_largest_fall_comes_first(town: City) -> None:
    slow = [record for n in range(3) for record in done(f"task/slow/{n}", "cuc", due=at(18), completed=None)]
    good = done("task/good", "binh", due=at(18), completed=at(17))
    town.hear(*slow, *good, until=at(20))
    changes = town.ask().changes
    assert [one.subject_id for one in changes] == ["cuc", "an", "binh"]
    assert [item.measures["missed_items"] for item in changes[0].items] == [1, 1, 1]
    assert not changes[-1].HasField("points_before")
    assert [fact.fact for fact in changes[-1].items[0].evidence] == ["Completed"]


def test_who_has_not_moved_and_is_not_heading_down_is_left_out(town: City) -> None:
    (change,) = town.ask(since=at(16, 8)).changes
    assert (change.subject_id, change.heading_down, list(change.items)) == ("an", True, [])


def test_who_is_heading_down_is_there_with_what_is_still_open(town: City) -> None:
    waiting = [record for n in range(3) for record in done(f"task/w/{n}", "cuc", due=at(22 - n), completed=None)]
    town.hear(*waiting, until=MONDAY)
    change = town.change("cuc", since=at(16, 8))
    later = town.card("cuc").if_nothing_more
    assert change.heading_down
    assert (change.points_if_nothing_more, change.band_if_nothing_more) == (later.points, later.band)
    assert change.points == change.points_before
    assert change.band_if_nothing_more < change.band
    assert change.band_if_nothing_more in (resources.BAND_NOT_COMPLETED, resources.BAND_COMPLETED)
    assert [item.work_id for item in change.falling] == ["task/w/2", "task/w/1", "task/w/0"]


def test_before_the_month_began_the_month_of_then_is_compared(town: City) -> None:
    town.hear(until=at(31))
    shown = town.card("an").now
    april = done("task/april", "an", due=at(2, month=4), completed=at(1, 10, month=4))
    town.hear(*april, until=at(2, 12, month=4))
    answer = town.ask(since=at(31))
    assert (answer.period, answer.period_before) == ("2026-04", "2026-03")
    change = town.change("an", since=at(31))
    assert (change.points_before, change.band_before) == (shown.points, shown.band)
    assert change.points == town.card("an", "2026-04").now.points
    assert {item.work_id for item in change.items} == {"task/april"}


def test_an_amendment_since_is_in_the_points_of_now_only(town: City) -> None:
    town.hear(until=at(20))
    shown = town.card("an").now.points
    item = WorkEvents("task/wednesday", officer_id="an")
    item.revision = 1
    excuse = item.delay_excused(at(21), missed_due_at=at(18), due_at=at(26))
    town.hear(work_record(excuse), until=at(22))
    change = town.change("an", since=at(20))
    assert change.points_before == shown < change.points
    assert change.items[0].measures["missed_items"] == -1
    assert [fact.fact for fact in change.items[0].evidence] == ["Redated"]


@pytest.mark.parametrize("question", [{"since": at(20)}, {"unit_id": ""}])
def test_what_cannot_be_answered_is_refused(town: City, question: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        town.ask(**question)


def test_an_officer_gets_their_own_changes_without_naming_a_unit(town: City, open_door: Door) -> None:
    slow = done("task/slow", "cuc", due=at(18), completed=None)
    town.hear(*slow, until=at(20))
    stub = open_door(roles=["officer"], officer_id="an")
    answer = stub.ListChanges(rpc.ListChangesRequest(since=to_timestamp(MONDAY + timedelta(hours=1))))
    assert {one.subject_id for one in answer.changes} <= {"an"}
    assert {one.subject_id for one in town.ask().changes} == {"an", "cuc"}
