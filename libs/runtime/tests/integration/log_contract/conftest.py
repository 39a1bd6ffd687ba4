"""Every test of this folder runs on every engine. A new one joins by one more name, URL and Engine here."""

from collections.abc import Callable, Iterator

import pytest

from embedded.servers import PostgresServer
from runtime.events import EventLog, open_event_log
from testkit.kafka import KafkaServer

from .engines import EmbeddedEngine, Engine, KafkaEngine, OpenLog


@pytest.fixture(params=["embedded", "kafka"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Which log."""
    return str(request.param)


@pytest.fixture
def log_url(request: pytest.FixtureRequest, engine_name: str) -> str:
    """URL of a fresh log, on a server that others may use."""
    return str(request.getfixturevalue({"embedded": "event_log_url", "kafka": "kafka_log_url"}[engine_name]))


@pytest.fixture
def open_log(log_url: str) -> Iterator[OpenLog]:
    """Opens one and the same fresh log, as often as asked."""
    opened: list[EventLog] = []

    def open_again() -> EventLog:
        opened.append(open_event_log(log_url))
        return opened[-1]

    yield open_again
    for log in opened:
        log.close()


@pytest.fixture
def engine(request: pytest.FixtureRequest, engine_name: str) -> Iterator[Engine]:
    """A fresh log with a server that the test may kill and freeze."""
    engine = _kafka(request) if engine_name == "kafka" else _embedded(request)
    yield engine
    engine.server.start()


def _embedded(request: pytest.FixtureRequest) -> Engine:
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return EmbeddedEngine(request.getfixturevalue("event_log_url"), server)


def _kafka(request: pytest.FixtureRequest) -> Engine:
    server: KafkaServer = request.getfixturevalue("kafka_server")
    make: Callable[[str], str] = request.getfixturevalue("make_kafka_log")
    return KafkaEngine(make(server.bootstrap), server)
