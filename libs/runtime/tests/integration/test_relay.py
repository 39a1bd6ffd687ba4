"""The relay: what is committed with the state reaches the log, in order, whatever dies in between."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from embedded.servers import PostgresServer
from runtime.events import EventLog, Record, StoredRecord
from runtime.outbox import enqueue
from runtime.postgres import RUNTIME_MIGRATIONS, Pool, open_pool
from testkit.records import all_records
from testkit.waiting import wait_until

from .logs import on_both_logs
from .relaying import relaying, rows_left

pytestmark = on_both_logs

TOPIC = "congvu.work.v1"
CHILD = Path(__file__).parent / "relay_child.py"


@pytest.fixture
def service_url(make_database: Callable[[Sequence[Path]], str]) -> str:
    return make_database([RUNTIME_MIGRATIONS])


def records(keys: int, revisions: int) -> list[Record]:
    return [
        Record(topic=TOPIC, key=f"task/{key}", value=str(revision).encode(), headers={"ce_id": f"{key}/{revision}"})
        for revision in range(1, revisions + 1)
        for key in range(keys)
    ]


def put(pool: Pool, batch: Sequence[Record]) -> None:
    with pool.connection() as conn, conn.transaction():
        enqueue(conn, batch)


def stored(log: EventLog) -> list[StoredRecord]:
    return all_records(log, TOPIC)


def is_empty(pool: Pool) -> bool:
    return rows_left(pool) == 0


def revisions_of(found: Sequence[StoredRecord], key: str) -> list[int]:
    return [int(each.value) for each in found if each.key == key]


def run_child(service_url: str, log_url: str, **environment: str) -> int:
    urls = {"DATABASE_URL": service_url, "EVENT_LOG_URL": log_url}
    return subprocess.run(
        [sys.executable, CHILD], env=os.environ | urls | environment, check=False, timeout=60
    ).returncode


def test_what_is_rolled_back_is_never_published(pool: Pool, log: EventLog) -> None:
    with pool.connection() as conn, conn.transaction(force_rollback=True):
        enqueue(conn, records(1, 1))
    put(pool, records(2, 1))
    with relaying(pool, log, batch=10):
        wait_until(lambda: is_empty(pool))
    assert sorted(str(each.key) for each in stored(log)) == ["task/0", "task/1"]


def test_records_arrive_as_they_were_and_in_order(pool: Pool, log: EventLog) -> None:
    batch = records(5, 20)
    put(pool, batch)
    with relaying(pool, log, batch=10):
        wait_until(lambda: is_empty(pool))
    found = stored(log)
    assert {(each.key, each.value, each.headers["ce_id"]) for each in found} == {
        (each.key, each.value, each.headers["ce_id"]) for each in batch
    }
    for key in range(5):
        assert revisions_of(found, f"task/{key}") == list(range(1, 21))


def test_a_commit_is_published_without_waiting_for_the_poll(pool: Pool, log: EventLog) -> None:
    with relaying(pool, log, batch=10):
        time.sleep(0.5)
        put(pool, [Record(topic=TOPIC, key="task/0", value=b"1")])
        began = time.monotonic()
        wait_until(lambda: len(stored(log)) == 1)
        assert time.monotonic() - began < 1


@pytest.mark.parametrize("point", ["relay.after-read", "relay.after-append", "relay.after-delete"])
@pytest.mark.parametrize("passes", ["0", "3"])
def test_a_killed_relay_loses_and_reorders_nothing(
    pool: Pool, log: EventLog, service_url: str, log_url: str, point: str, passes: str
) -> None:
    put(pool, records(6, 8))
    assert run_child(service_url, log_url, CRASH_AT=point, CRASH_AFTER=passes) == -signal.SIGKILL
    assert not is_empty(pool)
    assert run_child(service_url, log_url) == 0
    found = stored(log)
    repeats = len(found) - 48
    assert repeats == (7 if point == "relay.after-append" else 0)
    for key in range(6):
        firsts = list(dict.fromkeys(revisions_of(found, f"task/{key}")))
        assert firsts == list(range(1, 9))


def test_a_second_relay_waits_and_takes_over(pool: Pool, service_url: str, log: EventLog) -> None:
    with open_pool(service_url, name="second") as second_pool, relaying(second_pool, log, batch=10):
        with relaying(pool, log, batch=10):
            put(pool, records(3, 30))
            wait_until(lambda: is_empty(pool))
        put(pool, records(3, 1))
        wait_until(lambda: is_empty(pool))
    assert len(stored(log)) == 93


def test_the_lock_does_not_stay_in_the_pool(pool: Pool, log: EventLog) -> None:
    with relaying(pool, log, batch=10):
        time.sleep(0.3)
    with pool.connection() as conn:
        assert conn.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (0,)


class _BrokenTwice:
    """A log whose first appends fail: one before anything is written, one after."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.appends = 0

    def append(self, batch: Sequence[Record]) -> None:
        self.appends += 1
        if self.appends == 1:
            raise ConnectionError("The log is away.")
        self._log.append(batch)
        if self.appends == 2:
            raise ConnectionError("The answer got lost.")

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)


def test_after_an_error_of_the_log_it_begins_again_at_the_oldest_row(pool: Pool, log: EventLog) -> None:
    broken: EventLog = _BrokenTwice(log)  # type: ignore[assignment]
    put(pool, records(4, 5))
    with relaying(pool, broken, batch=10):
        wait_until(lambda: is_empty(pool))
    for key in range(4):
        assert list(dict.fromkeys(revisions_of(stored(log), f"task/{key}"))) == [1, 2, 3, 4, 5]


def test_it_goes_on_when_the_database_was_away(postgres_server: PostgresServer, pool: Pool, log: EventLog) -> None:
    with relaying(pool, log, batch=10):
        put(pool, records(2, 2))
        wait_until(lambda: is_empty(pool))
        postgres_server.kill()
        time.sleep(1)
        postgres_server.start()
        put(pool, [Record(topic=TOPIC, key="task/0", value=b"3"), Record(topic=TOPIC, key="task/1", value=b"3")])
        wait_until(lambda: is_empty(pool), seconds=30)
    assert revisions_of(stored(log), "task/0") == [1, 2, 3]


def test_enqueueing_nothing_changes_nothing(pool: Pool, log: EventLog) -> None:
    put(pool, [])
    assert is_empty(pool)
    with relaying(pool, log, batch=10):
        time.sleep(0.3)
    assert stored(log) == []
