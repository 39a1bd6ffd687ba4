"""The small city of the tests, as organization tells it, and stories of work in it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from congvu.evaluation.findings.v1 import events_pb2 as findings
from congvu.organization.v1 import events_pb2, resources_pb2
from runtime.events import Record, cloud_event
from testkit.facts import WorkEvents, work_record

HEAD, DEPUTY, STAFF = (
    resources_pb2.POST_ROLE_HEAD,
    resources_pb2.POST_ROLE_DEPUTY,
    resources_pb2.POST_ROLE_STAFF,
)
BEGIN = "2025-07-01"
# Unit, role, first day, the day after the last ("" = none).
Held = tuple[str, "resources_pb2.PostRole.ValueType", str, str]

UNITS = {"HUE": "", "SNV": "HUE", "SNV-CCVC": "SNV", "STC": "HUE"}
OFFICERS: dict[str, tuple[str, "resources_pb2.PostRole.ValueType"]] = {
    "chair": ("HUE", HEAD),
    "director": ("SNV", HEAD),
    "binh": ("SNV-CCVC", HEAD),
    "an": ("SNV-CCVC", STAFF),
    "cuc": ("SNV-CCVC", STAFF),
    "finance": ("STC", HEAD),
    "dung": ("STC", STAFF),
}


def at(day: int, hour: int = 9, *, month: int = 3) -> datetime:
    """A local time in 2026. February is read on 4 March at 17:00, March on 3 April, April on 6 May."""
    return datetime(2026, month, day, hour, tzinfo=UTC) - timedelta(hours=7)


CUT_OFF = at(3, 17, month=4)


def unit(
    unit_id: str, parent_id: str, *, revision: int = 1, until: str = "", then: Sequence[tuple[str, str]] = ()
) -> Record:
    """A unit named after its id; `then` are later versions (first day, name), `until` closes the last one."""
    begins = [(BEGIN, f"Unit {unit_id}"), *then]
    ends = [*(first for first, _ in begins[1:]), until]
    versions = [
        resources_pb2.UnitVersion(valid_from=first, valid_to=end, name=name, parent_id=parent_id)
        for (first, name), end in zip(begins, ends, strict=True)
    ]
    kind = resources_pb2.UNIT_KIND_DIVISION if parent_id else resources_pb2.UNIT_KIND_CITY
    event = events_pb2.OrganizationEvent(event_id=f"{unit_id}#{revision}", subject_id=unit_id, revision=revision)
    event.unit_changed.unit.CopyFrom(resources_pb2.Unit(unit_id=unit_id, kind=kind, versions=versions))
    return _organization_record(event)


def officer(officer_id: str, *posts: Held, revision: int = 1, leave_until: str = "") -> Record:
    """An officer with posts, and leave from 2 March on."""
    event = events_pb2.OrganizationEvent(event_id=f"{officer_id}#{revision}", subject_id=officer_id, revision=revision)
    held = [
        resources_pb2.Post(post_id=f"{officer_id}-{n}", unit_id=unit_id, role=role, valid_from=first, valid_to=end)
        for n, (unit_id, role, first, end) in enumerate(posts)
    ]
    person = resources_pb2.Officer(officer_id=officer_id, full_name=officer_id.title(), posts=held)
    if leave_until:
        person.leaves.add(kind=resources_pb2.LEAVE_KIND_ANNUAL, first_day="2026-03-02", last_day=leave_until)
    event.officer_changed.officer.CopyFrom(person)
    return _organization_record(event)


def city() -> list[Record]:
    """All units and officers."""
    units = [unit(unit_id, parent_id) for unit_id, parent_id in UNITS.items()]
    return [*units, *(officer(one, (unit_id, role, BEGIN, "")) for one, (unit_id, role) in OFFICERS.items())]


def _organization_record(event: events_pb2.OrganizationEvent) -> Record:
    return cloud_event(
        topic="congvu.organization.v1",
        event_id=event.event_id,
        type="congvu.organization.v1.OrganizationEvent",
        source="organization",
        time=at(1),
        subject=event.subject_id,
        value=event.SerializeToString(),
    )


def records_of(events: Iterable[Any]) -> list[Record]:
    """Work events as they stand in the log."""
    return [work_record(event) for event in events]


def done(
    work_id: str, officer_id: str, *, due: datetime, completed: datetime | None, unit_id: str = "SNV-CCVC"
) -> Iterator[Record]:
    """One unit of work of an officer, a week's time for it."""
    item = WorkEvents(work_id, officer_id=officer_id, unit_id=unit_id)
    yield work_record(item.assigned(due - timedelta(days=7), due_at=due))
    if completed is not None:
        yield work_record(item.completed(completed))


def general(
    subject_id: str, points: int = 27_000, *, confirmed: bool = True, period: str = "2026-03", event_id: str = ""
) -> findings.FindingEvent:
    """General criteria, to be recorded."""
    event = findings.FindingEvent(event_id=event_id or f"general/{subject_id}", subject_id=subject_id, period=period)
    event.general_criteria_scored.points = points
    event.general_criteria_scored.confirmed = confirmed
    return event


def shortcoming(subject_id: str, *, lifted: bool = False, event_id: str = "") -> findings.FindingEvent:
    """A written finding of lasting delay, or its end."""
    event = findings.FindingEvent(event_id=event_id or f"delay/{subject_id}", subject_id=subject_id, period="2026-03")
    told = event.shortcoming_lifted if lifted else event.shortcoming_found
    told.kind = findings.SHORTCOMING_KIND_LASTING_DELAY
    return event


def finding_record(event: findings.FindingEvent, revision: int = 1, *, recorded_at: datetime | None = None) -> Record:
    """A finding as it stands in the log, of 1 March unless given."""
    event.revision = revision
    event.occurred_at.FromDatetime(recorded_at or at(1))
    event.recorded_at.FromDatetime(recorded_at or at(1))
    return cloud_event(
        topic="congvu.evaluation.findings.v1",
        event_id=event.event_id,
        type="congvu.evaluation.findings.v1.FindingEvent",
        source="evaluation",
        time=at(1),
        subject=event.subject_id,
        value=event.SerializeToString(),
    )
