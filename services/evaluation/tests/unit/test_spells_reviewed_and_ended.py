"""Reviews, hand-overs and ends of spells (docs/scoring.md, section 2), by the local rules that they carry."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from congvu.work.v1 import events_pb2 as pb

FACTS = pb.REVIEW_GROUND_FACTS
TICK = timedelta(microseconds=1)


def at(day: int, hour: int = 9, *, month: int = 3) -> datetime:
    """A local time in 2026. February is read on 4 March at 17:00, March on 3 April, April on 6 May."""
    return datetime(2026, month, day, hour, tzinfo=UTC) - timedelta(hours=7)


DUE = at(10, 17)
END = at(30, 17, month=6)


def picked(measures: dict[str, int], *names: str) -> tuple[int, ...]:
    """Some measures by name; absent ones are 0."""
    return tuple(measures.get(name, 0) for name in names)


def test_l7_work_that_waits_for_review_is_nobodys_delay_and_counts_as_done(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.submitted(DUE)
    assert picked(story.adds(at(31)), "done", "on_time_items", "missed_items") == (1000, 1, 0)
    story.completed(at(2, month=4))
    assert picked(story.adds(END), "done", "on_time_items", "missed_items") == (1000, 1, 0)


def test_l7_completed_is_the_moment_of_the_last_submission(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.submitted(at(5))
    story.submitted(at(12))
    story.completed(at(20))
    assert picked(story.adds(END), "on_time_items", "proactive_items") == (1, 0)


def test_l7_a_return_of_timely_work_undoes_it_with_a_new_due_time(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.submitted(at(9))
    story.returned(at(11), due_at=at(13, 17))
    assert picked(story.adds(at(12)), "pending_items", "done", "missed_items") == (1, 0, 0)
    story.submitted(at(13, 17))
    assert picked(story.adds(END), "done", "on_time_items", "done_failed_1") == (1000, 1, 0)


def test_l7_an_earlier_miss_stays_when_late_work_is_returned(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.submitted(at(11))
    story.returned(at(12), due_at=at(13, 17))
    story.submitted(at(14))
    story.completed(at(15))
    assert picked(story.adds(END), "missed_items", "done_late_2") == (1, 1000)


def test_l17_a_failed_review_needs_a_ground(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    for day, grounds in ((3, [FACTS]), (5, []), (7, [FACTS])):
        story.submitted(at(day))
        story.returned(at(day, 10), due_at=DUE, grounds=grounds)
    story.completed(at(9))
    assert picked(story.adds(END), "done_failed_1", "done_failed_2") == (0, 1000)


def test_l17_an_excused_review_does_not_count(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.submitted(at(3))
    returned = story.returned(at(4), due_at=DUE, grounds=[FACTS])
    story.completed(at(9))
    story.review_excused(at(20), review_event_id=returned.event_id)
    assert picked(story.adds(at(19)), "done_failed_1") == (1000,)
    assert picked(story.adds(END), "done_failed_1", "done") == (0, 1000)


def test_l17_of_work_that_was_not_handed_in_nothing_can_be_returned(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.returned(at(3), due_at=at(20, 17), grounds=[FACTS])
    story.completed(at(12))
    assert picked(story.adds(END), "missed_items", "done_failed_1") == (1, 0)


@pytest.mark.parametrize("verb", ["returned", "reopened"])
@pytest.mark.parametrize("accepted", [False, True])
def test_l7_l8_one_rule_for_returned_and_reopened_up_to_the_cut_off(story: Any, verb: str, accepted: bool) -> None:
    story.assigned(at(2), due_at=DUE)
    story.submitted(at(9))
    if accepted:
        story.completed(at(9, 10))
    getattr(story, verb)(at(3, 17, month=4), due_at=at(10, 17, month=4), grounds=[FACTS])
    assert (story.adds(at(5, month=4)), story.adds(at(5, month=4), "2026-04")["pending_planned"]) == ({}, 1000)


@pytest.mark.parametrize("verb", ["returned", "reopened"])
@pytest.mark.parametrize("accepted", [False, True])
def test_l8_after_the_cut_off_the_old_month_stands_and_the_rework_is_planned(
    story: Any, verb: str, accepted: bool
) -> None:
    story.assigned(at(2), due_at=DUE, basis=pb.BASIS_EXTRA)
    story.submitted(at(9))
    if accepted:
        story.completed(at(9, 10))
    getattr(story, verb)(at(3, 17, month=4) + TICK, due_at=at(10, 17, month=4), grounds=[FACTS])
    story.completed(at(9, month=4))
    assert picked(story.adds(END), "planned", "done", "done_failed_1", "amended_items") == (0, 1000, 0, 0)
    assert picked(story.adds(END, "2026-04"), "planned", "done", "done_failed_1") == (1000, 1000, 1000)


def test_l21_a_reopening_that_was_recorded_after_the_cut_off_counts_from_then_on(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.completed(at(9))
    story.reopened(at(11), due_at=at(13, 17), grounds=[FACTS], recorded_at=at(8, month=4))
    # Its due time was over when it became known: the miss is April's.
    assert picked(story.adds(END), "done", "missed_items") == (1000, 0)
    assert picked(story.adds(END, "2026-04"), "planned", "missed_items") == (1000, 1)


def test_l9_work_handed_back_stays_planned_and_the_next_holder_has_it_on_top(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.handed_back(at(5))
    assert picked(story.adds(at(6)), "planned", "due_items", "missed_items") == (1000, 0, 0)
    assert picked(story.adds(at(6), subject="U"), "pending_items", "pending_planned") == (1, 0)
    story.reassigned(at(6), officer_id="B")
    story.completed(at(9))
    assert story.months(END).keys() == {("A", "2026-03"), ("B", "2026-03")}
    assert picked(story.adds(END, subject="B"), "planned", "done") == (0, 1000)


def test_l9_the_due_time_in_force_stays_with_the_unit(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.handed_back(at(5))
    assert picked(story.adds(END, subject="U"), "due_items", "missed_items") == (1, 1)


def test_l11_undue_work_leaves_the_old_holder_and_is_planned_for_the_successor(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.reassigned(DUE, officer_id="B", due_at=at(20, 17))
    story.completed(at(19))
    assert story.months(END).keys() == {("B", "2026-03")}
    assert picked(story.adds(END, subject="B"), "planned", "done", "on_time_items") == (1000, 1000, 1)


def test_l11_missed_work_stays_in_the_old_plan_and_is_on_top_for_the_successor(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.reassigned(DUE + TICK, officer_id="B", due_at=at(20, 17))
    story.completed(at(19))
    assert picked(story.adds(END), "planned", "due_items", "missed_items", "done") == (1000, 1, 1, 0)
    assert picked(story.adds(END, subject="B"), "planned", "done", "on_time_items") == (0, 1000, 1)


def test_l11_failed_reviews_and_delays_begin_at_zero_for_the_successor(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.submitted(at(3))
    story.returned(at(4), due_at=DUE, grounds=[FACTS])
    story.reassigned(at(12), officer_id="B", due_at=at(20, 17))
    story.completed(at(19))
    assert picked(story.adds(END, subject="B"), "done", "done_failed_1", "done_late_1") == (1000, 0, 0)


def test_l21_a_hand_over_recorded_after_the_cut_off_puts_no_miss_into_a_month_that_was_read(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.reassigned(at(5), officer_id="B", recorded_at=at(8, month=4))
    assert picked(story.adds(END, subject="B"), "missed_items") == (0,)
    assert picked(story.adds(END, "2026-04", subject="B"), "planned", "missed_items") == (1000, 1)


def test_work_excused_to_its_completion_and_taken_away_has_no_due_time_again(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.delay_excused(at(11), missed_due_at=DUE)
    story.submitted(at(12))
    story.reassigned(at(13), officer_id="B")
    assert story.months(at(20)) == {}
    story.completed(at(8, month=4))
    assert picked(story.adds(END, "2026-04", subject="B"), "done", "on_time_items", "missed_items") == (1000, 1, 0)


def test_l10_cancelled_before_its_due_time_it_leaves_no_trace(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.cancelled(DUE)
    assert story.months(END) == {}


def test_l10_cancelled_after_a_miss_it_stays_unless_the_delay_is_excused(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.cancelled(DUE + TICK)
    assert picked(story.adds(at(20)), "planned", "due_items", "missed_items") == (1000, 1, 1)
    story.delay_excused(at(21), missed_due_at=DUE, due_at=at(12, 17))
    assert story.months(END) == {}
