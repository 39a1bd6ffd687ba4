"""Events in, scores out."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from congvu.evaluation.v1 import resources_pb2
from congvu.evaluation.v1.service_pb2 import (
    ExplainScorecardRequest,
    GetScorecardRequest,
    ListScorecardsRequest,
)
from runtime.errors import Denied, NotFound
from runtime.events import Record
from testkit.clock import Clock
from testkit.facts import WorkEvents, work_record

OFFICER = "HUE-00001"


def records_of(events: Iterable[Any]) -> list[Record]:
    """The events as they stand in the log."""
    return [work_record(event) for event in events]


def at(day: int, hour: int = 9, *, month: int = 3) -> datetime:
    """A local time in 2026."""
    return datetime(2026, month, day, hour, tzinfo=UTC) - timedelta(hours=7)


def finished(number: int, *, due: int, completed: int) -> list[Any]:
    """The events of one item of the officer."""
    item = WorkEvents(f"task/{number}")
    return [item.assigned(at(2, 8), due_at=at(due, 17)), item.completed(at(completed, 16))]


def test_a_score_is_readable_once_the_events_are_heard(evaluation: Any, open_door: Callable[..., Any]) -> None:
    evaluation.hear(records_of([*finished(1, due=10, completed=9), *finished(2, due=12, completed=13)]))
    door = open_door(roles=["evaluator"])
    card = door.GetScorecard(
        GetScorecardRequest(subject_id=OFFICER, period="2026-03", policy="pilot-seven-groups")
    ).scorecard
    assert card.measures["work_done"] == 2000
    assert card.measures["work_missed_items"] == 1
    assert card.now.band == resources_pb2.BAND_NOT_COMPLETED
    assert card.now.rules == ["overdue_above_20_percent"]


def test_an_item_falls_overdue_by_the_clock_alone(evaluation: Any, open_door: Callable[..., Any], clock: Clock) -> None:
    item = WorkEvents("task/1")
    evaluation.hear(records_of([item.assigned(at(2, 8), due_at=at(25, 17))]))
    door = open_door(roles=["evaluator"])
    request = GetScorecardRequest(subject_id=OFFICER, period="2026-03")
    before = door.GetScorecard(request).scorecard
    clock.now = at(25, 17) + timedelta(microseconds=1)
    evaluation.hear()
    after = door.GetScorecard(request).scorecard
    assert (before.measures["work_pending_items"], before.measures["work_missed_items"]) == (1, 0)
    assert (after.measures["work_pending_items"], after.measures["work_missed_items"]) == (0, 1)
    assert after.as_of.ToDatetime(UTC) == clock()


def test_the_items_of_an_explanation_add_up_to_the_measures(evaluation: Any, open_door: Callable[..., Any]) -> None:
    evaluation.hear(records_of([*finished(1, due=10, completed=9), *finished(2, due=12, completed=13)]))
    answer = open_door(roles=["officer"], officer_id=OFFICER).ExplainScorecard(
        ExplainScorecardRequest(subject_id=OFFICER, period="2026-03")
    )
    total: dict[str, int] = {}
    for contribution in answer.contributions:
        for name, value in contribution.measures.items():
            total[f"work_{name}"] = total.get(f"work_{name}", 0) + value
    assert total == {name: value for name, value in answer.scorecard.measures.items() if name.startswith("work_")}
    assert [evidence.fact for evidence in answer.contributions[0].evidence] == ["Assigned", "Completed"]


def test_nobody_sees_the_score_of_a_peer(evaluation: Any, open_door: Callable[..., Any]) -> None:
    evaluation.hear(records_of(finished(1, due=10, completed=9)))
    door = open_door(roles=["officer"], officer_id="HUE-00002")
    with pytest.raises(Denied):
        door.GetScorecard(GetScorecardRequest(subject_id=OFFICER, period="2026-03"))
    assert not door.ListScorecards(ListScorecardsRequest(period="2026-03")).scorecards


def test_a_subject_without_a_score_is_told(evaluation: Any, open_door: Callable[..., Any]) -> None:
    evaluation.hear(records_of(finished(1, due=10, completed=9)))
    with pytest.raises(NotFound, match="no officer or unit"):
        open_door(roles=["evaluator"]).GetScorecard(GetScorecardRequest(subject_id="nobody", period="2026-03"))
