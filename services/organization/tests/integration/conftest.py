"""The service as others meet it: real gRPC in front, real PostgreSQL behind."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from argon2 import PasswordHasher

from congvu.organization.v1 import events_pb2
from congvu.organization.v1 import resources_pb2 as pb
from congvu.organization.v1 import service_pb2 as rpc
from congvu.organization.v1.service_pb2_grpc import OrganizationServiceStub
from organization.domain.units import Unit
from organization.events import unit_message
from organization.main import MIGRATIONS
from organization.passwords import Passwords
from organization.rpc.service import OrganizationServicer, grpc_service
from runtime.auth import TokenSigner, TokenVerifier
from runtime.postgres import open_pool
from runtime.rpc import GrpcServer, open_channel
from testkit.clock import Clock
from testkit.fixtures import Keys

CHEAP_HASHES = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""The cheapest that argon2 makes: the tests are about tries, not about the cost of one."""


@pytest.fixture
def clock() -> Clock:
    """The service's clock: 8 in the morning of 2 March 2026 in the city."""
    return Clock(datetime(2026, 3, 2, 1, tzinfo=UTC))


@pytest.fixture
def service_url(make_database: Callable[[Sequence[Path]], str]) -> str:
    """The service's database, migrated and empty."""
    return make_database([MIGRATIONS])


@pytest.fixture
def open_door(
    service_url: str, clock: Clock, keys: Keys, token_for: Callable[..., str]
) -> Iterator[Callable[..., OrganizationServiceStub]]:
    """A running service without a city. `open_door(roles=…, officer_id=…)` is a stub of that caller, `open_door()` one
    without a token."""
    with open_pool(service_url, name="organization") as pool:
        servicer = OrganizationServicer(
            pool=pool,
            passwords=Passwords(CHEAP_HASHES),
            signer=TokenSigner(keys.private.read_bytes()),
            clock=clock,
        )
        verifier = TokenVerifier(keys.public.read_bytes())
        server = GrpcServer(address="127.0.0.1:0", services=[grpc_service(servicer)], verifier=verifier)
        server.start()

        def open_it(**caller: object) -> OrganizationServiceStub:
            token = token_for(**caller) if caller else ""
            return OrganizationServiceStub(open_channel(f"127.0.0.1:{server.port}", lambda: token))

        yield open_it
        server.stop(0)


@pytest.fixture
def empty_city(open_door: Callable[..., OrganizationServiceStub]) -> OrganizationServiceStub:
    """An administrator's stub of a service that knows nobody."""
    return open_door(roles=["administrator"], subject="admin")


@pytest.fixture
def administrator(
    empty_city: OrganizationServiceStub, city: dict[str, Unit], people: list[pb.Officer], service_url: str
) -> OrganizationServiceStub:
    """An administrator's stub of a service that has the small city and its people, and has published all of it."""
    empty_city.PutUnits(rpc.PutUnitsRequest(units=[unit_message(unit) for unit in city.values()]))
    empty_city.PutOfficers(rpc.PutOfficersRequest(officers=people))
    with psycopg.connect(service_url) as conn:
        conn.execute("DELETE FROM outbox")
    return empty_city


@pytest.fixture
def door(
    open_door: Callable[..., OrganizationServiceStub], administrator: OrganizationServiceStub
) -> Callable[..., OrganizationServiceStub]:
    """`open_door` of the service that has the small city."""
    return open_door


@pytest.fixture
def told(service_url: str) -> Callable[[], list[events_pb2.OrganizationEvent]]:
    """`told()`: the events that are committed and not published, in order."""

    def read() -> list[events_pb2.OrganizationEvent]:
        with psycopg.connect(service_url) as conn:
            rows = conn.execute("SELECT value FROM outbox ORDER BY id").fetchall()
        return [events_pb2.OrganizationEvent.FromString(value) for (value,) in rows]

    return read


def person(officer_id: str, unit_id: str, role: pb.PostRole.ValueType, *leaves: pb.Leave) -> pb.Officer:
    """An officer with one post since 2025-07-01."""
    return pb.Officer(
        officer_id=officer_id,
        full_name=f"Ông {officer_id}",
        category=pb.OFFICER_CATEGORY_CIVIL_SERVANT,
        posts=[pb.Post(post_id="p1", unit_id=unit_id, role=role, valid_from="2025-07-01")],
        leaves=leaves,
    )


@pytest.fixture
def people() -> list[pb.Officer]:
    """Who is in the small city; four of them have been ill in February 2026."""
    sick = pb.Leave(leave_id="l1", kind=pb.LEAVE_KIND_SICK, first_day="2026-02-02", last_day="2026-02-06")
    return [
        person("chair", "HUE", pb.POST_ROLE_HEAD),
        person("director", "SNV", pb.POST_ROLE_HEAD, sick),
        person("an", "SNV-CCVC", pb.POST_ROLE_STAFF, sick),
        person("binh", "SNV-CCVC", pb.POST_ROLE_HEAD, sick),
        person("ward-head", "19753", pb.POST_ROLE_HEAD),
        person("ward-staff", "19753-KT", pb.POST_ROLE_STAFF, sick),
        person("other-staff", "19774", pb.POST_ROLE_STAFF),
    ]
