"""A service's database and a log, for tests of consumers."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from runtime.events import EventLog, open_event_log
from runtime.postgres import Pool, open_pool


@pytest.fixture
def service_url(make_database: Callable[[Sequence[Path]], str], tmp_path: Path) -> str:
    """Database of a service whose consumers write what they apply."""
    migrations = tmp_path / "keeper" / "migrations"
    migrations.mkdir(parents=True)
    (migrations / "001_applied.sql").write_text(
        'CREATE TABLE applied (id bigserial PRIMARY KEY, partition int, "offset" bigint, place int, consumer text);'
        "CREATE TABLE ticks (partition int, at timestamptz, consumer text);"
    )
    return make_database([migrations])


@pytest.fixture
def pool(service_url: str) -> Iterator[Pool]:
    """Connections to it."""
    with open_pool(service_url, name="test", max_size=8) as pool:
        yield pool


@pytest.fixture
def log_url(request: pytest.FixtureRequest) -> str:
    """URL of a fresh log: the embedded one, or what `logs.on_both_logs` asks for."""
    return str(request.getfixturevalue(getattr(request, "param", "event_log_url")))


@pytest.fixture
def log(log_url: str) -> Iterator[EventLog]:
    """The same, opened."""
    log = open_event_log(log_url)
    yield log
    log.close()
