"""What callers ask for and record, checked and out of the contract's form."""

from datetime import datetime

from congvu.evaluation.findings.v1 import events_pb2 as findings_pb2
from congvu.evaluation.v1 import service_pb2
from evaluation.clients import Mend
from evaluation.domain.periods import to_instant
from evaluation.events.findings import read_finding
from evaluation.events.work import CLOCK_TOLERANCE, read_replacement
from evaluation.usecases.findings import NewFinding
from runtime.errors import InvalidInput
from runtime.timestamps import from_timestamp

_PAGE = 200
_PAGE_MAX = 1000


def page_size(wanted: int) -> int:
    """How many entries a page is to have; 0 asks for the default. Raises InvalidInput."""
    if not 0 <= wanted <= _PAGE_MAX:
        raise InvalidInput(f"A page has 1 to {_PAGE_MAX} entries, not {wanted}.", field="page_size")
    return wanted or _PAGE


def new_finding(event: findings_pb2.FindingEvent, now: datetime) -> NewFinding:
    """A finding that the service is to number and publish. Raises InvalidInput."""
    row = read_finding(event)
    if not event.event_id:
        raise InvalidInput("A finding needs an event_id; give one that a retry repeats.", field="event_id")
    if row.occurred_at > to_instant(now) + CLOCK_TOLERANCE:
        raise InvalidInput("The finding lies in the future; leave occurred_at out for now.", field="occurred_at")
    content = findings_pb2.FindingEvent(period=event.period, subject_id=event.subject_id)
    content.MergeFrom(event)
    for given in ("event_id", "revision", "occurred_at", "recorded_at", "actor_id"):
        content.ClearField(given)
    return NewFinding(
        event_id=event.event_id,
        subject=row.subject,
        month=row.month,
        kind=row.kind,
        confirmed=bool(row.state.get("confirmed")),
        occurred_at=from_timestamp(event.occurred_at) if event.occurred_at.seconds else now,
        content=content.SerializeToString(deterministic=True),
    )


def new_mend(request: service_pb2.MendRecordRequest, *, mend_id: str, actor_id: str, now: datetime) -> Mend:
    """A mend as work takes it. Raises InvalidInput."""
    action = request.WhichOneof("action")
    if action is None:
        raise InvalidInput("Name what to do: replace, drop, or declare a revision missing.", field="action")
    replacement = request.replacement if action == "replacement" else None
    offset = request.dropped.offset if replacement is None else replacement.offset
    if replacement is not None:
        read_replacement(request.work_id, replacement.event, received_at=to_instant(now))
    return Mend(
        mend_id=mend_id,
        work_id=request.work_id,
        actor_id=actor_id,
        reason=request.reason,
        recorded_at=now,
        offset=None if action == "revision_missing" else offset,
        replacement=None if replacement is None else replacement.event.SerializeToString(),
        missing_revision=request.revision_missing.revision if action == "revision_missing" else None,
    )
