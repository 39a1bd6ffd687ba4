"""Facts of work as the contract writes them."""

from collections.abc import Callable

from google.protobuf.timestamp_pb2 import Timestamp

from congvu.work.v1 import events_pb2 as work_pb2
from evaluation.domain import facts as f
from evaluation.domain.periods import Instant
from runtime.errors import InvalidInput

# A producer's clock may be this much ahead of the log's.
CLOCK_TOLERANCE: Instant = 300_000_000
# From 2001 to 2099 in UTC: what lies outside is a mistake, and the working calendar does not reach farther.
_EARLIEST: Instant = 978_307_200_000_000
_LATEST: Instant = 4_102_444_799_999_999
# A million standard units in thousandths: sums of such items stay far below what a database integer holds.
_MOST_UNITS = 1_000_000_000


def read_fact(event: work_pb2.WorkEvent, *, received_at: Instant) -> f.Fact:
    """The fact of a WorkEvent; InvalidInput names the field that cannot be."""
    name = event.WhichOneof("fact")
    if name is None:
        raise InvalidInput("It carries no fact that this version knows; upgrade, or drop the record.", field="fact")
    event_id = _required(event.event_id, "event_id")
    _required(event.work_id, "work_id")
    revision = event.revision
    if revision < 1:
        raise InvalidInput("Its revision is not 1 or more; correct it.", field="revision")
    latest = min(received_at + CLOCK_TOLERANCE, _LATEST)
    occurred_at = _instant(event.occurred_at, "occurred_at", latest)
    recorded_at = _instant(event.recorded_at, "recorded_at", latest)
    if recorded_at < occurred_at:
        recorded_at = occurred_at
    return f.Fact(occurred_at, revision, recorded_at, event_id, _READERS[name](event, occurred_at))


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


def _instant(timestamp: Timestamp, field: str, latest: Instant = _LATEST) -> Instant:
    instant = timestamp.seconds * 1_000_000 + timestamp.nanos // 1000
    if _EARLIEST <= instant <= latest:
        return instant
    if not timestamp.seconds:
        raise InvalidInput(f"Its {field} is missing; give one.", field=field)
    if _EARLIEST <= instant <= _LATEST:
        raise InvalidInput(f"Its {field} lies in the future of the log; correct the time.", field=field)
    raise InvalidInput(f"Its {field} lies outside the years 2001 to 2099; correct the time.", field=field)


def _units(units: int, field: str) -> int:
    if units < 0:
        raise InvalidInput(f"Its {field} are negative; correct them.", field=field)
    if units > _MOST_UNITS:
        raise InvalidInput(f"Its {field} are more than a million standard units; correct them.", field=field)
    return units


def _read_assigned(event: work_pb2.WorkEvent, occurred_at: Instant) -> f.Assigned:
    message = event.assigned
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


def _read_reassigned(event: work_pb2.WorkEvent, _occurred_at: Instant) -> f.Reassigned:
    message = event.reassigned
    return f.Reassigned(
        _text(message.officer_id, "reassigned.officer_id"),
        _required(message.unit_id, "reassigned.unit_id"),
        _optional(message.due_at, "reassigned.due_at"),
    )


def _read_due_changed(event: work_pb2.WorkEvent, _occurred_at: Instant) -> f.DueChanged | f.Redated:
    message = event.due_changed
    due = _instant(message.due_at, "due_changed.due_at")
    if message.cause in (work_pb2.DUE_CHANGE_CAUSE_ASSIGNER, work_pb2.DUE_CHANGE_CAUSE_UNSPECIFIED):
        return f.DueChanged(due)
    return f.Redated(_instant(message.replaces_due_at, "due_changed.replaces_due_at"), due, excuse=False)


def _read_returned(event: work_pb2.WorkEvent, _occurred_at: Instant) -> f.Returned:
    message = event.returned
    return f.Returned(bool(message.grounds), _instant(message.due_at, "returned.due_at"))


def _read_reopened(event: work_pb2.WorkEvent, _occurred_at: Instant) -> f.Returned:
    message = event.reopened
    return f.Returned(bool(message.grounds), _instant(message.due_at, "reopened.due_at"))


def _read_delay_excused(event: work_pb2.WorkEvent, _occurred_at: Instant) -> f.Redated:
    message = event.delay_excused
    missed = _instant(message.missed_due_at, "delay_excused.missed_due_at")
    return f.Redated(missed, _optional(message.due_at, "delay_excused.due_at"), excuse=True)


def _read_review_excused(event: work_pb2.WorkEvent, _occurred_at: Instant) -> f.ReviewExcused:
    message = event.review_excused
    return f.ReviewExcused(_required(message.review_event_id, "review_excused.review_event_id"))


def _read_product_decided(event: work_pb2.WorkEvent, _occurred_at: Instant) -> f.ProductDecided:
    message = event.product_decided
    return f.ProductDecided(
        _required(message.product_code, "product_decided.product_code"),
        _units(message.standard_units, "product_decided.standard_units"),
    )


def _read_citizen_rated(event: work_pb2.WorkEvent, _occurred_at: Instant) -> f.CitizenRated:
    message = event.citizen_rated
    if not 1 <= message.stars <= 5:
        raise InvalidInput("Its citizen_rated.stars are not 1 to 5; correct them.", field="citizen_rated.stars")
    return f.CitizenRated(message.stars)


def _read_initiative(event: work_pb2.WorkEvent, _occurred_at: Instant) -> f.InitiativeRecognised:
    message = event.initiative_recognised
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


# What carries nothing of its own.
_HANDED_BACK, _SUBMITTED, _COMPLETED, _CANCELLED = f.HandedBack(), f.Submitted(), f.Completed(), f.Cancelled()

_READERS: dict[str, Callable[[work_pb2.WorkEvent, Instant], f.Body]] = {
    "assigned": _read_assigned,
    "reassigned": _read_reassigned,
    "handed_back": lambda _event, _occurred_at: _HANDED_BACK,
    "due_changed": _read_due_changed,
    "submitted": lambda _event, _occurred_at: _SUBMITTED,
    "returned": _read_returned,
    "completed": lambda _event, _occurred_at: _COMPLETED,
    "reopened": _read_reopened,
    "delay_excused": _read_delay_excused,
    "review_excused": _read_review_excused,
    "cancelled": lambda _event, _occurred_at: _CANCELLED,
    "product_decided": _read_product_decided,
    "citizen_rated": _read_citizen_rated,
    "initiative_recognised": _read_initiative,
}
