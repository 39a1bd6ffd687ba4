"""Assignment, due times and units of spells (docs/scoring.md, section 2), by the local rules that they carry."""

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


@pytest.mark.parametrize(
    ("kind", "basis", "planned"),
    [
        (pb.WORK_KIND_TASK, pb.BASIS_OWN, 1000),
        (pb.WORK_KIND_TASK, pb.BASIS_SELF_INITIATED, 1000),
        (pb.WORK_KIND_TASK, pb.BASIS_EXTRA, 0),
        (pb.WORK_KIND_TASK, pb.BASIS_TAKEN_OVER, 0),
        (pb.WORK_KIND_DOSSIER, pb.BASIS_EXTRA, 1000),
        (pb.WORK_KIND_INCOMING_DOCUMENT, pb.BASIS_EXTRA, 1000),
        (pb.WORK_KIND_DOSSIER, pb.BASIS_TAKEN_OVER, 0),
        (pb.WORK_KIND_INCOMING_DOCUMENT, pb.BASIS_TAKEN_OVER, 0),
    ],
)
def test_l6_the_basis_decides_what_is_planned(
    story: Any, kind: pb.WorkKind.ValueType, basis: pb.Basis.ValueType, planned: int
) -> None:
    story.assigned(at(2), due_at=DUE, kind=kind, basis=basis)
    story.completed(at(9))
    assert picked(story.adds(END), "planned", "done") == (planned, 1000)


def test_the_unit_is_the_subject_while_no_officer_holds_the_item(story: Any) -> None:
    story.assigned(at(2), due_at=DUE, officer_id="")
    story.reassigned(at(3), officer_id="B")
    assert story.adds(at(2, 10), subject="U")["pending_items"] == 1
    assert (story.adds(at(4), subject="U"), story.adds(at(4), subject="B")["pending_items"]) == ({}, 1)


def test_l4_a_due_time_given_before_the_old_one_passes_moves_the_whole_item(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.due_changed(DUE, due_at=at(15, 17, month=4))
    story.completed(at(14, month=4))
    assert story.adds(END) == {}
    assert picked(story.adds(END, "2026-04"), "planned", "done", "on_time_items", "missed_items") == (1000, 1000, 1, 0)


def test_l4_a_due_time_given_after_the_old_one_leaves_the_miss_and_can_be_missed_as_well(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.due_changed(DUE + TICK, due_at=at(20, 17))
    story.completed(at(20, 18))
    assert picked(story.adds(END), "missed_items", "done_late_1", "done_late_2") == (1, 0, 1000)


@pytest.mark.parametrize(
    ("rule", "cause"),
    [
        ("L15", pb.DUE_CHANGE_CAUSE_COORDINATION),
        ("L12", pb.DUE_CHANGE_CAUSE_LEAVE),
        ("L23", pb.DUE_CHANGE_CAUSE_OUTAGE),
    ],
)
@pytest.mark.parametrize("told", [at(5), at(12), at(25)], ids=["before", "after", "after the completion"])
def test_l15_l12_l23_a_re_dating_stands_in_the_place_of_its_due_time_whenever_it_came(
    story: Any, rule: str, cause: pb.DueChangeCause.ValueType, told: datetime
) -> None:
    story.assigned(at(2), due_at=DUE)
    story.due_changed(told, due_at=at(20, 17), cause=cause, replaces_due_at=DUE)
    story.completed(at(20, 17))
    assert picked(story.adds(END), "missed_items", "on_time_items") == (0, 1), rule


def test_a_re_dating_of_a_due_time_that_is_not_in_force_does_nothing(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.due_changed(
        at(3), due_at=at(25, 17), cause=pb.DUE_CHANGE_CAUSE_OUTAGE, replaces_due_at=DUE + timedelta(hours=1)
    )
    story.completed(at(20))
    assert story.adds(END)["missed_items"] == 1


def test_a_re_dating_never_takes_time_away(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.due_changed(at(3), due_at=at(5, 17), cause=pb.DUE_CHANGE_CAUSE_LEAVE, replaces_due_at=DUE)
    story.completed(DUE)
    assert story.adds(END)["on_time_items"] == 1


def test_of_two_re_datings_of_the_same_due_time_the_last_one_counts(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.delay_excused(at(11), missed_due_at=DUE, due_at=at(12, 17))
    story.delay_excused(at(13), missed_due_at=DUE, due_at=at(20, 17))
    story.completed(at(20, 17))
    assert picked(story.adds(END), "missed_items", "on_time_items") == (0, 1)


def test_a_re_dated_due_time_can_be_re_dated_again(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.delay_excused(at(25), missed_due_at=DUE, due_at=at(12, 17))
    story.due_changed(at(25), due_at=at(20, 17), cause=pb.DUE_CHANGE_CAUSE_OUTAGE, replaces_due_at=at(12, 17))
    story.completed(at(20, 17))
    assert picked(story.adds(END), "missed_items", "on_time_items") == (0, 1)


def test_l23_an_outage_moves_the_due_time_even_while_review_is_awaited(story: Any) -> None:
    story.assigned(at(2), due_at=at(31, 17))
    story.submitted(at(30))
    story.due_changed(
        at(1, month=4), due_at=at(2, 17, month=4), cause=pb.DUE_CHANGE_CAUSE_OUTAGE, replaces_due_at=at(31, 17)
    )
    story.completed(at(1, 10, month=4))
    assert (story.adds(END), story.adds(END, "2026-04")["done"]) == ({}, 1000)


def test_l4_an_excused_delay_never_happened(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.completed(at(20))
    assert picked(story.adds(at(21)), "missed_items", "done_late_1", "on_time_items") == (1, 1000, 0)
    story.delay_excused(at(22), missed_due_at=DUE, due_at=at(20, 17))
    assert picked(story.adds(at(23)), "missed_items", "done_late_1", "on_time_items") == (0, 0, 1)


def test_l4_an_excuse_without_a_date_reaches_to_the_completion_and_its_month(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.delay_excused(at(12), missed_due_at=DUE)
    assert story.months(at(20)) == {}
    story.completed(at(8, month=4))
    assert (story.adds(END), story.adds(END, "2026-04")["on_time_items"]) == ({}, 1)


def test_l4_an_excuse_only_stands_for_a_due_time_that_was_missed(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.delay_excused(at(3), missed_due_at=DUE, due_at=at(15, month=4))
    story.submitted(at(9))
    assert picked(story.adds(at(9, 10)), "done", "on_time_items") == (1000, 1)
    assert story.adds(at(25))["done"] == 1000


def test_l4_an_excuse_given_ahead_stands_once_the_due_time_is_missed(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.delay_excused(at(3), missed_due_at=DUE, due_at=at(20, 17))
    story.completed(at(20, 17))
    assert picked(story.adds(END), "missed_items", "on_time_items") == (0, 1)


def test_l19_units_decided_later_count_from_the_assignment_for_all_spells(story: Any) -> None:
    story.assigned(at(2), due_at=DUE, product_code="", standard_units=0)
    story.handed_back(at(4))
    assert story.adds(at(5)) == {}
    story.reassigned(at(5), officer_id="B")
    story.product_decided(at(6), product_code="P", standard_units=700)
    story.completed(at(9))
    assert story.adds(END)["planned"] == 700
    assert picked(story.adds(END, subject="B"), "done", "undecided_items") == (700, 0)


def test_l19_a_decision_replaces_the_units_of_the_assignment_even_by_none(story: Any) -> None:
    story.assigned(at(2), due_at=DUE, standard_units=1000)
    story.product_decided(at(3), product_code="P0", standard_units=0)
    story.completed(at(9))
    assert picked(story.adds(END), "planned", "done", "completed_items") == (0, 0, 1)


def test_l19_an_item_without_a_product_has_no_units_whatever_it_says(story: Any) -> None:
    story.assigned(at(2), due_at=DUE, product_code="", standard_units=900)
    story.completed(at(9))
    assert picked(story.adds(END), "planned", "done", "undecided_items") == (0, 0, 1)


@pytest.mark.parametrize("verb", ["submitted", "completed", "handed_back", "cancelled"])
def test_a_fact_that_finds_no_open_spell_does_nothing(story: Any, verb: str) -> None:
    story.assigned(at(2), due_at=DUE)
    story.completed(at(9))
    before = story.months(END)
    getattr(story, verb)(at(15))
    story.reassigned(at(16), officer_id="B")
    story.due_changed(at(17), due_at=at(20, 17, month=4))
    assert story.months(END) == before


def test_an_item_without_its_assignment_adds_nothing_yet(story: Any) -> None:
    story.submitted(at(3))
    story.completed(at(4))
    assert story.at(END).contributions == {}
    assert story.next_tick(END) is None


def test_what_occurs_later_than_the_instant_is_not_there_yet(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.completed(at(9))
    assert story.adds(at(9) - TICK).keys() == {"pending_planned", "pending_units", "pending_items"}
