"""The event door: records of the log become facts, or are told why they cannot."""

import logging

from google.protobuf.message import DecodeError

from congvu.work.v1 import events_pb2 as work_pb2
from evaluation.domain.ledger import DeclareMissing, Drop, Mending, Received, Replace
from evaluation.domain.periods import to_instant
from evaluation.events.work import read_fact, read_replacement
from runtime.errors import InvalidInput
from runtime.events import StoredRecord

logger = logging.getLogger(__name__)

_MEND = ("ce_type", "congvu.work.v1.Mend")


def read_work_record(record: StoredRecord) -> tuple[str, Received | Mending]:
    """The work_id of a record of `congvu.work.v1`, and its fact, its mend, or why it cannot be read."""
    if _MEND in record.headers.items():
        return _read_mend(record)
    received_at = to_instant(record.appended_at)
    event: work_pb2.WorkEvent | None = None
    try:
        event = _parse(record)
        fact = read_fact(event, received_at=received_at)
    except InvalidInput as error:
        reason = str(error)
    else:
        return event.work_id, Received(record.offset, received_at, record.value, fact, fact.event_id, fact.revision)
    return _item_of(record), Received(
        offset=record.offset,
        received_at=received_at,
        value=record.value,
        event_id="" if event is None else _printable(event.event_id),
        revision=0 if event is None else max(event.revision, 0),
        reason=_printable(reason),
    )


def _parse(record: StoredRecord) -> work_pb2.WorkEvent:
    try:
        event = work_pb2.WorkEvent.FromString(record.value)
    except DecodeError:
        raise InvalidInput("It is no WorkEvent in protobuf; drop or replace it.") from None
    if event.work_id != record.key:
        key = "no key" if record.key is None else f'the key "{record.key}"'
        raise InvalidInput(f'Its work_id is "{event.work_id}" and the record has {key}; drop or replace it.')
    return event


def _item_of(record: StoredRecord) -> str:
    """The key decides, so that an item has one partition; without one, all of the partition wait together."""
    return _printable(record.key or f"partition/{record.partition}")


def _read_mend(record: StoredRecord) -> tuple[str, Received | Mending]:
    try:
        return _item_of(record), _read_mending(record)
    except (DecodeError, InvalidInput) as error:
        # A mend that mends nothing: what it was meant for stays parked, in sight.
        logger.error("The mend %s/%d@%d cannot be read: %s", record.topic, record.partition, record.offset, error)
        return _item_of(record), DeclareMissing(revision=0)


def _read_mending(record: StoredRecord) -> Mending:
    mend = work_pb2.Mend.FromString(record.value)
    if mend.work_id != record.key:
        raise InvalidInput("Its work_id is not the key of the record.", field="work_id")
    action = mend.WhichOneof("action")
    if action == "replacement":
        fact = read_replacement(mend.work_id, mend.replacement.event, received_at=to_instant(record.appended_at))
        return Replace(offset=mend.replacement.offset, fact=fact)
    if action == "dropped":
        return Drop(offset=mend.dropped.offset)
    return DeclareMissing(revision=mend.revision_missing.revision)


def _printable(text: str) -> str:
    """Zero bytes, which a database takes in no text, made visible."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
