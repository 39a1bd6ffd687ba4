"""The gRPC doors of the other services, for whoever signed in."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Self

import grpc

from congvu.evaluation.v1 import resources_pb2 as evaluation_pb2
from congvu.evaluation.v1 import service_pb2 as evaluation_rpc
from congvu.evaluation.v1.service_pb2_grpc import EvaluationServiceStub
from congvu.organization.v1 import resources_pb2 as organization_pb2
from congvu.organization.v1 import service_pb2 as organization_rpc
from congvu.organization.v1.service_pb2_grpc import OrganizationServiceStub
from congvu.work.v1.service_pb2_grpc import WorkServiceStub
from runtime.errors import Denied, NotFound
from runtime.rpc import open_connection, speak_for
from runtime.timestamps import from_timestamp

# A page is worth nothing after this.
TIMEOUT_SECONDS = 10.0
CALLERS_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """One stub for each service, for one caller. Errors of calls are those of runtime.errors."""

    organization: OrganizationServiceStub
    work: WorkServiceStub
    evaluation: EvaluationServiceStub


class Connections:
    """`with Connections(…) as connections: connections.of(token)`: one for each service, shared by all callers."""

    def __init__(self, *, organization: str, work: str, evaluation: str) -> None:
        """Addresses as "host:port"."""
        self._organization = open_connection(organization)
        self._work = open_connection(work)
        self._evaluation = open_connection(evaluation)
        self._remembered = lru_cache(maxsize=CALLERS_REMEMBERED)(lambda token: self.speaking(lambda: token))

    def of(self, token: str) -> Doors:
        """The doors for the caller whom the token names."""
        return self._remembered(token)

    def speaking(self, token: Callable[[], str]) -> Doors:
        """The doors for whom `token` names at each call."""
        organization, work, evaluation = (
            speak_for(connection, token, timeout=TIMEOUT_SECONDS) for connection in self._all()
        )
        return Doors(
            organization=OrganizationServiceStub(organization),
            work=WorkServiceStub(work),
            evaluation=EvaluationServiceStub(evaluation),
        )

    def _all(self) -> tuple[grpc.Channel, ...]:
        return self._organization, self._work, self._evaluation

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._all():
            connection.close()


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


def get_scorecard(doors: Doors, subject: str, *, period: str, policy: str) -> evaluation_pb2.Scorecard:
    """A scorecard; "" is the current month, and the first policy. NotFound, Denied."""
    request = evaluation_rpc.GetScorecardRequest(subject_id=subject, period=period, policy=policy)
    return doors.evaluation.GetScorecard(request).scorecard


def policies_in_force(doors: Doors, period: str) -> list[str]:
    """The names of the policies in force in a month, in their order."""
    answer = doors.evaluation.ListPolicies(evaluation_rpc.ListPoliciesRequest())
    return [
        policy.name
        for policy in answer.policies
        if policy.valid_from <= period and (not policy.valid_to or period < policy.valid_to)
    ]


def list_visible(doors: Doors, subjects: Sequence[str]) -> set[str]:
    """Those of the subjects whose scores are open to the caller."""
    if len(subjects) == 1:
        return {one for one in subjects if _is_visible(doors, one)}
    return set(subjects) & {found.subject_id for found in list_points(doors)}


def list_points(doors: Doors, **asked: Any) -> Iterator[evaluation_rpc.SubjectPoints]:
    """The points of all that ListPointsRequest asks for, page by page."""
    request = evaluation_rpc.ListPointsRequest(page_size=1000, **asked)
    while True:
        answer = doors.evaluation.ListPoints(request)
        yield from answer.subjects
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


def _is_visible(doors: Doors, subject: str) -> bool:
    try:
        get_scorecard(doors, subject, period="", policy="")
    except (Denied, NotFound):
        return False
    return True


def is_officer_card(card: evaluation_pb2.Scorecard) -> bool:
    """Whether the scorecard is a person's."""
    return card.subject_kind == evaluation_pb2.SUBJECT_KIND_OFFICER


def get_median(doors: Doors, officer_id: str, *, period: str) -> evaluation_rpc.GetMedianResponse:
    """The median of those with the same kind of post, by the first policy."""
    return doors.evaluation.GetMedian(evaluation_rpc.GetMedianRequest(officer_id=officer_id, period=period))


def list_open_items(doors: Doors, officer_id: str) -> evaluation_rpc.ListOpenItemsResponse:
    """What the officer has open, with the effect of each on the score of the first policy if it falls overdue."""
    return doors.evaluation.ListOpenItems(evaluation_rpc.ListOpenItemsRequest(officer_id=officer_id))
