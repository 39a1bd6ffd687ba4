"""Fixtures for every suite. Servers live for one session (one per xdist worker), databases and logs for one test."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import redis

from embedded.servers import PostgresServer, RedisServer
from runtime.auth import TokenSigner, generate_keys
from runtime.events import TOPICS
from testkit.databases import Databases
from testkit.kafka import KafkaServer
from testkit.parts import requires


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Files with the PEM keys of one session."""

    private: Path
    public: Path


@pytest.fixture(scope="session")
def server_home() -> Iterator[Path]:
    """A short directory: sockets live below it."""
    with tempfile.TemporaryDirectory(prefix="cv-") as home:
        yield Path(home)


@pytest.fixture(scope="session")
def postgres_server(server_home: Path) -> Iterator[PostgresServer]:
    """The session's PostgreSQL. A test that stops it starts it again."""
    requires("postgres")
    server = PostgresServer(server_home / "pg")
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    """URL of the maintenance database of a real server."""
    return postgres_server.url("postgres")


@pytest.fixture(scope="session")
def databases(postgres_server: PostgresServer) -> Databases:
    """Maker of databases on the session's server."""
    return Databases(postgres_server)


@pytest.fixture
def make_database(databases: Databases) -> Iterator[Callable[[Sequence[Path]], str]]:
    """Function of migration directories (may be empty) that gives the URL of a fresh, migrated database."""
    made: list[str] = []

    def make(migrations: Sequence[Path]) -> str:
        made.append(databases.make(migrations))
        return databases.url(made[-1])

    yield make
    for name in made:
        databases.drop(name)


@pytest.fixture
def database_url(make_database: Callable[[Sequence[Path]], str]) -> str:
    """A fresh, empty database; runtime's and the service's migrations are not applied."""
    return make_database([])


@pytest.fixture
def event_log_url(make_database: Callable[[Sequence[Path]], str]) -> str:
    """A fresh embedded log, for `runtime.events.open_event_log`."""
    return make_database([])


@pytest.fixture(scope="session")
def kafka_server(server_home: Path) -> Iterator[KafkaServer]:
    """The session's own Apache Kafka, also when KAFKA_BOOTSTRAP names one. A test that stops it starts it again."""
    requires("kafka-server" if os.environ.get("KAFKA_BOOTSTRAP") else "kafka")
    server = KafkaServer(server_home / "kafka")
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def kafka_bootstrap(request: pytest.FixtureRequest) -> str:
    """host:port of a real Apache Kafka, which others may use as well: KAFKA_BOOTSTRAP, or the session's own."""
    given = os.environ.get("KAFKA_BOOTSTRAP")
    if given:
        return given
    server: KafkaServer = request.getfixturevalue("kafka_server")
    return server.bootstrap


@pytest.fixture
def make_kafka_log() -> Iterator[Callable[[str], str]]:
    """Function of a bootstrap address that gives the URL of a fresh log there, in a namespace of its own."""
    made: list[str] = []

    def make(bootstrap: str) -> str:
        made.append(f"kafka://{bootstrap}/test-{uuid4().hex[:12]}")
        return made[-1]

    yield make
    for url in made:
        _remove_log(url)


@pytest.fixture
def kafka_log_url(kafka_bootstrap: str, make_kafka_log: Callable[[str], str]) -> str:
    """A fresh log on Apache Kafka, for `runtime.events.open_event_log`."""
    return make_kafka_log(kafka_bootstrap)


@pytest.fixture(scope="session")
def redis_server(server_home: Path) -> Iterator[RedisServer]:
    """The session's Redis. A test that stops it starts it again."""
    requires("redis")
    server = RedisServer(server_home / "redis")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """A real Redis, emptied for each test."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """One pair of keys for the session."""
    directory = tmp_path_factory.mktemp("keys")
    found = Keys(private=directory / "private.pem", public=directory / "public.pem")
    private, public = generate_keys()
    found.private.write_bytes(private)
    found.public.write_bytes(public)
    return found


@pytest.fixture(scope="session")
def token_for(keys: Keys) -> Callable[..., str]:
    """`token_for(roles=["evaluator"], officer_id="HUE-00123")`: a token of the session's keys, valid for an hour."""
    signer = TokenSigner(keys.private.read_bytes())

    def sign(*, roles: Iterable[str] = ("officer",), officer_id: str = "", subject: str = "") -> str:
        return signer.sign(
            subject=subject or officer_id or "test",
            roles=roles,
            officer_id=officer_id,
            now=datetime.now(UTC),
            lifetime=timedelta(hours=1),
        )

    return sign


def _remove_log(url: str) -> None:
    """Otherwise a session would gather thousands of partitions."""
    # Only who has a Kafka pays for loading its driver.
    from runtime.events.kafka import KafkaAddress, remove_topics

    remove_topics(KafkaAddress.parse(url), TOPICS)
