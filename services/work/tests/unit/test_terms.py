"""Due times: the rules that the producer of an event carries."""

from datetime import date

import pytest

from work.domain.facts import DueChangeCause
from work.domain.items import Item
from work.domain.terms import (
    LeaveTaken,
    Outage,
    change_for_late_answer,
    due_after_return,
    due_on_assignment,
    moves_of_due,
    standard_due,
)

from .facts import CALENDAR, at, open_item


def test_l5_the_standard_term_runs_in_working_hours_from_the_assignment() -> None:
    assert standard_due(CALENDAR, assigned_at=at("2026-03-19T16:00"), term_hours=16) == at("2026-03-23T16:00")


@pytest.mark.parametrize(
    ("asked", "urgent", "expected"),
    [
        (None, False, "2026-03-10"),
        ("2026-03-06", False, "2026-03-10"),
        ("2026-03-06", True, "2026-03-06"),
        ("2026-03-20", False, "2026-03-20"),
        (None, True, "2026-03-10"),
    ],
)
def test_l5_a_term_shorter_than_standard_counts_only_when_urgent(
    asked: str | None, urgent: bool, expected: str
) -> None:
    due = due_on_assignment(asked=at(asked) if asked else None, standard=at("2026-03-10"), urgent=urgent)
    assert due == at(expected)


def test_l5_without_a_product_the_asked_time_counts() -> None:
    assert due_on_assignment(asked=at("2026-03-06"), standard=None, urgent=False) == at("2026-03-06")
    assert due_on_assignment(asked=None, standard=None, urgent=False) is None


@pytest.mark.parametrize(
    ("returned", "old", "expected"),
    [
        ("2026-03-19T10:00", "2026-03-12", "2026-03-23"),
        ("2026-03-19T10:00", "2026-03-30", "2026-03-30"),
        ("2026-04-29T10:00", "2026-04-20", "2026-05-05"),
        ("2026-03-21T10:00", None, "2026-03-24"),
    ],
)
def test_l7_returned_work_is_due_at_the_end_of_the_second_working_day(
    returned: str, old: str | None, expected: str
) -> None:
    due = due_after_return(CALENDAR, returned_at=at(returned), old_due=at(old) if old else None)
    assert due == at(expected)


def leave(first: str, last: str, registered: str = "2026-03-18T08:00") -> LeaveTaken:
    return LeaveTaken(
        officer_id="an",
        first_day=date.fromisoformat(first),
        last_day=date.fromisoformat(last),
        registered_at=at(registered),
    )


WEEK_OFF = leave("2026-03-23", "2026-03-27")
OUTAGE = Outage(outage_id="o", began_at=at("2026-03-20T14:00"), ended_at=at("2026-03-23T09:00"), reason="power")


def moved(item: Item, *, leaves: list[LeaveTaken] | None = None, outages: list[Outage] | None = None) -> list[str]:
    moves = moves_of_due(CALENDAR, item, leaves=leaves or [], outages=outages or [])
    return [f"{move.change.cause.name} {move.due_at.astimezone(CALENDAR.timezone):%m-%dT%H:%M}" for move in moves]


def test_l12_a_due_time_inside_leave_moves_to_the_first_working_day_after() -> None:
    (move,) = moves_of_due(CALENDAR, open_item("2026-03-25"), leaves=[WEEK_OFF], outages=[])
    assert move.change.cause is DueChangeCause.LEAVE
    assert (move.change.replaces_due_at, move.change.due_at) == (at("2026-03-25"), at("2026-03-30"))


def test_l12_leave_registered_after_the_due_time_moves_nothing() -> None:
    late = leave("2026-03-23", "2026-03-27", registered="2026-03-25T17:00")
    assert moved(open_item("2026-03-25"), leaves=[late]) == []


def test_l12_leaves_that_follow_each_other_move_the_due_time_step_by_step() -> None:
    next_days = leave("2026-03-30", "2026-03-31")
    assert moved(open_item("2026-03-25"), leaves=[next_days, WEEK_OFF]) == ["LEAVE 03-30T17:00", "LEAVE 04-01T17:00"]


def test_l23_an_outage_moves_due_times_inside_it_to_its_end() -> None:
    assert moved(open_item("2026-03-20"), outages=[OUTAGE]) == ["OUTAGE 03-23T09:00"]
    assert moved(open_item("2026-03-20T13:59"), outages=[OUTAGE]) == []
    assert moved(open_item("2026-03-23T09:00"), outages=[OUTAGE]) == []


def test_l23_an_outage_may_push_a_due_time_into_leave() -> None:
    assert moved(open_item("2026-03-20"), leaves=[WEEK_OFF], outages=[OUTAGE]) == [
        "OUTAGE 03-23T09:00",
        "LEAVE 03-30T17:00",
    ]


def test_work_handed_in_on_time_is_left_alone() -> None:
    assert moved(open_item("2026-03-25", finished="2026-03-20T09:00"), leaves=[WEEK_OFF]) == []
    assert moved(open_item("2026-03-25", finished="2026-03-26T09:00"), leaves=[WEEK_OFF]) == ["LEAVE 03-30T17:00"]


@pytest.mark.parametrize(
    ("answer_due", "answered", "expected"),
    [
        ("2026-03-16", "2026-03-18", "2026-03-24"),
        ("2026-03-16", "2026-03-16", None),
        ("2026-03-16", "2026-03-16T20:00", None),
        ("2026-03-16", "2026-03-17T09:00", "2026-03-23T09:00"),
        ("2026-03-24", "2026-03-25T09:00", None),
        ("2026-03-20", "2026-03-25T09:00", None),
    ],
)
def test_l15_a_late_answer_moves_the_waiting_due_time_by_its_lateness(
    answer_due: str, answered: str, expected: str | None
) -> None:
    change = change_for_late_answer(
        CALENDAR, waiting=open_item("2026-03-20"), answer_due=at(answer_due), answered=at(answered)
    )
    assert (change.due_at if change else None) == (at(expected) if expected else None)
    assert change is None or change.replaces_due_at == at("2026-03-20")


def test_l15_work_handed_in_before_the_late_answer_stays() -> None:
    waiting = open_item("2026-03-20", finished="2026-03-17T09:00")
    change = change_for_late_answer(CALENDAR, waiting=waiting, answer_due=at("2026-03-16"), answered=at("2026-03-18"))
    assert change is None
