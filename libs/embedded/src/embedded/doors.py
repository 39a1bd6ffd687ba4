"""The gRPC doors of a running city, as the command line and the demo use them."""

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import grpc

from congvu.evaluation.v1.service_pb2_grpc import EvaluationServiceStub
from congvu.organization.v1.service_pb2_grpc import OrganizationServiceStub
from congvu.work.v1 import service_pb2 as work_service_pb2
from congvu.work.v1.service_pb2_grpc import WorkServiceStub
from embedded.errors import CityError
from embedded.home import WITH_DATA, City, Home, is_supervised, read_city
from runtime.auth import TokenSigner
from runtime.errors import NotFound, Unavailable
from runtime.rpc import open_channel

TOKEN_LIFETIME = timedelta(minutes=10)
HEARD_LOOKS = 240
HEARD_PAUSE_SECONDS = 0.25


class Stage(Protocol):
    """One stage of a longer piece of work."""

    def advance(self, steps: int) -> None:
        """So many steps more are done."""


class Progress(Protocol):
    """Where a longer piece of work shows how far it is."""

    def stage(self, name: str, total: int) -> AbstractContextManager[Stage]:
        """Begins a stage of `total` steps; it ends with the context."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """One stub for each service with data. Errors of calls are those of runtime.errors."""

    organization: OrganizationServiceStub
    work: WorkServiceStub
    evaluation: EvaluationServiceStub
    channels: tuple[grpc.Channel, ...] = ()

    def close(self) -> None:
        """Ends the connections."""
        for channel in self.channels:
            channel.close()


def open_doors(home: Home, *, timeout: float = 30.0) -> Doors:
    """Doors of the running city, with a token of the local evaluator and administrator that renews itself.

    `timeout` is the default deadline of a call in seconds. Raises CityError when the city is not running.
    """
    return open_doors_as(home, local_token(home), timeout=timeout)


def open_doors_as(home: Home, token: Callable[[], str], *, timeout: float = 30.0) -> Doors:
    """Doors of the running city for whoever the token names."""
    city = require_running(home)
    channels = tuple(open_channel(city.grpc_address(service), token, timeout=timeout) for service in WITH_DATA)
    organization, work, evaluation = channels
    return Doors(
        organization=OrganizationServiceStub(organization),
        work=WorkServiceStub(work),
        evaluation=EvaluationServiceStub(evaluation),
        channels=channels,
    )


def require_running(home: Home) -> City:
    """The record of the running city; CityError when it is not."""
    city = read_city(home)
    if city.state != "running" or not is_supervised(home):
        raise CityError(f"The city at {home.root} is not running; start it with `congvu up`.")
    return city


def local_token(home: Home) -> Callable[[], str]:
    """Signs, when asked, a short-lived token for whoever may read the city's private key."""
    signer = _signer(home)
    roles = ("evaluator", "administrator")

    def token() -> str:
        return signer.sign(subject="local", roles=roles, now=datetime.now(UTC), lifetime=TOKEN_LIFETIME)

    return token


def await_heard(work: WorkServiceStub, officer_id: str, *, pause: Callable[[float], None] = time.sleep) -> None:
    """Waits until work has heard of an officer just put, and so of all put before; CityError after a minute."""
    for _ in range(HEARD_LOOKS):
        try:
            work.ListWork(work_service_pb2.ListWorkRequest(officer_id=officer_id, page_size=1))
        except (NotFound, Unavailable):
            pause(HEARD_PAUSE_SECONDS)
        else:
            return
    raise CityError(f"The service work does not hear of officer {officer_id}; see logs/work.log.")


def system_token(home: Home, system: str, *, days: int) -> str:
    """A token of a system outside, which may send work events and nothing that its role does not allow."""
    return _signer(home).sign(subject=system, roles=("service",), now=datetime.now(UTC), lifetime=timedelta(days=days))


def signed_in_token(home: Home, now: datetime) -> Callable[[], str] | None:
    """The token kept by `congvu sign-in`; None when nobody signed in."""
    try:
        kept = json.loads(home.sign_in_file.read_text())
    except FileNotFoundError:
        return None
    if datetime.fromisoformat(kept["expires_at"]) <= now:
        name = kept["username"]
        raise CityError(f"The sign-in of {name} has expired; run `congvu sign-in {name}` again or `congvu sign-out`.")
    token: str = kept["token"]
    return lambda: token


def _signer(home: Home) -> TokenSigner:
    try:
        return TokenSigner(home.private_key.read_bytes())
    except FileNotFoundError as error:
        raise CityError(f"The city at {home.root} is not running; start it with `congvu up`.") from error
