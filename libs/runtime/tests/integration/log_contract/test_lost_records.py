"""Records are gone that a reader has not read: it stops and says so, and leaves nothing out in silence."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from runtime.events import Bounds, EventLog, OffsetOutOfBounds, StoredRecord
from runtime.events.consumer import Consumer
from runtime.postgres import Pool
from testkit.waiting import wait_until

from ..consuming import TOPIC, Handler, all_applied, append, applied, expected
from ..logs import MANY, ONE, record
from .engines import Engine


@pytest.fixture
def log_url(engine: Engine) -> str:
    """On an engine whose records these tests may remove."""
    return engine.url


@contextmanager
def watching(consumer: Consumer) -> Iterator[Callable[[], OffsetOutOfBounds]]:
    """Runs it in a thread; gives a function that waits for its end and returns with what it ended."""
    ends: list[OffsetOutOfBounds] = []
    stop = threading.Event()

    def run() -> None:
        try:
            consumer.run(stop)
        except OffsetOutOfBounds as error:
            ends.append(error)

    def end() -> OffsetOutOfBounds:
        thread.join(30)
        assert ends, "The consumer has not stopped."
        return ends[0]

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield end
    finally:
        stop.set()
        thread.join(20)


def test_reading_what_is_removed_is_an_error_that_tells_the_bounds(engine: Engine, log: EventLog) -> None:
    log.append([record("a", bytes([number]), ONE) for number in range(50)])
    assert len(log.read(ONE, 0, 0, max_records=10, wait_seconds=0)) == 10
    engine.remove_before(ONE, 0, 20)
    wait_until(lambda: log.bounds(ONE, 0) == Bounds(first=20, end=50))
    with pytest.raises(OffsetOutOfBounds, match=r"congvu\.organization\.v1 holds offsets 20 up to 50, not 5\."):
        log.read(ONE, 0, 5, max_records=10, wait_seconds=0)
    assert [each.offset for each in log.read(ONE, 0, 20, max_records=3, wait_seconds=0)] == [20, 21, 22]


def test_what_is_left_of_a_partition_that_lost_all_is_its_end(engine: Engine, log: EventLog) -> None:
    log.append([record("a", topic=ONE)] * 10)
    engine.remove_before(ONE, 0, 10)
    wait_until(lambda: log.bounds(ONE, 0) == Bounds(first=10, end=10))
    assert log.read(ONE, 0, 10, max_records=10, wait_seconds=0) == []
    log.append([record("a", topic=ONE)])
    assert [each.offset for each in log.read(ONE, 0, 10, max_records=10, wait_seconds=5)] == [10]
    with pytest.raises(OffsetOutOfBounds):
        log.read(ONE, 0, 0, max_records=10, wait_seconds=0)


def test_a_consumer_that_missed_records_stops_with_what_to_do(engine: Engine, log: EventLog, pool: Pool) -> None:
    append(log, 100)
    partition = next(iter(expected(log)))
    engine.remove_before(MANY, partition, 5)
    wait_until(lambda: log.bounds(MANY, partition).first == 5)
    consumer = Consumer(log=log, pool=pool, topic=TOPIC, owner="test", handler=Handler())
    told = rf"stands at offset 0 of partition {partition} of {TOPIC}, and the log holds 5 up to \d+\. .*`migrate`"
    with pytest.raises(OffsetOutOfBounds, match=told):
        consumer.run(threading.Event())
    assert partition not in applied(pool)


def test_a_consumer_that_is_overtaken_by_retention_stops_before_the_gap(
    engine: Engine, log: EventLog, pool: Pool
) -> None:
    # More than any engine sends in advance.
    log.append([record("task/1", b"x" * 500_000)] * 60)
    (partition,) = expected(log)
    go_on = threading.Event()

    def pause(records: Sequence[StoredRecord]) -> None:
        if records[0].offset > 0:
            assert go_on.wait(20)

    handler = Handler(before=pause)
    with watching(Consumer(log=log, pool=pool, topic=TOPIC, owner="test", handler=handler, batch=1)) as end:
        wait_until(lambda: partition in applied(pool))
        engine.remove_before(MANY, partition, 59)
        wait_until(lambda: log.bounds(MANY, partition).first == 59)
        go_on.set()
        assert "and the log holds 59 up to 60" in str(end())
    found = applied(pool)[partition]
    assert found == list(range(len(found)))
    assert len(found) < 59


def test_a_log_that_was_replaced_by_an_empty_one_stops_the_consumer(engine: Engine, log: EventLog, pool: Pool) -> None:
    append(log, 50)
    with watching(Consumer(log=log, pool=pool, topic=TOPIC, owner="test", handler=Handler())) as end:
        wait_until(all_applied(pool, log))
        engine.replace()
        assert "the log holds 0 up to 0" in str(end())
