"""What comes after a month's cut-off and changes the month is listed, with what it changed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from congvu.evaluation.v1 import service_pb2 as rpc
from runtime.timestamps import from_timestamp
from testkit.facts import WorkEvents, work_record

from .city import CUT_OFF, at, city, done

Door = Callable[..., Any]
AFTER = CUT_OFF + timedelta(days=2)


@pytest.fixture
def ask(evaluation: Any, open_door: Door) -> Callable[..., Any]:
    """`ask(period=…)`: what an evaluator is told two days after March was read."""
    evaluation.clock.now = AFTER
    evaluation.hear(city())
    stub = open_door(roles=["evaluator"])
    return lambda **question: stub.ListLateFacts(rpc.ListLateFactsRequest(**question))


def excused(work_id: str, officer_id: str) -> list[Any]:
    """A piece of work that was a day late in March; the delay is excused after the cut-off."""
    item = WorkEvents(work_id, officer_id=officer_id)
    events = [item.assigned(at(2), due_at=at(10)), item.completed(at(11))]
    events.append(item.delay_excused(AFTER - timedelta(hours=1), missed_due_at=at(10), due_at=at(12)))
    return [work_record(event) for event in events]


def test_an_excuse_after_the_cut_off_is_there_with_what_it_changed(evaluation: Any, ask: Callable[..., Any]) -> None:
    evaluation.hear([*excused("task/1", "an"), *done("task/2", "an", due=at(10), completed=at(11))])
    answer = ask()
    (late,) = answer.facts
    added = late.contribution
    assert answer.period == added.period == "2026-03"
    assert (added.work_id, added.officer_id, added.unit_id) == ("task/1", "an", "SNV-CCVC")
    assert added.title == "Work task/1"
    assert dict(added.measures) == {
        "missed_items": -1,
        "done_late_1": -1000,
        "on_time_units": 1000,
        "on_time_items": 1,
    }
    (fact,) = late.late
    assert (fact.fact, from_timestamp(fact.recorded_at)) == ("Redated", AFTER - timedelta(hours=1))


def test_what_is_listed_explains_every_amended_score(evaluation: Any, ask: Callable[..., Any], open_door: Door) -> None:
    evaluation.hear([*excused("task/1", "an"), *done("task/2", "cuc", due=at(10), completed=at(11))])
    cards = open_door(roles=["evaluator"]).ListScorecards(rpc.ListScorecardsRequest(period="2026-03"))
    amended = {card.subject_id for card in cards.scorecards if card.amended}
    assert amended == {"an", "SNV-CCVC", "SNV", "HUE"}
    assert {late.contribution.officer_id for late in ask().facts} == {"an"}


def test_late_facts_that_change_nothing_are_left_out(evaluation: Any, ask: Callable[..., Any]) -> None:
    item = WorkEvents("task/1", officer_id="an")
    events = [item.assigned(at(2), due_at=at(10)), item.completed(at(9)), item.citizen_rated(AFTER, stars=5)]
    evaluation.hear([work_record(event) for event in events])
    assert not ask().facts


def test_a_month_that_is_not_read_yet_has_none(evaluation: Any, ask: Callable[..., Any]) -> None:
    evaluation.hear(excused("task/1", "an"))
    assert not ask(period="2026-04").facts
    assert not ask(period="2026-02").facts


def test_pages_hold_every_item_once(evaluation: Any, ask: Callable[..., Any]) -> None:
    evaluation.hear([record for n in range(5) for record in excused(f"task/{n}", "an" if n % 2 else "cuc")])
    seen, token = [], ""
    while True:
        answer = ask(page_size=2, page_token=token)
        seen += [late.contribution.work_id for late in answer.facts]
        token = answer.next_page_token
        if not token:
            break
    assert seen == [f"task/{n}" for n in range(5)]
