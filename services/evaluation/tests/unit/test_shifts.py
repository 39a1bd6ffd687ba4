"""Sums of a month with something else in them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from evaluation.domain.contributions import Key
from evaluation.domain.organization import Organization
from evaluation.domain.periods import Periods, month_index, to_instant
from evaluation.domain.policies import Policies
from evaluation.domain.scorecards import MonthInputs
from evaluation.domain.shifts import Shift, count, shift_if_missed, shift_inputs, subtract

MARCH = month_index(2026, 3)
TICK = timedelta(microseconds=1)


def at(day: int, hour: int = 9, *, month: int = 3) -> datetime:
    """A local time in 2026."""
    return datetime(2026, month, day, hour, tzinfo=UTC) - timedelta(hours=7)


def key(month: int = MARCH, *, request: bool = False) -> Key:
    return Key("A", "U", month, request)


def test_of_earlier_months_only_the_flows_count_and_of_later_months_nothing() -> None:
    adds = {
        key(MARCH - 1): {"done": 1000, "carried_items": -1, "initiative_credit": 500},
        key(): {"done": 2000, "carried_items": 1},
        key(MARCH + 1): {"done": 4000, "carried_items": 1},
    }
    assert count(adds, month=MARCH, carrying=True) == {
        ("A", "U", False): {"done": 2000, "carried_items": 0, "initiative_credit": 500}
    }
    assert count(adds, month=MARCH, carrying=False) == {("A", "U", False): {"done": 2000, "initiative_credit": 500}}


def test_a_difference_leaves_out_what_is_equal() -> None:
    row, other = ("A", "U", False), ("B", "U", True)
    before: Shift = {row: {"done": 1000, "due_items": 1}, other: {"done": 5}}
    after: Shift = {row: {"done": 3000, "due_items": 1, "missed_items": 1}, other: {"done": 5}}
    assert subtract(after, before) == {row: {"done": 2000, "missed_items": 1}}
    assert subtract(before, after) == {row: {"done": -2000, "missed_items": -1}}


def test_shifted_inputs_leave_the_ones_before_as_they_were() -> None:
    inputs = MonthInputs(
        organization=Organization(units=[], officers=[], is_working_day=lambda _: True),
        month=MARCH,
        work={("A", "U"): {"done": 1000}},
        request={},
        general={},
        shortcomings={},
        policies=Policies([]),
        open=True,
    )
    shifted = shift_inputs(inputs, {("A", "U", False): {"done": 500}, ("B", "U", True): {"due_items": 1}})
    assert shifted.sum_officer("A").work == {"done": 1500}
    assert shifted.sum_officer("B").request == {"due_items": 1}
    assert (inputs.work, inputs.request) == ({("A", "U"): {"done": 1000}}, {})


def test_if_missed_an_item_adds_what_it_adds_right_after_its_due_time(story: Any, periods: Periods) -> None:
    due = at(25, 17)
    story.assigned(at(2), due_at=due)
    shift = shift_if_missed(
        story.facts,
        story.at(at(20)).contributions,
        due=to_instant(due),
        month=MARCH,
        periods=periods,
        carrying=True,
    )
    assert shift == {
        ("A", "U", False): {
            "planned": 1000,
            "due_units": 1000,
            "due_items": 1,
            "missed_items": 1,
            "pending_planned": -1000,
            "pending_units": -1000,
            "pending_items": -1,
        }
    }
    assert story.adds(due + TICK)["missed_items"] == 1
