"""Work events into proto and into records of the topic `congvu.work.v1`."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from congvu.work.v1 import events_pb2
from runtime.events import Record, cloud_event
from runtime.timestamps import to_timestamp
from work.domain import facts
from work.domain.facts import KeptEvent, NumberedEvent
from work.domain.mends import Mend
from work.events.reading import fingerprint_of

TOPIC = "congvu.work.v1"
SOURCE = "work"


def write_event(event: NumberedEvent) -> events_pb2.WorkEvent:
    """The event as the contract writes it."""
    name, write = _WRITERS[type(event.fact)]
    return events_pb2.WorkEvent(
        event_id=event.event_id,
        work_id=event.work_id,
        revision=event.revision,
        occurred_at=to_timestamp(event.occurred_at),
        recorded_at=to_timestamp(event.recorded_at),
        actor_id=event.actor_id,
        **{name: write(event.fact)},
    )


def keep_event(event: NumberedEvent) -> KeptEvent:
    """The event as it is stored and published; without a fingerprint of what was sent in, with that of its content."""
    message = write_event(event)
    value = message.SerializeToString()
    if not event.fingerprint:
        message.ClearField("revision")
        message.ClearField("recorded_at")
        event = event._replace(fingerprint=fingerprint_of(message))
    return KeptEvent(event=event, value=value)


def fact_record(kept: KeptEvent) -> Record:
    """The record that publishes a fact."""
    event = kept.event
    return cloud_event(
        topic=TOPIC,
        event_id=event.event_id,
        type=f"{TOPIC}.WorkEvent",
        source=SOURCE,
        time=event.occurred_at,
        subject=event.work_id,
        value=kept.value,
    )


def mend_record(mend: Mend, recorded_at: datetime) -> Record:
    """The record that publishes a mend, recorded now."""
    message = events_pb2.Mend.FromString(mend.value)
    message.MergeFrom(events_pb2.Mend(recorded_at=to_timestamp(recorded_at)))
    return cloud_event(
        topic=TOPIC,
        event_id=mend.mend_id,
        type=f"{TOPIC}.Mend",
        source=SOURCE,
        time=recorded_at,
        subject=mend.work_id,
        value=message.SerializeToString(deterministic=True),
    )


def _write_assigned(fact: facts.Assigned) -> events_pb2.Assigned:
    return events_pb2.Assigned(
        officer_id=fact.officer_id,
        unit_id=fact.unit_id,
        kind=_number(fact.kind),
        product_code=fact.product_code,
        standard_units=fact.standard_units,
        due_at=to_timestamp(fact.due_at),
        basis=_number(fact.basis),
        basis_reason=fact.basis_reason,
        title=fact.title,
        whole_id=fact.whole_id,
        requesting_unit_id=fact.requesting_unit_id,
        waiting_work_id=fact.waiting_work_id,
    )


def _write_reassigned(fact: facts.Reassigned) -> events_pb2.Reassigned:
    return events_pb2.Reassigned(officer_id=fact.officer_id, unit_id=fact.unit_id, due_at=to_timestamp(fact.due_at))


def _write_due_changed(fact: facts.DueChanged) -> events_pb2.DueChanged:
    return events_pb2.DueChanged(
        due_at=to_timestamp(fact.due_at),
        cause=_number(fact.cause),
        replaces_due_at=to_timestamp(fact.replaces_due_at),
        reason=fact.reason,
    )


def _write_returned(fact: facts.Returned) -> events_pb2.Returned:
    return events_pb2.Returned(grounds=map(_number, fact.grounds), due_at=to_timestamp(fact.due_at), note=fact.note)


def _write_reopened(fact: facts.Reopened) -> events_pb2.Reopened:
    return events_pb2.Reopened(grounds=map(_number, fact.grounds), due_at=to_timestamp(fact.due_at), note=fact.note)


def _write_delay_excused(fact: facts.DelayExcused) -> events_pb2.DelayExcused:
    return events_pb2.DelayExcused(
        missed_due_at=to_timestamp(fact.missed_due_at), due_at=to_timestamp(fact.due_at), reason=fact.reason
    )


def _write_recognised(fact: facts.InitiativeRecognised) -> events_pb2.InitiativeRecognised:
    return events_pb2.InitiativeRecognised(authors=[write_author(author) for author in fact.authors], title=fact.title)


def write_author(author: facts.Author) -> events_pb2.InitiativeAuthor:
    """Author of an initiative."""
    return events_pb2.InitiativeAuthor(officer_id=author.officer_id, unit_id=author.unit_id, share=author.share)


def _number(member: int) -> Any:
    # The domain's enumerations have the numbers of the contract.
    return int(member)


_WRITERS: Mapping[type, tuple[str, Callable[[Any], Any]]] = {
    facts.Assigned: ("assigned", _write_assigned),
    facts.Reassigned: ("reassigned", _write_reassigned),
    facts.HandedBack: ("handed_back", lambda fact: events_pb2.HandedBack(reason=fact.reason)),
    facts.DueChanged: ("due_changed", _write_due_changed),
    facts.Submitted: ("submitted", lambda fact: events_pb2.Submitted()),
    facts.Returned: ("returned", _write_returned),
    facts.Completed: ("completed", lambda fact: events_pb2.Completed()),
    facts.Reopened: ("reopened", _write_reopened),
    facts.DelayExcused: ("delay_excused", _write_delay_excused),
    facts.ReviewExcused: (
        "review_excused",
        lambda fact: events_pb2.ReviewExcused(review_event_id=fact.review_event_id, reason=fact.reason),
    ),
    facts.Cancelled: ("cancelled", lambda fact: events_pb2.Cancelled(reason=fact.reason)),
    facts.ProductDecided: (
        "product_decided",
        lambda fact: events_pb2.ProductDecided(product_code=fact.product_code, standard_units=fact.standard_units),
    ),
    facts.CitizenRated: ("citizen_rated", lambda fact: events_pb2.CitizenRated(stars=fact.stars)),
    facts.InitiativeRecognised: ("initiative_recognised", _write_recognised),
}
