"""From the records of the event log to the input of the oracle.

A record that cannot be read holds back the later ones of its item, as does a revision that never came, until a mend
drops it, replaces it or declares it missing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from google.protobuf.message import DecodeError

from congvu.evaluation.findings.v1 import events_pb2 as findings_pb2
from congvu.organization.v1 import events_pb2 as organization_pb2
from congvu.work.v1 import events_pb2 as work_pb2
from oracle import facts as f
from oracle.messages import fact_of, finding_of, officer_of, unit_of

MEND = "congvu.work.v1.Mend"


class StoredRecord(Protocol):
    """What is read of a record."""

    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> str | None: ...
    @property
    def value(self) -> bytes: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


@dataclass(slots=True)
class _Mends:
    """Mends of one item by the offset of what they mend; `missing` are revisions that will never come."""

    replaced: dict[int, work_pb2.WorkEvent]
    dropped: set[int]
    missing: set[int]


def decode_work(records: Iterable[StoredRecord]) -> list[f.Fact]:
    """The facts that count, of records of `congvu.work.v1` from any partitions, each item's in order of offset."""
    by_key: defaultdict[str, list[StoredRecord]] = defaultdict(list)
    for record in records:
        by_key[record.key or ""].append(record)
    facts = []
    for of_item in by_key.values():
        of_item.sort(key=lambda record: record.offset)
        facts += [fact_of(event) for event in _events_that_count(of_item)]
    return facts


def _events_that_count(records: list[StoredRecord]) -> list[work_pb2.WorkEvent]:
    mends = _mends_of(records)
    counted: list[work_pb2.WorkEvent] = []
    waiting: dict[int, work_pb2.WorkEvent] = {}
    used, known = set(mends.missing), set()
    for record in records:
        if record.headers.get("ce_type") == MEND:
            continue
        event = mends.replaced.get(record.offset) or _read_event(record)
        if record.offset in mends.dropped:
            used.add(event.revision if event else _next(used))
        elif event is None:
            break
        elif event.event_id not in known and event.revision not in used:
            known.add(event.event_id)
            waiting.setdefault(event.revision, event)
        while _next(used) in waiting:
            revision = _next(used)
            counted.append(waiting.pop(revision))
            used.add(revision)
    return counted


def _next(used: set[int]) -> int:
    revision = 1
    while revision in used:
        revision += 1
    return revision


def _mends_of(records: Iterable[StoredRecord]) -> _Mends:
    mends = _Mends(replaced={}, dropped=set(), missing=set())
    for record in records:
        if record.headers.get("ce_type") != MEND:
            continue
        mend = work_pb2.Mend.FromString(record.value)
        action = mend.WhichOneof("action")
        if action == "replacement":
            mends.replaced[mend.replacement.offset] = mend.replacement.event
        elif action == "dropped":
            mends.dropped.add(mend.dropped.offset)
        elif action == "revision_missing":
            mends.missing.add(mend.revision_missing.revision)
    return mends


def _read_event(record: StoredRecord) -> work_pb2.WorkEvent | None:
    """The event, or None if it is no protobuf or its fact is unknown."""
    try:
        event = work_pb2.WorkEvent.FromString(record.value)
    except DecodeError:
        return None
    return event if event.WhichOneof("fact") else None


def decode_organization(records: Iterable[StoredRecord]) -> f.Organization:
    """The last state of every unit and officer, of records of `congvu.organization.v1`."""
    last: dict[str, organization_pb2.OrganizationEvent] = {}
    for record in records:
        event = organization_pb2.OrganizationEvent.FromString(record.value)
        if event.subject_id not in last or last[event.subject_id].revision < event.revision:
            last[event.subject_id] = event
    kinds = {subject: event.WhichOneof("fact") for subject, event in last.items()}
    return f.Organization(
        units=tuple(unit_of(last[s].unit_changed.unit) for s, kind in kinds.items() if kind == "unit_changed"),
        officers=tuple(
            officer_of(last[s].officer_changed.officer) for s, kind in kinds.items() if kind == "officer_changed"
        ),
    )


def decode_findings(records: Iterable[StoredRecord]) -> list[f.Finding]:
    """The findings, each once, of records of `congvu.evaluation.findings.v1`."""
    found: dict[tuple[str, int], f.Finding] = {}
    known: set[str] = set()
    for record in records:
        event = findings_pb2.FindingEvent.FromString(record.value)
        if event.event_id not in known and event.WhichOneof("fact"):
            known.add(event.event_id)
            found.setdefault((event.subject_id, event.revision), finding_of(event))
    return list(found.values())
