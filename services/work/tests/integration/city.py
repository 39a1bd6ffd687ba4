"""The small city of the tests: who is in it, and builders of what is asked of the service."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from google.protobuf.timestamp_pb2 import Timestamp

from congvu.organization.v1 import events_pb2 as organization_events
from congvu.organization.v1 import resources_pb2 as organization
from congvu.work.v1 import resources_pb2 as resources
from congvu.work.v1 import service_pb2 as rpc
from congvu.work.v1.service_pb2_grpc import WorkServiceStub
from runtime.events import Record, StoredRecord, cloud_event
from runtime.postgres import Pool
from runtime.timestamps import to_timestamp
from testkit.clock import Clock
from work.consumer import TOPIC, OrganizationHandler
from working_calendar import load_calendar

CALENDAR = load_calendar()
LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")

UNITS = {"HUE": "", "SNV": "HUE", "SNV-CCVC": "SNV", "STC": "HUE", "STC-NS": "STC"}
HEADS = {"chair": "HUE", "director": "SNV", "binh": "SNV-CCVC", "finance": "STC"}
STAFF = {"an": "SNV-CCVC", "cuc": "SNV-CCVC", "dung": "STC-NS"}

Door = Callable[..., WorkServiceStub]


def at(text: str) -> datetime:
    """A local instant such as "2026-03-20T17:00", or a local day's closing time."""
    moment = datetime.fromisoformat(text)
    if "T" not in text:
        moment = datetime.combine(moment.date(), time(17))
    return moment.replace(tzinfo=LOCAL).astimezone(UTC)


def stamp(text: str) -> Timestamp:
    """The same as a message of the contract."""
    moment = Timestamp()
    moment.FromDatetime(at(text))
    return moment


class Organization:
    """The organization as it tells the service about itself, through the event door."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._handler = OrganizationHandler(calendar=CALENDAR, clock=clock)
        self._revisions: dict[str, int] = {}
        self._officers: dict[str, organization.Officer] = {}

    def tell(self, *events: organization_events.OrganizationEvent) -> None:
        """Delivers events as one batch."""
        records = [
            StoredRecord(
                topic=TOPIC,
                partition=0,
                offset=offset,
                key=event.subject_id,
                value=event.SerializeToString(),
                headers={},
                appended_at=datetime.now(UTC),
            )
            for offset, event in enumerate(events)
        ]
        with self._pool.connection() as conn, conn.transaction():
            self._handler.handle(conn, 0, records)

    def unit(self, unit_id: str, parent_id: str, *, valid_to: str = "", successors: Sequence[str] = ()) -> None:
        """The unit since July 2025."""
        self.tell(unit_event(unit_id, parent_id, self._next(unit_id), valid_to=valid_to, successors=successors))

    def officer(self, officer_id: str, unit_id: str, role: organization.PostRole.ValueType) -> None:
        """An officer with one post since July 2025."""
        self._officers[officer_id] = officer_with_post(officer_id, unit_id, role)
        self.tell(self.officer_event(officer_id))

    def leave(self, officer_id: str, first: str, last: str, *, registered: datetime) -> None:
        """The officer registers leave."""
        self._officers[officer_id].leaves.add(
            leave_id=first,
            kind=organization.LEAVE_KIND_ANNUAL,
            first_day=first,
            last_day=last,
            registered_at=to_timestamp(registered),
        )
        self.tell(self.officer_event(officer_id))

    def officer_event(self, officer_id: str) -> organization_events.OrganizationEvent:
        """The officer's next revision."""
        fact = organization_events.OfficerChanged(officer=self._officers[officer_id])
        revision = self._next(officer_id)
        return organization_events.OrganizationEvent(subject_id=officer_id, revision=revision, officer_changed=fact)

    def _next(self, subject_id: str) -> int:
        self._revisions[subject_id] = self._revisions.get(subject_id, 0) + 1
        return self._revisions[subject_id]


def unit_event(
    unit_id: str, parent_id: str, revision: int, *, valid_to: str = "", successors: Sequence[str] = ()
) -> organization_events.OrganizationEvent:
    """A unit since July 2025."""
    version = organization.UnitVersion(valid_from="2025-07-01", valid_to=valid_to, name=unit_id, parent_id=parent_id)
    unit = organization.Unit(unit_id=unit_id, versions=[version], successor_ids=successors)
    fact = organization_events.UnitChanged(unit=unit)
    return organization_events.OrganizationEvent(subject_id=unit_id, revision=revision, unit_changed=fact)


def officer_with_post(officer_id: str, unit_id: str, role: organization.PostRole.ValueType) -> organization.Officer:
    """An officer with one post since July 2025."""
    post = organization.Post(post_id="p1", unit_id=unit_id, role=role, valid_from="2025-07-01")
    return organization.Officer(officer_id=officer_id, full_name=officer_id, posts=[post])


def organization_of(officer_id: str, unit_id: str) -> Iterator[Record]:
    """What organization publishes of one unit and its one officer."""
    officer = officer_with_post(officer_id, unit_id, organization.POST_ROLE_STAFF)
    fact = organization_events.OfficerChanged(officer=officer)
    events = [
        unit_event(unit_id, "", 1),
        organization_events.OrganizationEvent(subject_id=officer_id, revision=1, officer_changed=fact),
    ]
    for event in events:
        yield cloud_event(
            topic=TOPIC,
            event_id=f"{event.subject_id}#1",
            type=f"{TOPIC}.OrganizationEvent",
            source="organization",
            time=datetime.now(UTC),
            subject=event.subject_id,
            value=event.SerializeToString(),
        )


def product(
    code: str, *, units: int, hours: int, recurring: bool = False, day: str = "2025-01-01"
) -> resources.Product:
    """A product of the catalogue."""
    return resources.Product(
        product_code=code,
        name=f"Product {code}",
        complexity_group=2,
        standard_units=units,
        standard_term_hours=hours,
        recurring=recurring,
        valid_from=day,
    )


def share(officer_id: str, unit_id: str, *, units: int = 0, due: str = "") -> rpc.Share:
    """One holder's part of a task."""
    due_at = to_timestamp(at(due)) if due else None
    return rpc.Share(officer_id=officer_id, unit_id=unit_id, standard_units=units, due_at=due_at)


def task(
    task_id: str = "t1", *, due: str = "2026-03-20", officer_id: str = "an", code: str = "P01"
) -> rpc.AssignTaskRequest:
    """A task for one officer of SNV-CCVC."""
    return rpc.AssignTaskRequest(
        task_id=task_id, title="Draft a reply", product_code=code, shares=[share(officer_id, "SNV-CCVC", due=due)]
    )
