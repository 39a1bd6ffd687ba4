"""The event door: records of the log become facts, or are told why they cannot."""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from congvu.work.v1 import events_pb2 as work_pb2
from evaluation.domain import facts as f
from evaluation.domain.ledger import DeclareMissing, Drop, Mending, Received, Replace
from evaluation.domain.periods import Instant, to_instant
from runtime.errors import InvalidInput
from runtime.events import StoredRecord

# A producer's clock may be this much ahead of the log's.
CLOCK_TOLERANCE: Instant = 300_000_000
_MEND = "congvu.work.v1.Mend"


def read_work_record(record: StoredRecord) -> tuple[str, Received | Mending]:
    """The work_id of a record of `congvu.work.v1`, and its fact, its mend, or why it cannot be read."""
    if record.headers.get("ce_type") == _MEND:
        return _read_mend(record)
    event, reason = _parse(record)
    fact = None
    if event is not None:
        try:
            fact = read_fact(event, received_at=to_instant(record.appended_at))
        except InvalidInput as error:
            reason = str(error)
    return (event.work_id if event is not None else "") or record.key or "", Received(
        offset=record.offset,
        received_at=to_instant(record.appended_at),
        value=record.value,
        fact=fact,
        event_id=event.event_id if event is not None else "",
        reason=reason,
    )


def read_fact(event: work_pb2.WorkEvent, *, received_at: Instant) -> f.Fact:
    """The fact of a WorkEvent; InvalidInput names the field that cannot be."""
    name = event.WhichOneof("fact")
    if name is None:
        raise InvalidInput("It carries no fact that this version knows; upgrade, or drop the record.", field="fact")
    for field in ("event_id", "work_id"):
        _require(getattr(event, field), field)
    if event.revision < 1:
        raise InvalidInput("Its revision is not 1 or more; correct it.", field="revision")
    occurred_at = _instant(event.occurred_at, "occurred_at")
    if occurred_at > received_at + CLOCK_TOLERANCE:
        raise InvalidInput("Its occurred_at lies in the future of the log; correct the time.", field="occurred_at")
    recorded_at = max(_instant(event.recorded_at, "recorded_at"), occurred_at)
    body = _READERS[name](getattr(event, name), occurred_at)
    return f.Fact(occurred_at, event.revision, recorded_at, event.event_id, body)


def _parse(record: StoredRecord) -> tuple[work_pb2.WorkEvent | None, str]:
    try:
        event = work_pb2.WorkEvent.FromString(record.value)
    except DecodeError:
        return None, "It is no WorkEvent in protobuf; drop or replace it."
    if record.key is not None and event.work_id != record.key:
        return None, f'Its work_id "{event.work_id}" is not the key "{record.key}" of the record; drop or replace it.'
    return event, ""


def _read_mend(record: StoredRecord) -> tuple[str, Received | Mending]:
    try:
        mend = work_pb2.Mend.FromString(record.value)
        action = mend.WhichOneof("action")
        if action == "replacement":
            replacement = mend.replacement
            fact = read_fact(replacement.event, received_at=to_instant(record.appended_at))
            return mend.work_id, Replace(offset=replacement.offset, fact=fact)
        if action == "dropped":
            return mend.work_id, Drop(offset=mend.dropped.offset)
        return mend.work_id, DeclareMissing(revision=mend.revision_missing.revision)
    except (DecodeError, InvalidInput):
        # A mend that mends nothing: what it was meant for stays parked, in sight.
        return record.key or "", DeclareMissing(revision=0)


def _require(value: str, field: str) -> None:
    if not value:
        raise InvalidInput(f"Its {field} is empty; give one.", field=field)


def _instant(timestamp: Timestamp, field: str) -> Instant:
    if not timestamp.seconds:
        raise InvalidInput(f"Its {field} is missing; give one.", field=field)
    return timestamp.seconds * 1_000_000 + timestamp.nanos // 1000


def _optional(timestamp: Timestamp) -> Instant | None:
    return timestamp.seconds * 1_000_000 + timestamp.nanos // 1000 if timestamp.seconds else None


def _read_assigned(message: work_pb2.Assigned, occurred_at: Instant) -> f.Assigned:
    _require(message.unit_id, "assigned.unit_id")
    due = _instant(message.due_at, "assigned.due_at")
    if due < occurred_at:
        raise InvalidInput("It is due before it was assigned; correct assigned.due_at.", field="assigned.due_at")
    if message.standard_units < 0:
        raise InvalidInput("Its standard units are negative; correct them.", field="assigned.standard_units")
    return f.Assigned(
        message.officer_id,
        message.unit_id,
        message.kind == work_pb2.WORK_KIND_REQUEST,
        message.product_code,
        message.standard_units,
        due,
        _is_planned(message),
        message.basis == work_pb2.BASIS_SELF_INITIATED,
        message.title,
    )


def _is_planned(message: work_pb2.Assigned) -> bool:
    """L6: dossiers and incoming documents are never outside the plan, unless taken over."""
    if message.basis == work_pb2.BASIS_EXTRA:
        return message.kind in (work_pb2.WORK_KIND_DOSSIER, work_pb2.WORK_KIND_INCOMING_DOCUMENT)
    return message.basis != work_pb2.BASIS_TAKEN_OVER


def _read_reassigned(message: work_pb2.Reassigned, _occurred_at: Instant) -> f.Reassigned:
    _require(message.unit_id, "reassigned.unit_id")
    return f.Reassigned(message.officer_id, message.unit_id, _optional(message.due_at))


def _read_due_changed(message: work_pb2.DueChanged, _occurred_at: Instant) -> f.DueChanged | f.Redated:
    due = _instant(message.due_at, "due_changed.due_at")
    if message.cause in (work_pb2.DUE_CHANGE_CAUSE_ASSIGNER, work_pb2.DUE_CHANGE_CAUSE_UNSPECIFIED):
        return f.DueChanged(due)
    return f.Redated(_instant(message.replaces_due_at, "due_changed.replaces_due_at"), due, excuse=False)


def _read_returned(message: work_pb2.Returned | work_pb2.Reopened, _occurred_at: Instant) -> f.Returned:
    return f.Returned(bool(message.grounds), _instant(message.due_at, "due_at"))


def _read_delay_excused(message: work_pb2.DelayExcused, _occurred_at: Instant) -> f.Redated:
    missed = _instant(message.missed_due_at, "delay_excused.missed_due_at")
    return f.Redated(missed, _optional(message.due_at), excuse=True)


def _read_review_excused(message: work_pb2.ReviewExcused, _occurred_at: Instant) -> f.ReviewExcused:
    _require(message.review_event_id, "review_excused.review_event_id")
    return f.ReviewExcused(message.review_event_id)


def _read_product_decided(message: work_pb2.ProductDecided, _occurred_at: Instant) -> f.ProductDecided:
    _require(message.product_code, "product_decided.product_code")
    if message.standard_units < 0:
        raise InvalidInput("Its standard units are negative; correct them.", field="product_decided.standard_units")
    return f.ProductDecided(message.product_code, message.standard_units)


def _read_citizen_rated(message: work_pb2.CitizenRated, _occurred_at: Instant) -> f.CitizenRated:
    if not 1 <= message.stars <= 5:
        raise InvalidInput("Its stars are not 1 to 5; correct them.", field="citizen_rated.stars")
    return f.CitizenRated(message.stars)


def _read_initiative(message: work_pb2.InitiativeRecognised, _occurred_at: Instant) -> f.InitiativeRecognised:
    authors = tuple(f.Author(author.officer_id, author.unit_id, author.share) for author in message.authors)
    if any(not (author.officer and author.unit and author.share > 0) for author in authors):
        raise InvalidInput(
            "An author lacks officer, unit or share; complete it.", field="initiative_recognised.authors"
        )
    if sum(author.share for author in authors) != 1000:
        raise InvalidInput(
            "The authors' shares do not add up to 1000; correct them.", field="initiative_recognised.authors"
        )
    return f.InitiativeRecognised(authors, message.title)


_READERS: dict[str, Callable[[Any, Instant], f.Body]] = {
    "assigned": _read_assigned,
    "reassigned": _read_reassigned,
    "handed_back": lambda _message, _occurred_at: f.HandedBack(),
    "due_changed": _read_due_changed,
    "submitted": lambda _message, _occurred_at: f.Submitted(),
    "returned": _read_returned,
    "completed": lambda _message, _occurred_at: f.Completed(),
    "reopened": _read_returned,
    "delay_excused": _read_delay_excused,
    "review_excused": _read_review_excused,
    "cancelled": lambda _message, _occurred_at: f.Cancelled(),
    "product_decided": _read_product_decided,
    "citizen_rated": _read_citizen_rated,
    "initiative_recognised": _read_initiative,
}
