"""Work events out of proto. What is no event is refused with the field as in the contract."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from enum import IntEnum
from hashlib import blake2b
from typing import Any, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from congvu.work.v1 import events_pb2
from runtime.errors import InvalidInput
from runtime.timestamps import from_timestamp
from work.domain import facts
from work.domain.facts import Event, Fact, NumberedEvent
from work.domain.intake import Refusal
from work.domain.mends import Mend
from work.domain.texts import check_id, check_text

E = TypeVar("E", bound=IntEnum)


def read_batch(messages: Iterable[events_pb2.WorkEvent]) -> list[Event | Refusal]:
    """The events of a batch; one that cannot be read is a refusal in its place."""
    return [_event_or_refusal(index, message) for index, message in enumerate(messages)]


def _event_or_refusal(index: int, message: events_pb2.WorkEvent) -> Event | Refusal:
    try:
        return read_event(message)
    except InvalidInput as error:
        return Refusal(index=index, event_id=message.event_id, field=error.field, reason=error.message)


def read_event(message: events_pb2.WorkEvent) -> Event:
    """An event as a system outside sends it; the message loses its revision. Raises InvalidInput naming the field."""
    message.ClearField("revision")
    recorded_at = _optional(message, "recorded_at")
    message.ClearField("recorded_at")
    if not message.HasField("occurred_at"):
        raise InvalidInput("occurred_at is missing", field="occurred_at")
    return Event(
        event_id=message.event_id,
        work_id=message.work_id,
        occurred_at=read_instant(message.occurred_at, "occurred_at"),
        recorded_at=recorded_at,
        actor_id=message.actor_id,
        fact=_read_fact(message),
        fingerprint=fingerprint_of(message),
    )


def decode_event(value: bytes) -> NumberedEvent:
    """An event as this service stored it."""
    message = events_pb2.WorkEvent.FromString(value)
    return NumberedEvent(
        event_id=message.event_id,
        work_id=message.work_id,
        revision=message.revision,
        occurred_at=from_timestamp(message.occurred_at),
        recorded_at=from_timestamp(message.recorded_at),
        actor_id=message.actor_id,
        fact=_read_fact(message),
    )


def fingerprint_of(message: events_pb2.WorkEvent) -> int:
    """A number for the content of an event without revision and recorded_at, so that a changed repeat is noticed."""
    digest = blake2b(message.SerializeToString(deterministic=True), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def _read_fact(message: events_pb2.WorkEvent) -> Fact:
    name = message.WhichOneof("fact")
    if name is None:
        raise InvalidInput("fact is missing or unknown", field="fact")
    return _READERS[name](getattr(message, name))


def _read_assigned(message: events_pb2.Assigned) -> facts.Assigned:
    return facts.Assigned(
        officer_id=message.officer_id,
        unit_id=message.unit_id,
        kind=_member(facts.WorkKind, message.kind, "assigned.kind"),
        product_code=message.product_code,
        standard_units=message.standard_units,
        due_at=_optional(message, "due_at", "assigned."),
        basis=_member(facts.Basis, message.basis, "assigned.basis"),
        basis_reason=message.basis_reason,
        title=message.title,
        whole_id=message.whole_id,
        requesting_unit_id=message.requesting_unit_id,
        waiting_work_id=message.waiting_work_id,
    )


def _read_reassigned(message: events_pb2.Reassigned) -> facts.Reassigned:
    return facts.Reassigned(
        officer_id=message.officer_id, unit_id=message.unit_id, due_at=_optional(message, "due_at", "reassigned.")
    )


def _read_due_changed(message: events_pb2.DueChanged) -> facts.DueChanged:
    return facts.DueChanged(
        due_at=_optional(message, "due_at", "due_changed."),
        cause=_member(facts.DueChangeCause, message.cause, "due_changed.cause"),
        replaces_due_at=_optional(message, "replaces_due_at", "due_changed."),
        reason=message.reason,
    )


def _read_returned(message: events_pb2.Returned) -> facts.Returned:
    return facts.Returned(
        grounds=_grounds(message.grounds, "returned.grounds"),
        due_at=_optional(message, "due_at", "returned."),
        note=message.note,
    )


def _read_reopened(message: events_pb2.Reopened) -> facts.Reopened:
    return facts.Reopened(
        grounds=_grounds(message.grounds, "reopened.grounds"),
        due_at=_optional(message, "due_at", "reopened."),
        note=message.note,
    )


def _read_delay_excused(message: events_pb2.DelayExcused) -> facts.DelayExcused:
    return facts.DelayExcused(
        missed_due_at=_optional(message, "missed_due_at", "delay_excused."),
        due_at=_optional(message, "due_at", "delay_excused."),
        reason=message.reason,
    )


def _read_recognised(message: events_pb2.InitiativeRecognised) -> facts.InitiativeRecognised:
    return facts.InitiativeRecognised(
        authors=tuple(read_author(author) for author in message.authors), title=message.title
    )


def read_author(message: events_pb2.InitiativeAuthor) -> facts.Author:
    """Author of an initiative."""
    return facts.Author(officer_id=message.officer_id, unit_id=message.unit_id, share=message.share)


def _grounds(numbers: Any, field: str) -> tuple[facts.ReviewGround, ...]:
    return tuple(_member(facts.ReviewGround, number, field) for number in numbers)


def _member(kind: type[E], number: int, field: str) -> E:
    try:
        return kind(number)
    except ValueError:
        raise InvalidInput(f"{field} is {number}, which the contract does not know", field=field) from None


def _optional(message: Any, name: str, prefix: str = "") -> datetime | None:
    return read_instant(getattr(message, name), prefix + name) if message.HasField(name) else None


def read_instant(stamp: Timestamp, field: str) -> datetime:
    """An instant as others send it. Raises InvalidInput outside the years 1900 to 2200."""
    # Room for time zones and terms on both sides of every instant.
    if not _FIRST_SECOND <= stamp.seconds <= _LAST_SECOND:
        raise InvalidInput(f"{field} lies outside the years 1900 to 2200", field=field)
    return from_timestamp(stamp)


_FIRST_SECOND = int(datetime(1900, 1, 1, tzinfo=UTC).timestamp())
_LAST_SECOND = int(datetime(2201, 1, 1, tzinfo=UTC).timestamp())

_READERS: Mapping[str, Callable[[Any], Fact]] = {
    "assigned": _read_assigned,
    "reassigned": _read_reassigned,
    "handed_back": lambda message: facts.HandedBack(reason=message.reason),
    "due_changed": _read_due_changed,
    "submitted": lambda message: facts.Submitted(),
    "returned": _read_returned,
    "completed": lambda message: facts.Completed(),
    "reopened": _read_reopened,
    "delay_excused": _read_delay_excused,
    "review_excused": lambda message: facts.ReviewExcused(
        review_event_id=message.review_event_id, reason=message.reason
    ),
    "cancelled": lambda message: facts.Cancelled(reason=message.reason),
    "product_decided": lambda message: facts.ProductDecided(
        product_code=message.product_code, standard_units=message.standard_units
    ),
    "citizen_rated": lambda message: facts.CitizenRated(stars=message.stars),
    "initiative_recognised": _read_recognised,
}


def read_mend(message: events_pb2.Mend, *, actor_id: str) -> Mend:
    """A mend as it is asked for, by `actor_id` unless it says whose it is. Raises InvalidInput naming the field."""
    check_id(message.mend_id, "mend_id")
    check_id(message.work_id, "work_id")
    check_text(message.reason, "reason", required=True)
    _check_action(message)
    kept = events_pb2.Mend()
    kept.CopyFrom(message)
    kept.ClearField("recorded_at")
    kept.actor_id = message.actor_id or actor_id
    return Mend(mend_id=kept.mend_id, work_id=kept.work_id, value=kept.SerializeToString(deterministic=True))


def _check_action(message: events_pb2.Mend) -> None:
    action = message.WhichOneof("action")
    if action is None:
        raise InvalidInput("action is missing: replace, drop, or declare a revision missing.", field="action")
    if action == "revision_missing":
        if message.revision_missing.revision < 1:
            raise InvalidInput("revision must be 1 or more.", field="revision_missing.revision")
        return
    if getattr(message, action).offset < 0:
        raise InvalidInput("offset must be 0 or more.", field=f"{action}.offset")
    if action == "replacement":
        _check_replacement(message.replacement.event, message.work_id)


def _check_replacement(event: events_pb2.WorkEvent, work_id: str) -> None:
    if event.work_id != work_id:
        raise InvalidInput("The event is of another item than the mend.", field="replacement.event.work_id")
    check_id(event.event_id, "replacement.event.event_id")
    if event.revision < 1:
        raise InvalidInput(
            "The event has no revision: give that of the parked one.", field="replacement.event.revision"
        )
    if not event.HasField("occurred_at") or not event.HasField("recorded_at"):
        raise InvalidInput("The event lacks occurred_at or recorded_at.", field="replacement.event.occurred_at")
    _read_fact(event)
