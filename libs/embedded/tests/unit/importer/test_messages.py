"""Facts in the language of the contract."""

from datetime import UTC, datetime

import pytest

from congvu.work.v1 import events_pb2
from embedded.importer.facts import Assigned, Cancelled, Completed, Event, Fact, Reassigned, Returned, Submitted
from embedded.importer.messages import to_work_event

AT = datetime(2011, 10, 11, 11, 42, 22, 688000, tzinfo=UTC)
ASSIGNED = Assigned(
    officer_id="O-1",
    unit_id="U-1",
    kind="DOSSIER",
    product_code="permit",
    standard_units=1000,
    due_at=AT,
    basis="OWN",
    title="Permit",
)


def write(fact: Fact) -> events_pb2.WorkEvent:
    return to_work_event(
        Event(event_id="e", work_id="import/log/1", occurred_at=AT, recorded_at=AT, actor_id="a", fact=fact, line=2)
    )


@pytest.mark.parametrize(
    ("fact", "name"),
    [
        (ASSIGNED, "assigned"),
        (Reassigned(officer_id="O-2", unit_id="U-2"), "reassigned"),
        (Submitted(), "submitted"),
        (Returned(grounds=(), due_at=None, note=""), "returned"),
        (Completed(), "completed"),
        (Cancelled(reason="gone"), "cancelled"),
    ],
)
def test_every_fact_is_set_even_an_empty_one(fact: Fact, name: str) -> None:
    again = events_pb2.WorkEvent.FromString(write(fact).SerializeToString())
    assert again.WhichOneof("fact") == name


def test_an_assignment_says_everything() -> None:
    message = write(ASSIGNED)
    assert message.occurred_at.ToDatetime(tzinfo=UTC) == AT
    assert (message.assigned.kind, message.assigned.basis) == (events_pb2.WORK_KIND_DOSSIER, events_pb2.BASIS_OWN)
    assert (message.assigned.officer_id, message.assigned.unit_id) == ("O-1", "U-1")
    assert (message.assigned.product_code, message.assigned.standard_units) == ("permit", 1000)
    assert message.assigned.due_at.ToDatetime(tzinfo=UTC) == AT
    assert message.revision == 0


def test_a_due_time_that_the_log_does_not_give_stays_absent() -> None:
    assert not write(Returned(grounds=(), due_at=None, note="")).returned.HasField("due_at")


def test_grounds_are_those_of_the_contract() -> None:
    returned = write(Returned(grounds=("LAW", "FIGURES"), due_at=AT, note="again")).returned
    assert list(returned.grounds) == [events_pb2.REVIEW_GROUND_LAW, events_pb2.REVIEW_GROUND_FIGURES]
