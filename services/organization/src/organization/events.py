"""Units and officers as the contract writes them, and the events that carry them."""

from dataclasses import dataclass
from datetime import date, datetime

from congvu.organization.v1 import events_pb2, resources_pb2
from organization.domain.officers import Leave, LeaveKind, Officer, OfficerCategory, Post, PostRole
from organization.domain.units import Unit, UnitKind
from runtime.events import Record, cloud_event
from runtime.timestamps import to_timestamp

TOPIC = "congvu.organization.v1"
SOURCE = "organization"

UNIT_KINDS = {
    UnitKind.CITY: resources_pb2.UNIT_KIND_CITY,
    UnitKind.DEPARTMENT: resources_pb2.UNIT_KIND_DEPARTMENT,
    UnitKind.COMMUNE: resources_pb2.UNIT_KIND_COMMUNE,
    UnitKind.DIVISION: resources_pb2.UNIT_KIND_DIVISION,
}
CATEGORIES = {
    OfficerCategory.CADRE: resources_pb2.OFFICER_CATEGORY_CADRE,
    OfficerCategory.CIVIL_SERVANT: resources_pb2.OFFICER_CATEGORY_CIVIL_SERVANT,
    OfficerCategory.PUBLIC_EMPLOYEE: resources_pb2.OFFICER_CATEGORY_PUBLIC_EMPLOYEE,
    OfficerCategory.CONTRACT: resources_pb2.OFFICER_CATEGORY_CONTRACT,
}
POST_ROLES = {
    PostRole.HEAD: resources_pb2.POST_ROLE_HEAD,
    PostRole.DEPUTY: resources_pb2.POST_ROLE_DEPUTY,
    PostRole.STAFF: resources_pb2.POST_ROLE_STAFF,
}
LEAVE_KINDS = {
    LeaveKind.ANNUAL: resources_pb2.LEAVE_KIND_ANNUAL,
    LeaveKind.SICK: resources_pb2.LEAVE_KIND_SICK,
    LeaveKind.MATERNITY: resources_pb2.LEAVE_KIND_MATERNITY,
    LeaveKind.UNPAID: resources_pb2.LEAVE_KIND_UNPAID,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What every event says beside its fact."""

    event_id: str
    revision: int
    actor_id: str
    now: datetime


def unit_changed(unit: Unit, envelope: Envelope) -> Record:
    """The whole unit after a change."""
    event = _event(unit.unit_id, envelope)
    event.unit_changed.CopyFrom(events_pb2.UnitChanged(unit=unit_message(unit)))
    return _record(event, envelope)


def officer_changed(officer: Officer, envelope: Envelope) -> Record:
    """The whole officer after a change, leaves included."""
    event = _event(officer.officer_id, envelope)
    event.officer_changed.CopyFrom(events_pb2.OfficerChanged(officer=officer_message(officer)))
    return _record(event, envelope)


def _event(subject_id: str, envelope: Envelope) -> events_pb2.OrganizationEvent:
    moment = to_timestamp(envelope.now)
    return events_pb2.OrganizationEvent(
        event_id=envelope.event_id,
        subject_id=subject_id,
        revision=envelope.revision,
        occurred_at=moment,
        recorded_at=moment,
        actor_id=envelope.actor_id,
    )


def _record(event: events_pb2.OrganizationEvent, envelope: Envelope) -> Record:
    return cloud_event(
        topic=TOPIC,
        event_id=event.event_id,
        type=f"{TOPIC}.OrganizationEvent",
        source=SOURCE,
        time=envelope.now,
        subject=event.subject_id,
        value=event.SerializeToString(deterministic=True),
    )


def unit_message(unit: Unit) -> resources_pb2.Unit:
    """The unit with its whole history."""
    return resources_pb2.Unit(
        unit_id=unit.unit_id,
        kind=UNIT_KINDS[unit.kind],
        versions=[
            resources_pb2.UnitVersion(
                valid_from=day_text(version.valid_from),
                valid_to=day_text(version.valid_to),
                name=version.name,
                parent_id=version.parent_id,
            )
            for version in unit.versions
        ],
        successor_ids=unit.successor_ids,
    )


def officer_message(officer: Officer) -> resources_pb2.Officer:
    """The officer with all posts and leaves that the domain object has."""
    return resources_pb2.Officer(
        officer_id=officer.officer_id,
        full_name=officer.full_name,
        category=CATEGORIES[officer.category],
        posts=[_post_message(post) for post in officer.posts],
        leaves=[_leave_message(leave) for leave in officer.leaves],
    )


def _post_message(post: Post) -> resources_pb2.Post:
    return resources_pb2.Post(
        post_id=post.post_id,
        unit_id=post.unit_id,
        role=POST_ROLES[post.role],
        valid_from=day_text(post.valid_from),
        valid_to=day_text(post.valid_to),
        field_unit_ids=post.field_unit_ids,
        title=post.title,
    )


def _leave_message(leave: Leave) -> resources_pb2.Leave:
    return resources_pb2.Leave(
        leave_id=leave.leave_id,
        kind=LEAVE_KINDS[leave.kind],
        first_day=day_text(leave.first_day),
        last_day=day_text(leave.last_day),
        registered_at=to_timestamp(leave.registered_at),
    )


def day_text(day: date | None) -> str:
    """An ISO day; empty for none."""
    return day.isoformat() if day else ""
