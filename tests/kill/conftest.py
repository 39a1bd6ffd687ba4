"""Servers to be killed, and cities on them; `tests` is on the path, so that `kill` is a package."""

import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded.servers import PostgresServer, RedisServer
from testkit import requires
from testkit.databases import Databases

sys.path.insert(0, str(Path(__file__).parents[1]))

from kill.city import KillableCity
from kill.producer import Producer


@pytest.fixture(scope="session")
def killable_home() -> Iterator[Path]:
    """A short directory: sockets live below it."""
    with tempfile.TemporaryDirectory(prefix="cv-kill-") as home:
        yield Path(home)


@pytest.fixture(scope="session")
def killable_postgres(killable_home: Path) -> Iterator[PostgresServer]:
    """A PostgreSQL that tests kill. Its shared memory is files of its home, so that a kill leaves nothing behind."""
    requires("postgres")
    server = PostgresServer(killable_home / "pg", settings={"dynamic_shared_memory_type": "mmap"})
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def killable_databases(killable_postgres: PostgresServer) -> Databases:
    """Maker of databases on that server."""
    return Databases(killable_postgres)


@pytest.fixture(scope="session")
def killable_redis(killable_home: Path) -> Iterator[RedisServer]:
    """A Redis that tests kill and wipe."""
    requires("redis")
    server = RedisServer(killable_home / "redis")
    server.start()
    yield server
    server.kill()


@pytest.fixture(params=["embedded", "kafka"])
def log_url(request: pytest.FixtureRequest, killable_databases: Databases, killable_postgres: PostgresServer) -> str:
    """A fresh event log for the city. A test runs on both, unless it is marked otherwise (`kill.engines`)."""
    if request.param == "embedded":
        killable_postgres.start()
        return killable_databases.url(killable_databases.make([]))
    if request.param == "own kafka":
        server, make = request.getfixturevalue("kafka_server"), request.getfixturevalue("make_kafka_log")
        return str(make(server.bootstrap))
    return str(request.getfixturevalue("kafka_log_url"))


@pytest.fixture
def city(
    tmp_path: Path,
    log_url: str,
    killable_databases: Databases,
    killable_postgres: PostgresServer,
    killable_redis: RedisServer,
) -> Iterator[KillableCity]:
    """A city of one's own, without processes yet."""
    killable_postgres.start()
    killable_redis.kill()
    killable_redis.start()
    city = KillableCity(tmp_path, killable_databases, killable_postgres, killable_redis, log_url=log_url)
    yield city
    city.end()


@pytest.fixture
def seed() -> int:
    """Of the load and of random moments; pytest shows it when the test fails."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed={seed}")  # noqa: T201
    return seed


@pytest.fixture
def producer(city: KillableCity, seed: int) -> Producer:
    """Who fills the outbox."""
    return Producer(city, seed)
