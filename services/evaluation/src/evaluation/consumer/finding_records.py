"""Records of `congvu.evaluation.findings.v1`: what people found about a subject's month."""

import logging

from google.protobuf.message import DecodeError

from congvu.evaluation.findings.v1 import events_pb2
from evaluation.domain.periods import parse_month, to_instant
from evaluation.store.findings import FindingRow
from runtime.errors import InvalidInput
from runtime.events import StoredRecord
from runtime.timestamps import from_timestamp

logger = logging.getLogger(__name__)

_SHORTCOMINGS = {
    events_pb2.SHORTCOMING_KIND_LASTING_DELAY: "lasting_delay",
    events_pb2.SHORTCOMING_KIND_LASTING_DISUNITY: "lasting_disunity",
}


def read_finding_record(record: StoredRecord) -> FindingRow | None:
    """The finding; None, with a line in the log, for what cannot be one."""
    try:
        event = events_pb2.FindingEvent.FromString(record.value)
        return read_finding(event)
    except (DecodeError, InvalidInput) as error:
        logger.error("The record %s/%d@%d is no finding: %s", record.topic, record.partition, record.offset, error)
        return None


def read_finding(event: events_pb2.FindingEvent) -> FindingRow:
    """The finding of an event; InvalidInput names the field that cannot be."""
    kind, state = _read_fact(event)
    if not event.subject_id:
        raise InvalidInput("The finding names no subject; give subject_id.", field="subject_id")
    return FindingRow(
        subject=event.subject_id,
        revision=event.revision,
        event_id=event.event_id,
        month=parse_month(event.period),
        kind=kind,
        occurred_at=to_instant(from_timestamp(event.occurred_at)),
        recorded_at=to_instant(from_timestamp(event.recorded_at)),
        state=state,
    )


def _read_fact(event: events_pb2.FindingEvent) -> tuple[str, dict[str, object]]:
    name = event.WhichOneof("fact")
    if name == "general_criteria_scored":
        scored = event.general_criteria_scored
        if not 0 <= scored.points <= 30_000:
            raise InvalidInput("The general criteria give 0 to 30 points; correct them.", field="points")
        return "general", {"points": scored.points, "confirmed": scored.confirmed, "comment": scored.comment}
    if name == "shortcoming_found":
        return _shortcoming(event.shortcoming_found.kind), {"found": True, "text": event.shortcoming_found.evidence}
    if name == "shortcoming_lifted":
        return _shortcoming(event.shortcoming_lifted.kind), {"found": False, "text": event.shortcoming_lifted.reason}
    raise InvalidInput("The finding carries no fact known here; give one.", field="fact")


def _shortcoming(kind: events_pb2.ShortcomingKind.ValueType) -> str:
    if kind not in _SHORTCOMINGS:
        raise InvalidInput("The shortcoming has no kind; name it.", field="kind")
    return _SHORTCOMINGS[kind]
