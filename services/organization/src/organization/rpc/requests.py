"""What comes in: days, enums, units, officers and accounts out of proto, with a clear refusal of what is none."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from congvu.organization.v1 import resources_pb2, service_pb2
from organization.domain.accounts import Account, AccountRole
from organization.domain.officers import Leave, Officer, Post
from organization.domain.reorganization import Merger, SplitPart
from organization.domain.units import Unit, UnitVersion
from organization.events import CATEGORIES, LEAVE_KINDS, POST_ROLES, UNIT_KINDS
from organization.usecases.accounts import WantedAccount
from organization.usecases.officers import Page
from runtime.errors import InvalidInput
from runtime.timestamps import from_timestamp

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
DEFAULT_PAGE = 200
LONGEST_PAGE = 1000

ROLES = {
    AccountRole.OFFICER: resources_pb2.ROLE_OFFICER,
    AccountRole.EVALUATOR: resources_pb2.ROLE_EVALUATOR,
    AccountRole.ADMINISTRATOR: resources_pb2.ROLE_ADMINISTRATOR,
}

K = TypeVar("K")
V = TypeVar("V")


def local_day(now: datetime) -> date:
    """The day that it is in the city."""
    return now.astimezone(LOCAL).date()


def day_of(text: str, field: str) -> date:
    """A day as in "2026-07-01"; ISO's other ways to write one are refused."""
    with suppress(ValueError):
        day = date.fromisoformat(text)
        if day.isoformat() == text:
            return day
    raise InvalidInput(f"{field} is {text!r}: give a day such as 2026-07-01.", field=field)


def end_day_of(text: str, field: str) -> date | None:
    """An ISO day, or none when it is empty."""
    return day_of(text, field) if text else None


def named(members: Mapping[K, V], value: V, field: str) -> K:
    """The domain's member for a value of an enum in proto; 0 and numbers from the future are refused."""
    for member, known in members.items():
        if known == value:
            return member
    raise InvalidInput(f"{field} is {value}: give one of the kinds of the contract.", field=field)


def unit_of(message: resources_pb2.Unit) -> Unit:
    """The unit with its whole history."""
    return Unit(
        unit_id=message.unit_id,
        kind=named(UNIT_KINDS, message.kind, f"kind of unit {message.unit_id}"),
        versions=tuple(_version_of(version) for version in message.versions),
        successor_ids=tuple(message.successor_ids),
    )


def _version_of(message: resources_pb2.UnitVersion) -> UnitVersion:
    return UnitVersion(
        valid_from=day_of(message.valid_from, "valid_from"),
        valid_to=end_day_of(message.valid_to, "valid_to"),
        name=message.name,
        parent_id=message.parent_id,
    )


def officer_of(message: resources_pb2.Officer) -> Officer:
    """The officer with all posts and leaves."""
    return Officer(
        officer_id=message.officer_id,
        full_name=message.full_name,
        category=named(CATEGORIES, message.category, f"category of officer {message.officer_id}"),
        posts=tuple(post_of(post) for post in message.posts),
        leaves=tuple(leave_of(leave) for leave in message.leaves),
    )


def post_of(message: resources_pb2.Post, *, new_id: str = "") -> Post:
    """The post; `new_id` is its id when it brings none."""
    return Post(
        post_id=message.post_id or new_id,
        unit_id=message.unit_id,
        role=named(POST_ROLES, message.role, f"role of post {message.post_id}"),
        valid_from=day_of(message.valid_from, "valid_from"),
        valid_to=end_day_of(message.valid_to, "valid_to"),
        field_unit_ids=tuple(message.field_unit_ids),
        title=message.title,
    )


def leave_of(message: resources_pb2.Leave, *, new_id: str = "") -> Leave:
    """The leave; `new_id` is its id when it brings none."""
    return Leave(
        leave_id=message.leave_id or new_id,
        kind=named(LEAVE_KINDS, message.kind, f"kind of leave {message.leave_id}"),
        first_day=day_of(message.first_day, "first_day"),
        last_day=day_of(message.last_day, "last_day"),
        registered_at=from_timestamp(message.registered_at) if message.HasField("registered_at") else None,
    )


def merger_of(message: service_pb2.MergeUnitsRequest) -> Merger:
    """What merges into what."""
    return Merger(
        unit_ids=tuple(message.unit_ids),
        into_unit_id=message.into_unit_id,
        day=day_of(message.valid_from, "valid_from"),
        name=message.name,
        parent_id=message.parent_id,
        kind=named(UNIT_KINDS, message.kind, "kind") if message.kind else None,
    )


def part_of(message: service_pb2.SplitPart) -> SplitPart:
    """One part of a split."""
    return SplitPart(unit_id=message.unit_id, name=message.name, officer_ids=tuple(message.officer_ids))


def page_of(message: service_pb2.ListOfficersRequest, today: date) -> Page:
    """Which officers are asked for; the token of a page is the last officer_id of the one before."""
    size = message.page_size or DEFAULT_PAGE
    if not 1 <= size <= LONGEST_PAGE:
        raise InvalidInput(f"page_size is {size}: ask for 1 to {LONGEST_PAGE}.", field="page_size")
    day = end_day_of(message.as_of, "as_of") or today
    return Page(unit_id=message.unit_id, own_only=message.own_only, day=day, after=message.page_token, size=size)


def account_of(message: service_pb2.Account) -> WantedAccount:
    """An account with the password that it brings."""
    roles = frozenset(named(ROLES, role, f"role of account {message.username}") for role in message.roles)
    account = Account(username=message.username, officer_id=message.officer_id, roles=roles)
    return WantedAccount(account=account, password=message.password)
