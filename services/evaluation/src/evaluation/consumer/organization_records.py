"""Records of `congvu.organization.v1`: the whole state of a unit or an officer."""

import logging
from datetime import date, timedelta

from google.protobuf.message import DecodeError

from congvu.organization.v1 import events_pb2, resources_pb2
from evaluation.domain.organization import DEPUTY, HEAD, STAFF, Leave, Officer, Post, Unit, UnitVersion
from runtime.events import StoredRecord

logger = logging.getLogger(__name__)

_KINDS = {
    resources_pb2.UNIT_KIND_CITY: "city",
    resources_pb2.UNIT_KIND_DEPARTMENT: "department",
    resources_pb2.UNIT_KIND_COMMUNE: "commune",
    resources_pb2.UNIT_KIND_DIVISION: "division",
}
_ROLES = {resources_pb2.POST_ROLE_HEAD: HEAD, resources_pb2.POST_ROLE_DEPUTY: DEPUTY}


def read_organization_record(record: StoredRecord) -> tuple[int, Unit | Officer] | None:
    """The revision and the state; None for what cannot be read: the next state of the key makes it good."""
    try:
        event = events_pb2.OrganizationEvent.FromString(record.value)
        if event.WhichOneof("fact") == "unit_changed":
            return event.revision, _read_unit(event.unit_changed.unit)
        if event.WhichOneof("fact") == "officer_changed":
            return event.revision, _read_officer(event.officer_changed.officer)
    except (DecodeError, ValueError, OverflowError) as error:
        logger.error("The record %s/%d@%d cannot be read: %s", record.topic, record.partition, record.offset, error)
        return None
    logger.warning("The record %s/%d@%d carries no fact known here.", record.topic, record.partition, record.offset)
    return None


def _read_unit(message: resources_pb2.Unit) -> Unit:
    return Unit(
        unit_id=message.unit_id,
        kind=_KINDS.get(message.kind, ""),
        versions=tuple(
            UnitVersion(
                valid_from=date.fromisoformat(version.valid_from),
                valid_to=_end_day(version.valid_to),
                name=version.name,
                parent_id=version.parent_id,
            )
            for version in message.versions
        ),
        successor_ids=tuple(message.successor_ids),
    )


def _read_officer(message: resources_pb2.Officer) -> Officer:
    return Officer(
        officer_id=message.officer_id,
        full_name=message.full_name,
        category=resources_pb2.OfficerCategory.Name(message.category).removeprefix("OFFICER_CATEGORY_").lower(),
        posts=tuple(_read_post(post) for post in message.posts),
        leaves=tuple(_read_leave(leave) for leave in message.leaves),
    )


def _read_post(message: resources_pb2.Post) -> Post:
    return Post(
        post_id=message.post_id,
        unit_id=message.unit_id,
        role=_ROLES.get(message.role, STAFF),
        valid_from=date.fromisoformat(message.valid_from),
        valid_to=_end_day(message.valid_to),
        field_unit_ids=tuple(message.field_unit_ids),
        title=message.title,
    )


def _read_leave(message: resources_pb2.Leave) -> Leave:
    return Leave(
        leave_id=message.leave_id,
        kind=resources_pb2.LeaveKind.Name(message.kind).removeprefix("LEAVE_KIND_").lower(),
        valid_from=date.fromisoformat(message.first_day),
        valid_to=date.fromisoformat(message.last_day) + timedelta(days=1),
    )


def _end_day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
