"""Facts of work as the contract writes them."""

from collections.abc import Callable
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from congvu.work.v1 import events_pb2 as work_pb2
from evaluation.domain import facts as f
from evaluation.domain.periods import Instant
from runtime.errors import InvalidInput

# A producer's clock may be this much ahead of the log's.
CLOCK_TOLERANCE: Instant = 300_000_000
# 2001 and 2100 in UTC: what lies outside is a mistake, and the working calendar does not reach farther.
_EARLIEST: Instant = 978_307_200_000_000
_LATEST: Instant = 4_102_444_800_000_000
# A million standard units in thousandths: sums of such items stay far below what a database integer holds.
_MOST_UNITS = 1_000_000_000


def read_fact(event: work_pb2.WorkEvent, *, received_at: Instant) -> f.Fact:
    """The fact of a WorkEvent; InvalidInput names the field that cannot be."""
    name = event.WhichOneof("fact")
    if name is None:
        raise InvalidInput("It carries no fact that this version knows; upgrade, or drop the record.", field="fact")
    for field in ("event_id", "work_id"):
        _required(getattr(event, field), field)
    if event.revision < 1:
        raise InvalidInput("Its revision is not 1 or more; correct it.", field="revision")
    occurred_at = _past_instant(event.occurred_at, "occurred_at", received_at)
    recorded_at = max(_past_instant(event.recorded_at, "recorded_at", received_at), occurred_at)
    body = _READERS[name](getattr(event, name), occurred_at)
    return f.Fact(occurred_at, event.revision, recorded_at, event.event_id, body)


def read_replacement(work_id: str, event: work_pb2.WorkEvent, *, received_at: Instant) -> f.Fact:
    """The fact of an event that stands in for another one of the item; InvalidInput names the field that cannot be."""
    if event.work_id != work_id:
        raise InvalidInput(f'Its work_id "{event.work_id}" is not "{work_id}"; correct it.', field="work_id")
    return read_fact(event, received_at=received_at)


def _text(value: str, field: str) -> str:
    if "\0" in value:
        raise InvalidInput(f"Its {field} has a zero byte; take it out.", field=field)
    return value


def _required(value: str, field: str) -> str:
    if not value:
        raise InvalidInput(f"Its {field} is empty; give one.", field=field)
    return _text(value, field)


def _optional(timestamp: Timestamp, field: str) -> Instant | None:
    return _instant(timestamp, field) if timestamp.seconds else None


def _instant(timestamp: Timestamp, field: str) -> Instant:
    if not timestamp.seconds:
        raise InvalidInput(f"Its {field} is missing; give one.", field=field)
    instant = timestamp.seconds * 1_000_000 + timestamp.nanos // 1000
    if not _EARLIEST <= instant < _LATEST:
        raise InvalidInput(f"Its {field} lies outside the years 2001 to 2099; correct the time.", field=field)
    return instant


def _past_instant(timestamp: Timestamp, field: str, received_at: Instant) -> Instant:
    instant = _instant(timestamp, field)
    if instant > received_at + CLOCK_TOLERANCE:
        raise InvalidInput(f"Its {field} lies in the future of the log; correct the time.", field=field)
    return instant


def _units(units: int, field: str) -> int:
    if units < 0:
        raise InvalidInput(f"Its {field} are negative; correct them.", field=field)
    if units > _MOST_UNITS:
        raise InvalidInput(f"Its {field} are more than a million standard units; correct them.", field=field)
    return units


def _read_assigned(message: work_pb2.Assigned, occurred_at: Instant) -> f.Assigned:
    due = _instant(message.due_at, "assigned.due_at")
    if due < occurred_at:
        raise InvalidInput("It is due before it was assigned; correct assigned.due_at.", field="assigned.due_at")
    return f.Assigned(
        _text(message.officer_id, "assigned.officer_id"),
        _required(message.unit_id, "assigned.unit_id"),
        message.kind == work_pb2.WORK_KIND_REQUEST,
        _text(message.product_code, "assigned.product_code"),
        _units(message.standard_units, "assigned.standard_units"),
        due,
        _is_planned(message),
        message.basis == work_pb2.BASIS_SELF_INITIATED,
        _text(message.title, "assigned.title"),
    )


def _is_planned(message: work_pb2.Assigned) -> bool:
    """L6: dossiers and incoming documents are never outside the plan, unless taken over."""
    if message.basis == work_pb2.BASIS_EXTRA:
        return message.kind in (work_pb2.WORK_KIND_DOSSIER, work_pb2.WORK_KIND_INCOMING_DOCUMENT)
    return message.basis != work_pb2.BASIS_TAKEN_OVER


def _read_reassigned(message: work_pb2.Reassigned, _occurred_at: Instant) -> f.Reassigned:
    return f.Reassigned(
        _text(message.officer_id, "reassigned.officer_id"),
        _required(message.unit_id, "reassigned.unit_id"),
        _optional(message.due_at, "reassigned.due_at"),
    )


def _read_due_changed(message: work_pb2.DueChanged, _occurred_at: Instant) -> f.DueChanged | f.Redated:
    due = _instant(message.due_at, "due_changed.due_at")
    if message.cause in (work_pb2.DUE_CHANGE_CAUSE_ASSIGNER, work_pb2.DUE_CHANGE_CAUSE_UNSPECIFIED):
        return f.DueChanged(due)
    return f.Redated(_instant(message.replaces_due_at, "due_changed.replaces_due_at"), due, excuse=False)


def _read_returned(message: work_pb2.Returned, _occurred_at: Instant) -> f.Returned:
    return f.Returned(bool(message.grounds), _instant(message.due_at, "returned.due_at"))


def _read_reopened(message: work_pb2.Reopened, _occurred_at: Instant) -> f.Returned:
    return f.Returned(bool(message.grounds), _instant(message.due_at, "reopened.due_at"))


def _read_delay_excused(message: work_pb2.DelayExcused, _occurred_at: Instant) -> f.Redated:
    missed = _instant(message.missed_due_at, "delay_excused.missed_due_at")
    return f.Redated(missed, _optional(message.due_at, "delay_excused.due_at"), excuse=True)


def _read_review_excused(message: work_pb2.ReviewExcused, _occurred_at: Instant) -> f.ReviewExcused:
    return f.ReviewExcused(_required(message.review_event_id, "review_excused.review_event_id"))


def _read_product_decided(message: work_pb2.ProductDecided, _occurred_at: Instant) -> f.ProductDecided:
    return f.ProductDecided(
        _required(message.product_code, "product_decided.product_code"),
        _units(message.standard_units, "product_decided.standard_units"),
    )


def _read_citizen_rated(message: work_pb2.CitizenRated, _occurred_at: Instant) -> f.CitizenRated:
    if not 1 <= message.stars <= 5:
        raise InvalidInput("Its citizen_rated.stars are not 1 to 5; correct them.", field="citizen_rated.stars")
    return f.CitizenRated(message.stars)


def _read_initiative(message: work_pb2.InitiativeRecognised, _occurred_at: Instant) -> f.InitiativeRecognised:
    field = "initiative_recognised.authors"
    authors = tuple(
        f.Author(_text(author.officer_id, field), _text(author.unit_id, field), author.share)
        for author in message.authors
    )
    if any(not (author.officer and author.unit and author.share > 0) for author in authors):
        raise InvalidInput(f"Of its {field} one lacks officer, unit or share; complete it.", field=field)
    if sum(author.share for author in authors) != 1000:
        raise InvalidInput(f"The shares of its {field} do not add up to 1000; correct them.", field=field)
    return f.InitiativeRecognised(authors, _text(message.title, "initiative_recognised.title"))


_READERS: dict[str, Callable[[Any, Instant], f.Body]] = {
    "assigned": _read_assigned,
    "reassigned": _read_reassigned,
    "handed_back": lambda _message, _occurred_at: f.HandedBack(),
    "due_changed": _read_due_changed,
    "submitted": lambda _message, _occurred_at: f.Submitted(),
    "returned": _read_returned,
    "completed": lambda _message, _occurred_at: f.Completed(),
    "reopened": _read_reopened,
    "delay_excused": _read_delay_excused,
    "review_excused": _read_review_excused,
    "cancelled": lambda _message, _occurred_at: f.Cancelled(),
    "product_decided": _read_product_decided,
    "citizen_rated": _read_citizen_rated,
    "initiative_recognised": _read_initiative,
}
