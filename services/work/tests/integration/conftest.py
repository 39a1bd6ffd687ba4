"""The service as others meet it: real gRPC and HTTP in front, real PostgreSQL behind, a small city known."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import psycopg
import pytest

from congvu.organization.v1 import resources_pb2 as organization
from congvu.work.v1 import events_pb2 as pb
from congvu.work.v1 import service_pb2 as rpc
from congvu.work.v1.service_pb2_grpc import WorkServiceStub
from runtime.auth import TokenVerifier
from runtime.postgres import Pool, open_pool
from runtime.rpc import GrpcServer, open_channel
from runtime.web import HttpServer
from testkit.clock import Clock
from testkit.fixtures import Keys
from work.main import MIGRATIONS
from work.rpc.service import WorkServicer, grpc_service
from work.usecases.desk import Desk
from work.web import create_web

from .city import CALENDAR, HEADS, STAFF, UNITS, Door, Organization, at, product


@pytest.fixture
def clock() -> Clock:
    """The service's clock: Monday 2 March 2026, 8 in the morning in the city."""
    return Clock(at("2026-03-02T08:00"))


@pytest.fixture
def service_url(make_database: Callable[[Sequence[Path]], str]) -> str:
    """The service's database, migrated and empty."""
    return make_database([MIGRATIONS])


@pytest.fixture
def pool(service_url: str) -> Iterator[Pool]:
    """The service's pool."""
    with open_pool(service_url, name="work") as pool:
        yield pool


@pytest.fixture
def city(pool: Pool, clock: Clock) -> Organization:
    """A city with two departments, a division in each, their heads and staff."""
    told = Organization(pool, clock)
    for unit_id, parent_id in UNITS.items():
        told.unit(unit_id, parent_id)
    for officer_id, unit_id in HEADS.items():
        told.officer(officer_id, unit_id, organization.POST_ROLE_HEAD)
    for officer_id, unit_id in STAFF.items():
        told.officer(officer_id, unit_id, organization.POST_ROLE_STAFF)
    return told


@pytest.fixture
def desk(pool: Pool) -> Desk:
    """What the use cases have at hand."""
    return Desk(pool=pool, calendar=CALENDAR)


@pytest.fixture
def door(desk: Desk, city: Organization, clock: Clock, keys: Keys, token_for: Callable[..., str]) -> Iterator[Door]:
    """A running service that knows the city. `door("an")`: an officer's stub; `door(roles=["service"])`: a system's."""
    verifier = TokenVerifier(keys.public.read_bytes())
    servicer = WorkServicer(desk=desk, clock=clock)
    server = GrpcServer(address="127.0.0.1:0", services=[grpc_service(servicer)], verifier=verifier)
    server.start()

    def open_it(officer_id: str = "", *, roles: Sequence[str] = ("officer",)) -> WorkServiceStub:
        token = token_for(roles=roles, officer_id=officer_id, subject=officer_id or roles[0])
        return WorkServiceStub(open_channel(f"127.0.0.1:{server.port}", lambda: token))

    yield open_it
    server.stop(0)


@pytest.fixture
def http(
    desk: Desk, city: Organization, clock: Clock, keys: Keys, token_for: Callable[..., str]
) -> Iterator[Callable[..., httpx.Client]]:
    """A running HTTP door. `http(roles=["service"])` is a client with that token."""
    verifier = TokenVerifier(keys.public.read_bytes())
    server = HttpServer(create_web(desk=desk, verifier=verifier, clock=clock), "127.0.0.1:0")
    stop = threading.Event()
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()
    clients: list[httpx.Client] = []

    def open_it(*, roles: Sequence[str] = ("service",)) -> httpx.Client:
        headers = {"authorization": f"Bearer {token_for(roles=roles, subject=roles[0])}"}
        clients.append(httpx.Client(base_url=f"http://127.0.0.1:{server.port}", headers=headers, timeout=10))
        return clients[-1]

    yield open_it
    for client in clients:
        client.close()
    stop.set()
    thread.join(10)


@pytest.fixture
def catalogue(door: Door) -> WorkServiceStub:
    """A catalogue of three products; gives an administrator's stub."""
    stub = door(roles=["administrator"])
    stub.PutProducts(
        rpc.PutProductsRequest(
            products=[
                product("P01", units=1000, hours=16),
                product("P02", units=4000, hours=80),
                product("R01", units=500, hours=8, recurring=True),
            ]
        )
    )
    return stub


@pytest.fixture
def told(service_url: str) -> Callable[[], list[pb.WorkEvent]]:
    """`told()`: the work events that are committed and not published, in order."""

    def read() -> list[pb.WorkEvent]:
        with psycopg.connect(service_url) as conn:
            rows = conn.execute("SELECT value FROM outbox WHERE headers->>'ce_type' LIKE '%WorkEvent' ORDER BY id")
            return [pb.WorkEvent.FromString(value) for (value,) in rows]

    return read
