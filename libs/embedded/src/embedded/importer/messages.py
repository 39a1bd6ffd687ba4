"""The facts of an import in the language of the contract `congvu.work.v1`."""

from collections.abc import Callable, Mapping
from typing import Any

from congvu.work.v1 import events_pb2
from embedded.importer.facts import Assigned, Cancelled, Completed, Event, Fact, Reassigned, Returned, Submitted
from runtime.timestamps import to_timestamp


def to_work_event(event: Event) -> events_pb2.WorkEvent:
    """The event as the intake wants it; the intake numbers it."""
    message = events_pb2.WorkEvent(
        event_id=event.event_id,
        work_id=event.work_id,
        occurred_at=to_timestamp(event.occurred_at),
        recorded_at=to_timestamp(event.recorded_at),
        actor_id=event.actor_id,
    )
    name, write = _WRITERS[type(event.fact)]
    # An empty fact has to be set all the same, or the event would have none.
    getattr(message, name).SetInParent()
    getattr(message, name).CopyFrom(write(event.fact))
    return message


def _assigned(fact: Assigned) -> events_pb2.Assigned:
    return events_pb2.Assigned(
        officer_id=fact.officer_id,
        unit_id=fact.unit_id,
        kind=events_pb2.WorkKind.Value(f"WORK_KIND_{fact.kind}"),
        product_code=fact.product_code,
        standard_units=fact.standard_units,
        due_at=to_timestamp(fact.due_at),
        basis=events_pb2.Basis.Value(f"BASIS_{fact.basis}"),
        title=fact.title,
    )


def _reassigned(fact: Reassigned) -> events_pb2.Reassigned:
    return events_pb2.Reassigned(officer_id=fact.officer_id, unit_id=fact.unit_id)


def _submitted(_: Submitted) -> events_pb2.Submitted:
    return events_pb2.Submitted()


def _returned(fact: Returned) -> events_pb2.Returned:
    grounds = [events_pb2.ReviewGround.Value(f"REVIEW_GROUND_{ground}") for ground in fact.grounds]
    return events_pb2.Returned(grounds=grounds, due_at=to_timestamp(fact.due_at), note=fact.note)


def _completed(_: Completed) -> events_pb2.Completed:
    return events_pb2.Completed()


def _cancelled(fact: Cancelled) -> events_pb2.Cancelled:
    return events_pb2.Cancelled(reason=fact.reason)


_WRITERS: Mapping[type[Fact], tuple[str, Callable[[Any], Any]]] = {
    Assigned: ("assigned", _assigned),
    Reassigned: ("reassigned", _reassigned),
    Submitted: ("submitted", _submitted),
    Returned: ("returned", _returned),
    Completed: ("completed", _completed),
    Cancelled: ("cancelled", _cancelled),
}
