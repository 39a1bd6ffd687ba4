"""One stub for each of the other services, for whoever signed in."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import ParamSpec, Self, TypeVar

import grpc

from congvu.evaluation.v1.service_pb2_grpc import EvaluationServiceStub
from congvu.organization.v1.service_pb2_grpc import OrganizationServiceStub
from congvu.work.v1.service_pb2_grpc import WorkServiceStub
from runtime.rpc import open_connection, speak_for

# A page is worth nothing after this.
TIMEOUT_SECONDS = 10.0
CALLERS_REMEMBERED = 1_000


# So long an answer is believed that is the same for everyone and seldom changes: the tree, the policies.
REMEMBERED_SECONDS = 30.0
ANSWERS_REMEMBERED = 256

P = ParamSpec("P")
R = TypeVar("R")


def remembered(ask: Callable[P, R]) -> Callable[P, R]:
    """A question whose answers may be half a minute old; its arguments, the doors of the caller first, are hashable."""

    @lru_cache(maxsize=ANSWERS_REMEMBERED)
    def of_turn(_turn: int, *args: P.args, **kwargs: P.kwargs) -> R:
        return ask(*args, **kwargs)

    @wraps(ask)
    def answer(*args: P.args, **kwargs: P.kwargs) -> R:
        return of_turn(int(time.monotonic() / REMEMBERED_SECONDS), *args, **kwargs)  # type: ignore[arg-type]

    return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """One stub for each service, for one caller. Errors of calls are those of runtime.errors.

    `policy` is the one that pages lead with; empty: the first that is in force.
    """

    organization: OrganizationServiceStub
    work: WorkServiceStub
    evaluation: EvaluationServiceStub
    policy: str = ""


class Connections:
    """`with Connections(…) as connections: connections.of(token)`: one for each service, shared by all callers."""

    def __init__(self, *, organization: str, work: str, evaluation: str, policy: str = "") -> None:
        """Addresses as "host:port"; the policy that pages lead with."""
        self._policy = policy
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
            policy=self._policy,
        )

    def _all(self) -> tuple[grpc.Channel, ...]:
        return self._organization, self._work, self._evaluation

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._all():
            connection.close()
