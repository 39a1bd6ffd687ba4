"""What is taken of an item's records and what is parked, and how mends put it right."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.domain.facts import (
    Assigned,
    Body,
    Completed,
    Fact,
    InitiativeRecognised,
    Submitted,
    check_facts,
    check_next,
)
from evaluation.domain.ledger import DeclareMissing, Drop, Ledger, Received, Replace

ASSIGNED = Assigned("A", "U", False, "P", 1000, 100, True, False, "")
WAITS = "It waits for an earlier record of the same item."


def fact(revision: int, body: Body | None = None, *, at: int | None = None, event_id: str = "") -> Fact:
    """A fact that occurs in the order of revisions unless `at` says otherwise."""
    when = 10 * revision if at is None else at
    if body is None:
        body = ASSIGNED if revision == 1 else Submitted()
    return Fact(when, revision, when, event_id or f"e{revision}", body)


def received(offset: int, taken: Fact) -> Received:
    """A record that could be read."""
    value = f"{taken}".encode()
    return Received(
        offset=offset, received_at=0, value=value, fact=taken, event_id=taken.event_id, revision=taken.revision
    )


def bad(offset: int, *, revision: int = 0, reason: str = "It is no WorkEvent.") -> Received:
    """A record that could not be read."""
    return Received(offset=offset, received_at=0, value=f"bad{offset}".encode(), revision=revision, reason=reason)


def ledger_of(*records: Received) -> Ledger:
    """An item that received these records."""
    ledger = Ledger(work_id="task/1")
    for record in records:
        ledger.receive(record)
    return ledger


def revisions(ledger: Ledger) -> list[int]:
    return [taken.revision for taken in ledger.facts]


def parked(ledger: Ledger) -> dict[int, bool]:
    """Offset → whether it only waits."""
    return {offset: record.behind for offset, record in ledger.parked.items()}


def test_facts_are_taken_in_the_order_of_revisions() -> None:
    ledger = ledger_of(*(received(n, fact(n)) for n in (1, 2, 3)))
    assert (revisions(ledger), ledger.last_revision, ledger.parked) == ([1, 2, 3], 3, {})
    assert (ledger.facts_changed, ledger.parked_changed) == (True, False)


@pytest.mark.parametrize("repeated", [1, 2])
def test_a_repeated_event_changes_nothing(repeated: int) -> None:
    ledger = ledger_of(received(1, fact(1)), received(2, fact(2)))
    ledger.facts_changed = False
    ledger.receive(received(9, fact(repeated)))
    assert (revisions(ledger), ledger.parked, ledger.facts_changed) == ([1, 2], {}, False)


def test_what_follows_a_gap_waits_and_is_taken_when_the_gap_is_filled() -> None:
    ledger = ledger_of(received(1, fact(1)), received(2, fact(4)), received(3, fact(3)))
    assert parked(ledger) == {2: True, 3: True}
    assert ledger.parked[2].reason == "Revision 2 of the item is missing; send it, or declare it missing."
    ledger.receive(received(4, fact(2)))
    assert (revisions(ledger), ledger.parked) == ([1, 2, 3, 4], {})


def test_a_repeat_of_a_waiting_record_is_not_parked_twice() -> None:
    ledger = ledger_of(received(1, fact(1)), received(2, fact(3)), received(3, fact(3)), received(4, fact(2)))
    assert (revisions(ledger), ledger.parked) == ([1, 2, 3], {})


def test_a_repeat_of_a_bad_record_is_not_parked_twice() -> None:
    ledger = ledger_of(bad(1))
    ledger.receive(Received(offset=5, received_at=0, value=ledger.parked[1].value, reason="It is no WorkEvent."))
    assert parked(ledger) == {1: False}


def test_a_revision_used_by_another_event_is_parked() -> None:
    ledger = ledger_of(received(1, fact(1)), received(2, fact(1, event_id="other")), received(3, fact(2)))
    assert (revisions(ledger), parked(ledger)) == ([1], {2: False, 3: True})
    assert "revision 1 was used before by another event" in ledger.parked[2].reason
    assert ledger.mend(Drop(offset=2))
    assert (revisions(ledger), ledger.parked) == ([1, 2], {})


def test_a_fact_before_the_assignment_is_parked() -> None:
    ledger = ledger_of(received(1, fact(1)), received(2, fact(2, Completed(), at=5)))
    assert ledger.parked[2].reason == (
        "Its Completed (revision 2) lies before its assignment; correct one of the two times."
    )


def test_an_assignment_after_another_fact_is_parked_when_it_comes() -> None:
    ledger = ledger_of(received(1, fact(1, Completed(), at=5)), received(2, fact(2, ASSIGNED, at=10)))
    assert (revisions(ledger), parked(ledger)) == ([1], {2: False})


def test_facts_that_came_before_their_assignment_are_taken() -> None:
    ledger = ledger_of(received(1, fact(1, Completed(), at=50)), received(2, fact(2, ASSIGNED, at=10)))
    assert (revisions(ledger), ledger.parked) == ([1, 2], {})


def test_a_second_assignment_is_parked() -> None:
    ledger = ledger_of(received(1, fact(1)), received(2, fact(2, ASSIGNED)))
    assert ledger.parked[2].reason == "It is assigned twice (revisions 1 and 2); reassign it instead."


@pytest.mark.parametrize("initiative_first", [True, False])
def test_an_initiative_has_one_fact(initiative_first: bool) -> None:
    bodies: list[Body] = [InitiativeRecognised((), ""), Submitted()]
    first, second = bodies if initiative_first else reversed(bodies)
    ledger = ledger_of(received(1, fact(1, first)), received(2, fact(2, second)))
    assert (revisions(ledger), parked(ledger)) == ([1], {2: False})
    assert "An initiative has one fact only" in ledger.parked[2].reason


def test_behind_a_bad_record_all_later_ones_wait() -> None:
    ledger = ledger_of(received(1, fact(1)), bad(2), received(3, fact(2)), received(4, fact(3)))
    assert (revisions(ledger), parked(ledger)) == ([1], {2: False, 3: True, 4: True})
    assert ledger.parked[3].reason == WAITS


def test_a_second_bad_record_keeps_its_own_reason() -> None:
    ledger = ledger_of(received(1, fact(1)), bad(2), bad(3, reason="Its due_at is missing; give one."))
    assert (parked(ledger), ledger.parked[3].reason) == ({2: False, 3: False}, "Its due_at is missing; give one.")


def test_a_bad_record_behind_a_gap_holds_up_what_fills_the_gap() -> None:
    ledger = ledger_of(received(1, fact(1)), received(2, fact(3)), bad(3), received(4, fact(2)))
    assert (revisions(ledger), parked(ledger)) == ([1], {2: True, 3: False, 4: True})
    assert ledger.mend(Drop(offset=3))
    assert (revisions(ledger), ledger.parked) == ([1, 2, 3], {})


@pytest.mark.parametrize("revision", [0, 2], ids=["unreadable", "readable but for a field"])
def test_the_revision_of_a_dropped_record_counts_as_used(revision: int) -> None:
    ledger = ledger_of(received(1, fact(1)), bad(2, revision=revision), received(3, fact(3)))
    assert ledger.mend(Drop(offset=2))
    assert (revisions(ledger), ledger.last_revision, ledger.parked) == ([1, 3], 3, {})


def test_dropping_an_unreadable_record_that_others_stand_before_uses_no_revision() -> None:
    ledger = ledger_of(received(1, fact(1)), received(2, fact(3)), bad(3))
    assert ledger.mend(Drop(offset=3))
    assert (ledger.last_revision, parked(ledger)) == (1, {2: True})
    ledger.receive(received(4, fact(2)))
    assert revisions(ledger) == [1, 2, 3]


def test_a_replaced_record_is_taken_and_what_waited_follows() -> None:
    ledger = ledger_of(received(1, fact(1)), bad(2), received(3, fact(3)))
    assert ledger.mend(Replace(offset=2, fact=fact(2, Completed())))
    assert (revisions(ledger), ledger.parked) == ([1, 2, 3], {})


def test_a_replacement_that_cannot_be_taken_stays_parked_with_its_reason() -> None:
    ledger = ledger_of(received(1, fact(1)), bad(2))
    assert ledger.mend(Replace(offset=2, fact=fact(1, event_id="new")))
    assert "revision 1 was used before" in ledger.parked[2].reason
    assert ledger.mend(Replace(offset=2, fact=fact(2, event_id="newer")))
    assert (revisions(ledger), ledger.parked) == ([1, 2], {})


def test_a_replacement_behind_a_bad_record_waits_for_it() -> None:
    ledger = ledger_of(received(1, fact(1)), bad(2), bad(3))
    assert ledger.mend(Replace(offset=3, fact=fact(3)))
    assert (parked(ledger), ledger.parked[3].reason) == ({2: False, 3: True}, WAITS)
    assert ledger.mend(Drop(offset=2))
    assert (revisions(ledger), ledger.parked) == ([1, 3], {})


def test_a_revision_declared_missing_lets_the_others_pass() -> None:
    ledger = ledger_of(received(1, fact(1)), received(2, fact(3)), received(3, fact(5)))
    assert ledger.mend(DeclareMissing(revision=2))
    assert (revisions(ledger), parked(ledger)) == ([1, 3], {3: True})
    assert ledger.parked[3].reason.startswith("Revision 4 of the item is missing")
    assert ledger.mend(DeclareMissing(revision=4))
    assert revisions(ledger) == [1, 3, 5]


@pytest.mark.parametrize("revision", [0, 1, 3])
def test_only_the_revision_that_is_waited_for_can_be_declared_missing(revision: int) -> None:
    ledger = ledger_of(received(1, fact(1)), received(2, fact(3)))
    assert not ledger.mend(DeclareMissing(revision=revision))
    assert (revisions(ledger), parked(ledger)) == ([1], {2: True})


def test_a_bad_record_is_not_passed_by_declaring_its_revision_missing() -> None:
    # Else dropping it afterwards would use the next revision as well.
    ledger = ledger_of(received(1, fact(1)), bad(2), received(3, fact(3)))
    assert not ledger.mend(DeclareMissing(revision=2))
    assert ledger.mend(Drop(offset=2))
    assert revisions(ledger) == [1, 3]


def test_an_applied_fact_is_replaced_by_one_of_the_same_revision() -> None:
    ledger = ledger_of(received(1, fact(1)), received(2, fact(2)))
    assert ledger.mend(Replace(offset=1, fact=fact(1, ASSIGNED._replace(officer="B"), event_id="mended")))
    assert (sorted(revisions(ledger)), ledger.last_revision) == ([1, 2], 2)
    assert {taken.event_id for taken in ledger.facts} == {"mended", "e2"}


def test_an_applied_fact_is_not_replaced_by_one_that_contradicts_the_others() -> None:
    ledger = ledger_of(received(1, fact(1)), received(2, fact(2)))
    assert not ledger.mend(Replace(offset=2, fact=fact(2, Completed(), at=5)))
    assert [taken.body for taken in ledger.facts] == [ASSIGNED, Submitted()]


def test_mending_an_applied_fact_frees_what_it_held_up() -> None:
    ledger = ledger_of(received(1, fact(1, at=50)), received(2, fact(2, at=20)))
    assert parked(ledger) == {2: False}
    assert ledger.mend(Replace(offset=1, fact=fact(1, at=10)))
    assert (sorted(revisions(ledger)), ledger.parked) == ([1, 2], {})


@pytest.mark.parametrize("mend", [Drop(offset=2), Replace(offset=2, fact=fact(2)), DeclareMissing(revision=2)])
def test_a_mend_done_twice_changes_nothing_more(mend: Drop | Replace | DeclareMissing) -> None:
    waiting = received(2, fact(3)) if isinstance(mend, DeclareMissing) else bad(2)
    ledger = ledger_of(received(1, fact(1)), waiting)
    assert ledger.mend(mend)
    before = (list(ledger.facts), ledger.last_revision, dict(ledger.parked))
    ledger.mend(mend)
    assert (list(ledger.facts), ledger.last_revision, dict(ledger.parked)) == before


@pytest.mark.parametrize("mend", [Drop(offset=7), Replace(offset=7, fact=fact(9)), DeclareMissing(revision=9)])
def test_a_mend_that_finds_nothing_to_mend_does_nothing(mend: Drop | Replace | DeclareMissing) -> None:
    ledger = ledger_of(received(1, fact(1)))
    assert not ledger.mend(mend)
    assert (revisions(ledger), ledger.parked, ledger.parked_changed) == ([1], {}, False)


@pytest.mark.parametrize("order", [(1, 2, 3, 4), (4, 3, 2, 1), (3, 1, 4, 2), (2, 4, 1, 3)])
def test_records_out_of_order_give_the_same_facts(order: Sequence[int]) -> None:
    ledger = ledger_of(*(received(offset, fact(revision)) for offset, revision in enumerate(order)))
    assert (revisions(ledger), ledger.parked) == ([1, 2, 3, 4], {})


@given(
    told=st.lists(
        st.tuples(
            st.integers(0, 5),
            st.sampled_from([ASSIGNED, Submitted(), Submitted(), Completed(), InitiativeRecognised((), "")]),
        )
    )
)
def test_one_more_fact_is_refused_exactly_when_all_of_them_contradict_each_other(told: list[tuple[int, Body]]) -> None:
    taken: list[Fact] = []
    for revision, (at, body) in enumerate(told, start=1):
        one_more = fact(revision, body, at=at)
        refusal = check_next(taken, one_more)
        assert refusal == check_facts(sorted([*taken, one_more]))
        if not refusal:
            taken.append(one_more)
