"""Findings as the contract writes them, and the events that carry them."""

from dataclasses import dataclass
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from congvu.evaluation.findings.v1 import events_pb2
from evaluation.domain.findings import FindingRow
from evaluation.domain.periods import Month, format_month, parse_month, to_instant
from runtime.errors import InvalidInput
from runtime.events import Record, cloud_event
from runtime.timestamps import from_timestamp, to_timestamp

TOPIC = "congvu.evaluation.findings.v1"
SOURCE = "evaluation"

_SHORTCOMINGS = {
    events_pb2.SHORTCOMING_KIND_LASTING_DELAY: "lasting_delay",
    events_pb2.SHORTCOMING_KIND_LASTING_DISUNITY: "lasting_disunity",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A numbered finding; `content` is the FindingEvent with its fact only."""

    event_id: str
    subject: str
    revision: int
    month: Month
    occurred_at: datetime
    recorded_at: datetime
    actor_id: str
    content: bytes


def finding_recorded(finding: Finding) -> Record:
    """The event of a finding."""
    event = events_pb2.FindingEvent.FromString(finding.content)
    event.event_id = finding.event_id
    event.subject_id = finding.subject
    event.revision = finding.revision
    event.period = format_month(finding.month)
    event.occurred_at.CopyFrom(_timestamp(finding.occurred_at))
    event.recorded_at.CopyFrom(_timestamp(finding.recorded_at))
    event.actor_id = finding.actor_id
    return cloud_event(
        topic=TOPIC,
        event_id=finding.event_id,
        type=f"{TOPIC}.FindingEvent",
        source=SOURCE,
        time=finding.recorded_at,
        subject=finding.subject,
        value=event.SerializeToString(),
    )


def _timestamp(moment: datetime) -> Timestamp:
    timestamp = to_timestamp(moment)
    assert timestamp is not None
    return timestamp


def read_finding(event: events_pb2.FindingEvent) -> FindingRow:
    """The finding of an event; InvalidInput names the field that cannot be."""
    kind, state = _read_fact(event)
    if not event.subject_id or "\0" in event.subject_id:
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
