"""What the portal asks organization: who signs in, people and units."""

from dataclasses import dataclass
from datetime import date, datetime

from congvu.organization.v1 import resources_pb2 as organization_pb2
from congvu.organization.v1 import service_pb2 as organization_rpc
from portal.clients.doors import Connections, Doors
from runtime.timestamps import from_timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Whom a token speaks for."""

    token: str
    expires_at: datetime
    officer_id: str
    roles: frozenset[str]


_ROLES = {
    organization_pb2.ROLE_OFFICER: "officer",
    organization_pb2.ROLE_EVALUATOR: "evaluator",
    organization_pb2.ROLE_ADMINISTRATOR: "administrator",
}


def sign_in(connections: Connections, *, username: str, password: str) -> SignedIn:
    """Trades name and password for a token. Raises Unauthenticated."""
    request = organization_rpc.SignInRequest(username=username, password=password)
    answer = connections.of("").organization.SignIn(request)
    return SignedIn(
        token=answer.token,
        expires_at=from_timestamp(answer.expires_at),
        officer_id=answer.officer_id,
        roles=frozenset(_ROLES[role] for role in answer.roles),
    )


def find_headed(doors: Doors, officer_id: str, today: date) -> tuple[str, tuple[str, ...]]:
    """The officer's name, and the units that they head today."""
    officer = doors.organization.GetOfficer(organization_rpc.GetOfficerRequest(officer_id=officer_id)).officer
    day = today.isoformat()
    headed = [
        post.unit_id
        for post in officer.posts
        if post.role == organization_pb2.POST_ROLE_HEAD
        and post.valid_from <= day
        and (not post.valid_to or day < post.valid_to)
    ]
    return officer.full_name, tuple(headed)
