"""What the portal asks organization: who signs in, people and units."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from congvu.organization.v1 import resources_pb2 as organization_pb2
from congvu.organization.v1 import service_pb2 as organization_rpc
from portal.clients.doors import Connections, Doors, remembered
from portal.domain.city import Place
from portal.domain.tree import Tree, Unit
from runtime.errors import InvalidInput, NotFound
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


_UNIT_KINDS = {
    organization_pb2.UNIT_KIND_CITY: "city",
    organization_pb2.UNIT_KIND_DEPARTMENT: "department",
    organization_pb2.UNIT_KIND_COMMUNE: "commune",
    organization_pb2.UNIT_KIND_DIVISION: "division",
}


@remembered
def list_places(doors: Doors, as_of: str = "") -> Mapping[str, Place]:
    """The units as of the end of a day ("": today), by id."""
    units = doors.organization.GetTree(organization_rpc.GetTreeRequest(as_of=as_of)).units
    parents = {unit.parent_id for unit in units}
    return {
        unit.unit_id: Place(
            unit_id=unit.unit_id,
            name=unit.name,
            kind=_UNIT_KINDS[unit.kind],
            parent_id=unit.parent_id,
            has_units=unit.unit_id in parents,
        )
        for unit in units
    }


_LEADING = (organization_pb2.POST_ROLE_HEAD, organization_pb2.POST_ROLE_DEPUTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An officer with the units of their posts of today; who leads is head or deputy in one."""

    officer_id: str
    name: str
    unit_ids: tuple[str, ...]
    leads: bool = False

    @property
    def label(self) -> str:
        """What to choose them by in a form."""
        return f"{self.name} ({self.officer_id})"


@remembered
def read_tree(doors: Doors) -> Tree:
    """The units of today."""
    answer = doors.organization.GetTree(organization_rpc.GetTreeRequest())
    return Tree(
        {one.unit_id: Unit(unit_id=one.unit_id, name=one.name, parent_id=one.parent_id) for one in answer.units}
    )


def get_person(doors: Doors, officer_id: str, today: date) -> Person:
    """An officer. Raises NotFound."""
    answer = doors.organization.GetOfficer(organization_rpc.GetOfficerRequest(officer_id=officer_id))
    return _read_person(answer.officer, today)


def find_name(doors: Doors, officer_id: str) -> str:
    """The officer's name; the id itself of a system outside and of whoever is unknown."""
    try:
        answer = doors.organization.GetOfficer(organization_rpc.GetOfficerRequest(officer_id=officer_id))
    except (NotFound, InvalidInput):
        return officer_id
    return answer.officer.full_name


def has_more_people(doors: Doors, unit_id: str, number: int) -> bool:
    """Whether more officers than the number have a post in the unit or below today."""
    request = organization_rpc.ListOfficersRequest(unit_id=unit_id, page_size=number)
    return bool(doors.organization.ListOfficers(request).next_page_token)


def list_people(doors: Doors, unit_id: str, today: date, *, below: bool = True) -> Iterator[Person]:
    """The officers with a post in the unit today, or, with `below`, in the units below."""
    request = organization_rpc.ListOfficersRequest(unit_id=unit_id, own_only=not below, page_size=1000)
    while True:
        answer = doors.organization.ListOfficers(request)
        yield from (_read_person(officer, today) for officer in answer.officers)
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


def _read_person(officer: organization_pb2.Officer, today: date) -> Person:
    day = today.isoformat()
    posts = [post for post in officer.posts if post.valid_from <= day and (not post.valid_to or day < post.valid_to)]
    return Person(
        officer_id=officer.officer_id,
        name=officer.full_name,
        unit_ids=tuple(dict.fromkeys(post.unit_id for post in posts)),
        leads=any(post.role in _LEADING for post in posts),
    )
