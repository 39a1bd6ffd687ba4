"""The fold: what each fact does to an item, in the order of (occurred_at, revision)."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from work.domain.facts import (
    Cancelled,
    Completed,
    DelayExcused,
    DueChangeCause,
    DueChanged,
    Fact,
    HandedBack,
    NumberedEvent,
    ProductDecided,
    Reassigned,
    Reopened,
    Returned,
    Submitted,
)
from work.domain.items import Item, WorkStatus, fold, has_missed, may_miss

from .facts import assigned, at, events, open_item

BLANK = Item(work_id="task/1")


def state(*facts: tuple[str, Fact]) -> Item:
    return fold(BLANK, events(*facts))


def test_completion_is_the_moment_of_the_last_submission() -> None:
    item = state(("2026-03-02T08:00", assigned()), ("2026-03-10T09:00", Submitted()), ("2026-03-16T09:00", Completed()))
    assert (item.status, item.finished_at) == (WorkStatus.COMPLETED, at("2026-03-10T09:00"))


def test_completion_without_submission_counts_itself() -> None:
    item = state(("2026-03-02T08:00", assigned()), ("2026-03-16T09:00", Completed()))
    assert item.finished_at == at("2026-03-16T09:00")


def test_l7_returned_work_is_open_again_with_its_new_due_time() -> None:
    item = state(
        ("2026-03-02T08:00", assigned()),
        ("2026-03-10T09:00", Submitted()),
        ("2026-03-19T09:00", Returned(due_at=at("2026-03-23"))),
    )
    assert (item.status, item.finished_at, item.due_at) == (WorkStatus.OPEN, None, at("2026-03-23"))


@pytest.mark.parametrize("fact", [Returned(due_at=at("2026-04-01")), Reopened(due_at=at("2026-04-01"))])
def test_l8_work_that_was_not_handed_in_is_neither_returned_nor_reopened(fact: Fact) -> None:
    item = state(("2026-03-02T08:00", assigned()), ("2026-03-10T09:00", fact))
    assert (item.status, item.due_at) == (WorkStatus.OPEN, at("2026-03-20"))


def test_l9_handed_back_work_is_the_units() -> None:
    item = state(("2026-03-02T08:00", assigned()), ("2026-03-05T09:00", HandedBack(reason="ill")))
    assert (item.officer_id, item.unit_id, item.due_at) == ("", "SNV-CCVC", at("2026-03-20"))


def test_l11_a_new_holder_keeps_the_due_time_in_force_unless_one_is_given() -> None:
    facts = ("2026-03-02T08:00", assigned()), ("2026-03-05T09:00", Reassigned(officer_id="cuc", unit_id="STC"))
    assert (state(*facts).officer_id, state(*facts).due_at) == ("cuc", at("2026-03-20"))
    given_one = Reassigned(officer_id="cuc", unit_id="STC", due_at=at("2026-03-25"))
    assert state(facts[0], ("2026-03-05T09:00", given_one)).due_at == at("2026-03-25")


def redated(replaces: str, due: str, cause: DueChangeCause = DueChangeCause.LEAVE) -> DueChanged:
    return DueChanged(due_at=at(due), cause=cause, replaces_due_at=at(replaces))


@pytest.mark.parametrize("cause", [DueChangeCause.LEAVE, DueChangeCause.COORDINATION, DueChangeCause.OUTAGE])
def test_a_redating_stands_only_in_the_place_of_the_due_time_it_names(cause: DueChangeCause) -> None:
    begin = ("2026-03-02T08:00", assigned())
    assert state(begin, ("2026-03-25T09:00", redated("2026-03-20", "2026-03-24", cause))).due_at == at("2026-03-24")
    assert state(begin, ("2026-03-25T09:00", redated("2026-03-19", "2026-03-24", cause))).due_at == at("2026-03-20")


def test_l4_an_excuse_moves_a_missed_due_time_never_one_ahead() -> None:
    excuse = DelayExcused(missed_due_at=at("2026-03-20"), due_at=at("2026-03-26"), reason="flood")
    assert state(("2026-03-02T08:00", assigned()), ("2026-03-23T09:00", excuse)).due_at == at("2026-03-26")
    assert state(("2026-03-02T08:00", assigned()), ("2026-03-10T09:00", excuse)).due_at == at("2026-03-20")


def test_l19_decided_units_apply_to_finished_work_too() -> None:
    undecided = replace(assigned(), product_code="", standard_units=0)
    decided = ProductDecided(product_code="P02", standard_units=4000)
    item = state(("2026-03-02T08:00", undecided), ("2026-03-10T09:00", Completed()), ("2026-03-11T09:00", decided))
    assert (item.product_code, item.standard_units) == ("P02", 4000)


def test_a_fact_from_before_the_assignment_does_nothing() -> None:
    item = state(("2026-03-01T08:00", Completed()), ("2026-03-02T08:00", assigned()))
    assert item.status is WorkStatus.OPEN


def test_cancelled_work_stays_cancelled() -> None:
    item = state(
        ("2026-03-02T08:00", assigned()),
        ("2026-03-03T08:00", Cancelled(reason="no")),
        ("2026-03-04T08:00", Completed()),
    )
    assert item.status is WorkStatus.CANCELLED


STORY: list[tuple[str, Fact]] = [
    ("2026-03-02T08:00", assigned()),
    ("2026-03-03T08:00", Reassigned(officer_id="cuc", unit_id="SNV-CCVC")),
    ("2026-03-04T08:00", DueChanged(due_at=at("2026-03-18"), cause=DueChangeCause.ASSIGNER)),
    ("2026-03-10T08:00", Submitted()),
    ("2026-03-11T08:00", Returned(due_at=at("2026-03-25"))),
    ("2026-03-12T08:00", redated("2026-03-25", "2026-03-30")),
]


@given(st.permutations(events(*STORY)))
def test_the_order_of_arrival_does_not_matter(arrived: list[NumberedEvent]) -> None:
    renumbered = [event._replace(revision=number) for number, event in enumerate(arrived, start=1)]
    assert fold(BLANK, renumbered) == state(*STORY)


def test_facts_of_one_instant_are_taken_by_revision() -> None:
    begin = ("2026-03-02T08:00", assigned())
    same: list[tuple[str, Fact]] = [
        ("2026-03-10T09:00", Submitted()),
        ("2026-03-10T09:00", Returned(due_at=at("2026-03-25"))),
    ]
    outcomes = {state(begin, *order).status for order in permutations(same)}
    assert outcomes == {WorkStatus.OPEN, WorkStatus.SUBMITTED}


def test_handing_in_at_the_due_time_to_the_second_is_on_time() -> None:
    assert not may_miss(open_item("2026-03-20", finished="2026-03-20T17:00"))
    assert may_miss(open_item("2026-03-20", finished="2026-03-20T17:01"))
    assert not has_missed(open_item("2026-03-20"), at("2026-03-20T17:00"))
    assert has_missed(open_item("2026-03-20"), at("2026-03-20T17:01"))


def test_l7_waiting_for_review_is_nobodys_delay() -> None:
    assert not has_missed(open_item("2026-03-20", finished="2026-03-19T09:00"), at("2026-03-27T09:00"))
