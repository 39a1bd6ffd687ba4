"""The clock of the city: months begin, cut-offs pass, and what comes late amends what was read."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from congvu.evaluation.v1 import resources_pb2
from congvu.evaluation.v1 import service_pb2 as rpc
from testkit.facts import WorkEvents

from .city import CUT_OFF, OFFICERS, UNITS, at, city, done, finding_record, general, records_of

TICK = timedelta(microseconds=1)
EVERYBODY = len(OFFICERS) + len(UNITS)
NEW_MONTH = at(1, 0, month=4)


@pytest.fixture
def cards(open_door: Callable[..., Any]) -> Callable[..., list[resources_pb2.Scorecard]]:
    """`cards("2026-04")`: all scorecards of a month."""

    def ask(period: str) -> list[resources_pb2.Scorecard]:
        request = rpc.ListScorecardsRequest(period=period, policy="decree-335")
        return list(open_door(roles=["evaluator"]).ListScorecards(request).scorecards)

    return ask


@pytest.fixture
def pass_to(evaluation: Any) -> Callable[[datetime], None]:
    """Lets the clock go on to an instant."""

    def go(now: datetime) -> None:
        evaluation.clock.now = now
        evaluation.hear()

    return go


def card_of(cards: list[resources_pb2.Scorecard], subject_id: str) -> resources_pb2.Scorecard:
    (card,) = [one for one in cards if one.subject_id == subject_id]
    return card


def test_everybody_has_a_scorecard_from_the_first_instant_of_a_month(
    evaluation: Any, cards: Callable[..., Any], pass_to: Callable[[datetime], None]
) -> None:
    evaluation.hear(city())
    assert len(cards("2026-03")) == EVERYBODY
    pass_to(NEW_MONTH - TICK)
    assert cards("2026-04") == []
    pass_to(NEW_MONTH)
    assert len(cards("2026-04")) == EVERYBODY


def test_a_month_that_passed_while_nobody_scored_has_its_scorecards_too(
    evaluation: Any, cards: Callable[..., Any], pass_to: Callable[[datetime], None]
) -> None:
    evaluation.hear(city())
    pass_to(at(2, month=6))
    assert [len(cards(f"2026-0{month}")) for month in (4, 5, 6)] == [EVERYBODY] * 3


def test_who_comes_later_has_a_scorecard_in_the_month_as_well(evaluation: Any, cards: Callable[..., Any]) -> None:
    records = city()
    evaluation.hear(records[:-1])
    assert len(cards("2026-03")) == EVERYBODY - 1
    evaluation.hear(records[-1:])
    assert len(cards("2026-03")) == EVERYBODY


def test_open_work_is_carried_into_the_next_month_when_the_cut_off_passes(
    evaluation: Any, cards: Callable[..., Any], pass_to: Callable[[datetime], None]
) -> None:
    evaluation.hear([*city(), *done("task/1", "an", due=at(10), completed=None)])
    for moment, carried in ((CUT_OFF - TICK, 0), (CUT_OFF, 1000), (CUT_OFF + TICK, 1000)):
        pass_to(moment)
        march, april = (card_of(cards(period), "an") for period in ("2026-03", "2026-04"))
        assert april.measures.get("work_carried_planned", 0) == carried
        assert march.open == (moment < CUT_OFF)
        assert card_of(cards("2026-04"), "HUE").measures.get("work_carried_items", 0) == carried // 1000


def test_carried_work_leaves_the_months_after_the_one_in_which_it_was_done(
    evaluation: Any, cards: Callable[..., Any], pass_to: Callable[[datetime], None]
) -> None:
    item = WorkEvents("task/1", officer_id="an", unit_id="SNV-CCVC")
    evaluation.hear([*city(), *records_of([item.assigned(at(2), due_at=at(10))])])
    pass_to(at(10, month=5))
    assert card_of(cards("2026-05"), "an").measures["work_carried_items"] == 1
    evaluation.hear(records_of([item.completed(at(20, month=4), recorded_at=at(10, month=5))]))
    assert card_of(cards("2026-04"), "an").measures["work_done"] == 1000
    assert "work_carried_items" not in card_of(cards("2026-05"), "an").measures


def test_a_late_fact_scores_a_past_month_again_and_marks_it_amended(
    evaluation: Any, cards: Callable[..., Any], pass_to: Callable[[datetime], None]
) -> None:
    item = WorkEvents("task/1", officer_id="an", unit_id="SNV-CCVC")
    told = [item.assigned(at(2), due_at=at(10)), item.completed(at(9), recorded_at=at(8, month=4))]
    evaluation.hear([*city(), finding_record(general("an")), *records_of(told[:1])])
    pass_to(at(8, month=4))
    before = card_of(cards("2026-03"), "an")
    evaluation.hear(records_of(told[1:]))
    after = card_of(cards("2026-03"), "an")
    assert (before.now.points, before.amended) == (2700, False)
    assert (after.now.points, after.amended) == (9700, True)
    assert "work_carried_items" not in card_of(cards("2026-04"), "an").measures


def test_if_nothing_more_is_done_what_is_pending_is_missed(evaluation: Any, cards: Callable[..., Any]) -> None:
    records = [*done("task/1", "an", due=at(10), completed=at(9)), *done("task/2", "an", due=at(27), completed=None)]
    evaluation.hear([*city(), finding_record(general("an")), *records])
    card = card_of(cards("2026-03"), "an")
    assert (card.now.points, card.if_nothing_more.points) == (9700, 6200)
