"""The event door: what the organization says, into the replica and the due times inside leave."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import TypeVar

from google.protobuf.message import DecodeError

from congvu.organization.v1 import events_pb2, resources_pb2
from runtime.events import StoredRecord
from runtime.postgres import Connection
from runtime.timestamps import from_timestamp
from work.domain.organization import KnownOfficer, KnownPost, KnownUnit, UnitSpan
from work.domain.terms import LeaveTaken
from work.usecases.organization import follow_organization
from working_calendar import WorkingCalendar

TOPIC = "congvu.organization.v1"

logger = logging.getLogger(__name__)

K = TypeVar("K", KnownUnit, KnownOfficer)


class OrganizationHandler:
    """Keeps the replica of the organization; see runtime.events.consumer.BatchHandler."""

    def __init__(self, *, calendar: WorkingCalendar, clock: Callable[[], datetime]) -> None:
        self._calendar = calendar
        self._clock = clock

    def handle(self, conn: Connection, partition: int, records: Sequence[StoredRecord]) -> None:
        """Takes over the highest revision of each unit and officer among the records."""
        units: dict[str, KnownUnit] = {}
        officers: dict[str, KnownOfficer] = {}
        for event in _decode(records):
            if event.HasField("unit_changed"):
                _keep_newest(units, event.subject_id, unit_of(event))
            elif event.HasField("officer_changed"):
                _keep_newest(officers, event.subject_id, officer_of(event))
        follow_organization(
            conn,
            self._calendar,
            units=[units[key] for key in sorted(units)],
            officers=[officers[key] for key in sorted(officers)],
            now=self._clock(),
        )

    def tick(self, conn: Connection, partition: int, now: datetime) -> None:
        """Nothing here follows the clock."""

    def forget(self, partition: int) -> None:
        """Nothing is cached."""


def unit_of(event: events_pb2.OrganizationEvent) -> KnownUnit:
    """A unit with its places in the tree."""
    unit = event.unit_changed.unit
    spans = tuple(
        UnitSpan(
            valid_from=date.fromisoformat(version.valid_from),
            valid_to=_end(version.valid_to),
            parent_id=version.parent_id,
        )
        for version in unit.versions
    )
    return KnownUnit(
        unit_id=unit.unit_id, revision=event.revision, spans=spans, successor_ids=tuple(unit.successor_ids)
    )


def officer_of(event: events_pb2.OrganizationEvent) -> KnownOfficer:
    """An officer with posts and leaves."""
    officer = event.officer_changed.officer
    posts = tuple(
        KnownPost(
            unit_id=post.unit_id,
            is_head=post.role == resources_pb2.POST_ROLE_HEAD,
            valid_from=date.fromisoformat(post.valid_from),
            valid_to=_end(post.valid_to),
        )
        for post in officer.posts
    )
    leaves = tuple(
        LeaveTaken(
            officer_id=officer.officer_id,
            first_day=date.fromisoformat(leave.first_day),
            last_day=date.fromisoformat(leave.last_day),
            registered_at=from_timestamp(leave.registered_at),
        )
        for leave in officer.leaves
    )
    return KnownOfficer(officer_id=officer.officer_id, revision=event.revision, posts=posts, leaves=leaves)


def _decode(records: Iterable[StoredRecord]) -> Iterable[events_pb2.OrganizationEvent]:
    for record in records:
        try:
            yield events_pb2.OrganizationEvent.FromString(record.value)
        except DecodeError:
            # The next event of the same unit or officer carries the whole state again.
            logger.error("%s, offset %d: not an OrganizationEvent; it is left out.", record.topic, record.offset)


def _keep_newest(kept: dict[str, K], key: str, new: K) -> None:
    known = kept.get(key)
    if known is None or known.revision < new.revision:
        kept[key] = new


def _end(day: str) -> date | None:
    return date.fromisoformat(day) if day else None
