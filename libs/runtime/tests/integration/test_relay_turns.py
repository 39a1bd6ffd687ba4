"""Whose turn it is to publish, and what a turn takes: a frozen relay, a slow log, a late commit, a large outbox."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from runtime.events import LARGEST_VALUE, EventLog, LogUnavailable, Record
from runtime.outbox import Relay, enqueue
from runtime.postgres import RUNTIME_MIGRATIONS, Pool
from testkit.records import all_records
from testkit.waiting import wait_until

from .logs import MANY, record

CHILD = Path(__file__).parent / "relay_child.py"


@pytest.fixture
def service_url(make_database: Callable[[Sequence[Path]], str]) -> str:
    return make_database([RUNTIME_MIGRATIONS])


@contextmanager
def relaying(pool: Pool, log: EventLog, **options: Any) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=Relay(pool=pool, log=log, **options).run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


@contextmanager
def staying_child(service_url: str, log_url: str, silence_seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    values = {"DATABASE_URL": service_url, "EVENT_LOG_URL": log_url, "SILENCE_SECONDS": str(silence_seconds)}
    with subprocess.Popen([sys.executable, CHILD, "stay"], env=os.environ | values) as process:
        try:
            yield process
        finally:
            process.kill()


def put(pool: Pool, *batch: Record) -> None:
    with pool.connection() as conn, conn.transaction():
        enqueue(conn, batch)


def is_empty(pool: Pool) -> bool:
    with pool.connection() as conn:
        return conn.execute("SELECT count(*) FROM outbox").fetchone() == (0,)


def values(log: EventLog) -> list[bytes]:
    return [each.value for each in all_records(log, MANY)]


class _Slow:
    """A log that holds an append back, and notes how many records each one has."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.go_on = threading.Event()
        self.sizes: list[int] = []
        self.error: Exception | None = None

    def append(self, records: Sequence[Record]) -> None:
        self.sizes.append(len(records))
        self.go_on.wait(20)
        if self.error is not None:
            raise self.error
        self._log.append(records)

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)


def slowed(log: EventLog) -> tuple[EventLog, _Slow]:
    slow = _Slow(log)
    as_log: EventLog = slow  # type: ignore[assignment]
    return as_log, slow


def test_a_frozen_relay_loses_its_turn_and_wakes_without_it(
    pool: Pool, log: EventLog, service_url: str, log_url: str
) -> None:
    with staying_child(service_url, log_url, silence_seconds=2) as first:
        put(pool, record("task/0", b"1"))
        wait_until(lambda: is_empty(pool))
        first.send_signal(signal.SIGSTOP)
        with relaying(pool, log):
            put(pool, record("task/0", b"2"))
            wait_until(lambda: is_empty(pool))
            first.send_signal(signal.SIGCONT)
            put(pool, record("task/0", b"3"))
            wait_until(lambda: is_empty(pool))
        put(pool, record("task/0", b"4"))
        wait_until(lambda: is_empty(pool))
    assert values(log) == [b"1", b"2", b"3", b"4"]


def test_a_relay_that_waits_for_the_log_keeps_its_turn(pool: Pool, log: EventLog) -> None:
    as_log, slow = slowed(log)
    put(pool, record("task/0", b"1"))
    with relaying(pool, as_log, silence_seconds=0.6):
        wait_until(lambda: slow.sizes == [1])
        with relaying(pool, log):
            time.sleep(2)
            assert values(log) == []
            slow.go_on.set()
            wait_until(lambda: is_empty(pool))
    assert values(log) == [b"1"]
    assert slow.sizes == [1]


def test_a_row_that_is_committed_late_is_neither_deleted_unread_nor_forgotten(pool: Pool, log: EventLog) -> None:
    """Its id is lower than those of rows that were published before it could be seen."""
    as_log, slow = slowed(log)
    with pool.connection() as late, relaying(pool, as_log, batch=2):
        with late.transaction():
            enqueue(late, [record("task/9", b"late")])
            put(pool, *(record("task/0", b"%d" % number) for number in range(3)))
            wait_until(lambda: slow.sizes == [2])
        slow.go_on.set()
        wait_until(lambda: is_empty(pool))
    assert sorted(values(log)) == [b"0", b"1", b"2", b"late"]


def test_what_is_read_ahead_is_published_once_and_in_order(pool: Pool, log: EventLog) -> None:
    put(pool, *(record("task/0", b"%d" % number) for number in range(1000)))
    with relaying(pool, log, batch=30):
        put(pool, *(record("task/0", b"%d" % number) for number in range(1000, 1100)))
        wait_until(lambda: is_empty(pool))
    assert values(log) == [b"%d" % number for number in range(1100)]


def test_large_records_are_read_a_few_at_a_time(pool: Pool, log: EventLog) -> None:
    as_log, slow = slowed(log)
    slow.go_on.set()
    for number in range(4):
        put(pool, *(record(f"task/{number}", bytes(LARGEST_VALUE)) for _ in range(10)))
    with relaying(pool, as_log):
        wait_until(lambda: is_empty(pool))
    assert slow.sizes == [16, 16, 8]


def test_a_log_that_is_away_is_told_once_and_once_when_it_is_back(
    pool: Pool, log: EventLog, caplog: pytest.LogCaptureFixture
) -> None:
    as_log, slow = slowed(log)
    slow.error = LogUnavailable("The event log does not answer.")
    slow.go_on.set()
    put(pool, record("task/0", b"1"))
    with caplog.at_level(logging.WARNING), relaying(pool, as_log):
        wait_until(lambda: len(slow.sizes) >= 3)
        slow.error = None
        wait_until(lambda: len(caplog.records) == 2)
    first, last = (each.getMessage() for each in caplog.records)
    assert first == "The relay waits for its database or log: The event log does not answer."
    assert last.startswith("The relay goes on after ")
    assert values(log) == [b"1"]
