"""The log goes away and comes back: nothing acknowledged is lost, nothing is put in twice or out of order."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from runtime.events import EventLog, Record, StoredRecord
from runtime.outages import OUTAGES
from runtime.outbox import enqueue
from runtime.postgres import Pool
from testkit.records import all_records
from testkit.waiting import wait_until

from ..consuming import Handler, all_applied, append, applied, consuming, expected
from ..logs import MANY, ONE, read_all, record
from ..relaying import PATIENCE, relaying, rows_left
from .engines import Engine, frozen, gone

outages = pytest.mark.parametrize("seconds", [2, pytest.param(30, marks=pytest.mark.long)])
# Longer than the drivers wait for one answer, shorter than what they do not give up before.
NAP_SECONDS = 10
# Longer than any driver waits.
SLEEP_SECONDS = 30


@pytest.fixture
def log_url(engine: Engine) -> str:
    """On a server that these tests may kill."""
    return engine.url


def append_at_last(log: EventLog, batch: Sequence[Record]) -> int:
    """As the relay does: the same again until the log has taken it; how often it had to be tried."""
    deadline = time.monotonic() + PATIENCE
    tries = 1
    while True:
        try:
            log.append(batch)
        except OUTAGES:
            assert time.monotonic() < deadline
            tries += 1
            time.sleep(0.2)
        else:
            return tries


def read_at_last(log: EventLog, offset: int) -> list[StoredRecord]:
    """The next records, however often it takes."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if found := log.read(ONE, 0, offset, max_records=10, wait_seconds=0.5):
                return found
        except OUTAGES:
            time.sleep(0.2)
    raise AssertionError(f"Nothing was read from {offset} on.")


def numbered(start: int, count: int, topic: str = ONE) -> list[Record]:
    return [record(f"task/{number % 10}", str(number).encode(), topic) for number in range(start, start + count)]


def numbers(found: Sequence[StoredRecord]) -> list[int]:
    return [int(each.value) for each in found]


def firsts(found: Sequence[StoredRecord], key: str | None) -> list[int]:
    """The key's numbers, repeats left out."""
    return list(dict.fromkeys(int(each.value) for each in found if each.key == key))


@outages
def test_who_appends_goes_on_with_the_same_log(engine: Engine, log: EventLog, seconds: float) -> None:
    tries: list[int] = []
    stop = threading.Event()

    def append_until_stop() -> None:
        while not stop.is_set():
            tries.append(append_at_last(log, numbered(5 * len(tries), 5)))

    with ThreadPoolExecutor(1) as pool:
        appending = pool.submit(append_until_stop)
        wait_until(lambda: len(tries) > 20 or appending.done())
        with gone(engine.server):
            time.sleep(seconds)
        before = len(tries)
        wait_until(lambda: len(tries) > before + 20 or appending.done(), PATIENCE)
        stop.set()
        appending.result()
    found = read_all(log, ONE, 0)
    assert list(dict.fromkeys(numbers(found))) == list(range(5 * len(tries)))
    # A repeat is a whole batch that was tried again, nothing else.
    assert len(found) <= 5 * sum(tries)


@outages
def test_who_reads_goes_on_where_it_was(engine: Engine, log: EventLog, seconds: float) -> None:
    log.append(numbered(0, 100))
    found: list[StoredRecord] = []
    while len(found) < 50:
        found += log.read(ONE, 0, len(found), max_records=10, wait_seconds=1)
    with gone(engine.server):
        time.sleep(seconds)
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(log.ends, MANY)
            found += until_it_is_away(log, len(found))
            assert isinstance(asked.exception(PATIENCE), OUTAGES)
    append_at_last(log, numbered(100, 20))
    while len(found) < 120:
        found += read_at_last(log, len(found))
    assert numbers(found) == list(range(120))
    assert [each.offset for each in found] == list(range(120))


def until_it_is_away(log: EventLog, offset: int) -> list[StoredRecord]:
    """What was fetched before may still come; then the log says that it does not answer, within seconds."""
    found: list[StoredRecord] = []
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            found += log.read(ONE, 0, offset + len(found), max_records=10, wait_seconds=0)
        except OUTAGES:
            return found
    raise AssertionError("The log does not say that it is away.")


@outages
def test_a_consumer_applies_everything_once_all_the_same(
    engine: Engine, log: EventLog, pool: Pool, seconds: float
) -> None:
    append(log, 200)
    with consuming(pool, log, Handler(), lease_seconds=1, batch=10):
        wait_until(lambda: applied(pool) != {})
        with gone(engine.server):
            time.sleep(seconds)
        append_at_last(log, [record(f"task/{number % 40}") for number in range(100)])
        wait_until(all_applied(pool, log), PATIENCE)
    assert applied(pool) == expected(log)
    assert sum(map(len, applied(pool).values())) >= 300


@outages
def test_a_relay_publishes_everything_in_order_all_the_same(
    engine: Engine, log: EventLog, pool: Pool, seconds: float
) -> None:
    with pool.connection() as conn:
        enqueue(conn, numbered(0, 2000, MANY))
    with relaying(pool, log, batch=20):
        wait_until(lambda: rows_left(pool) < 1900)
        with gone(engine.server):
            time.sleep(seconds)
        with pool.connection() as conn:
            enqueue(conn, numbered(2000, 100, MANY))
        wait_until(lambda: rows_left(pool) == 0, PATIENCE)
    assert_all_in_order(log, 2100)


def assert_all_in_order(log: EventLog, count: int, repeats: int = 20) -> None:
    """Each number once, but for the rows of one batch whose answer got lost."""
    found = all_records(log, MANY)
    assert count <= len(found) <= count + repeats
    for key in {each.key for each in found}:
        assert firsts(found, key) == sorted(firsts(found, key))
    assert {int(each.value) for each in found} == set(range(count))


def test_an_append_that_waits_for_a_frozen_log_is_in_it_once(engine: Engine, log: EventLog) -> None:
    """The answers come too late for the driver, which asks again: the log knows that it has seen the records."""
    log.append(numbered(0, 50, MANY))
    with ThreadPoolExecutor(1) as pool:
        with frozen(engine.server):
            appending = pool.submit(log.append, numbered(50, 500, MANY))
            time.sleep(NAP_SECONDS)
            assert not appending.done()
        appending.result(PATIENCE)
    log.append(numbered(550, 50, MANY))
    found = all_records(log, MANY)
    assert sorted(numbers(found)) == list(range(600))
    assert_all_in_order(log, 600, repeats=0)


@pytest.mark.long
def test_a_log_that_sleeps_longer_than_anyone_waits_has_everything_in_order(
    engine: Engine, log: EventLog, pool: Pool
) -> None:
    """What the sleeper still takes from before is a repeat behind, never a record ahead."""
    with pool.connection() as conn:
        enqueue(conn, numbered(0, 2000, MANY))
    with relaying(pool, log, batch=20):
        wait_until(lambda: rows_left(pool) < 1900)
        with frozen(engine.server):
            time.sleep(SLEEP_SECONDS)
        wait_until(lambda: rows_left(pool) == 0, PATIENCE)
    assert_all_in_order(log, 2000, repeats=40)
