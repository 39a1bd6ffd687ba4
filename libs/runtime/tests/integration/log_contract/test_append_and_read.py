"""Order, replay, bounds, waiting, many writers."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from runtime.errors import InvalidInput
from runtime.events import TOPICS, Bounds, EventLog, OffsetOutOfBounds, partition_of
from testkit.records import all_records

from ..logs import MANY, ONE, read_all, record
from .engines import OpenLog


def test_a_fresh_log_has_its_topics_and_nothing_in_them(log: EventLog) -> None:
    for topic, partitions in ((name, one.partitions) for name, one in TOPICS.items()):
        assert log.partitions(topic) == partitions
        assert list(log.ends(topic)) == [0] * partitions
        assert log.read(topic, partitions - 1, 0, max_records=10, wait_seconds=0) == []


def test_records_of_a_key_keep_their_order_in_one_partition(log: EventLog) -> None:
    keys = [f"task/{number % 20}" for number in range(400)]
    for start in range(0, 400, 33):
        end = min(start + 33, 400)
        log.append([record(keys[number], str(number).encode()) for number in range(start, end)])
    stored = all_records(log, MANY)
    assert len(stored) == 400
    for key in set(keys):
        mine = [int(each.value) for each in stored if each.key == key]
        assert mine == sorted(mine)
        assert {each.partition for each in stored if each.key == key} == {partition_of(key, 8)}


def test_offsets_count_from_zero_without_a_gap(log: EventLog) -> None:
    for _ in range(5):
        log.append([record("a", topic=ONE)] * 3)
    assert [each.offset for each in read_all(log, ONE, 0)] == list(range(15))


def test_reading_again_gives_the_same(open_log: OpenLog) -> None:
    open_log().append([record("a", bytes([number]), ONE, {"n": str(number)}) for number in range(50)])
    assert read_all(open_log(), ONE, 0, step=50) == read_all(open_log(), ONE, 0, step=3)


def test_a_partition_that_was_left_behind_is_read_to_its_end(log: EventLog) -> None:
    keys = [f"task/{number}" for number in range(97)]
    for _ in range(4):
        log.append([record(keys[number % 97], b"x" * 150) for number in range(10_000)])
    ends = log.ends(MANY)
    began = [log.read(MANY, partition, 0, max_records=500, wait_seconds=0)[-1].offset + 1 for partition in range(8)]
    for partition, offset in enumerate(began):
        while offset < ends[partition]:
            offset += len(log.read(MANY, partition, offset, max_records=500, wait_seconds=0))
        assert offset == ends[partition]


def test_bounds_tell_what_is_there(log: EventLog) -> None:
    assert log.bounds(ONE, 0) == Bounds(first=0, end=0)
    log.append([record("a", topic=ONE)] * 4)
    assert log.bounds(ONE, 0) == Bounds(first=0, end=4)
    assert list(log.ends(ONE)) == [4]


@pytest.mark.parametrize("offset", [5, 1000])
def test_reading_beyond_the_end_is_an_error(log: EventLog, offset: int) -> None:
    log.append([record("a", topic=ONE)] * 4)
    with pytest.raises(OffsetOutOfBounds, match=ONE):
        log.read(ONE, 0, offset, max_records=1, wait_seconds=0)


def test_a_waiting_reader_is_served_when_something_comes(open_log: OpenLog) -> None:
    reader, writer = open_log(), open_log()
    timer = threading.Timer(0.3, lambda: writer.append([record("a", topic=ONE)]))
    timer.start()
    began = time.monotonic()
    assert len(reader.read(ONE, 0, 0, max_records=10, wait_seconds=10)) == 1
    assert 0.2 < time.monotonic() - began < 5
    timer.join()


def test_a_waiting_reader_gives_up_after_its_time(log: EventLog) -> None:
    began = time.monotonic()
    assert log.read(ONE, 0, 0, max_records=10, wait_seconds=0.3) == []
    assert 0.25 < time.monotonic() - began < 3


def test_concurrent_appenders_leave_no_gap_and_no_double(open_log: OpenLog) -> None:
    logs = [open_log() for _ in range(4)]

    def append_many(writer: int) -> None:
        for number in range(25):
            # Each batch touches all partitions, in another order for every writer.
            keys = [f"task/{key}" for key in range(16)][:: 1 if writer % 2 else -1]
            logs[writer].append([record(key, f"{writer} {number}".encode()) for key in keys])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(append_many, range(4)))
    stored = [read_all(logs[0], MANY, partition, step=100) for partition in range(8)]
    for partition, records in enumerate(stored):
        assert [each.offset for each in records] == list(range(logs[0].bounds(MANY, partition).end))
    assert len({(each.key, each.value) for records in stored for each in records}) == 4 * 25 * 16
    assert sum(map(len, stored)) == 4 * 25 * 16


def test_a_reader_never_sees_a_gap_while_others_append(open_log: OpenLog) -> None:
    reader, writers = open_log(), [open_log(), open_log()]
    stop = threading.Event()

    def append_until_stop(log: EventLog) -> None:
        while not stop.is_set():
            log.append([record("a", topic=ONE)] * 5)

    with ThreadPoolExecutor(2) as pool:
        for writer in writers:
            pool.submit(append_until_stop, writer)
        seen: list[int] = []
        while len(seen) < 500:
            seen += [each.offset for each in reader.read(ONE, 0, len(seen), max_records=50, wait_seconds=1)]
        stop.set()
    assert seen == list(range(len(seen)))


def test_an_unknown_topic_is_refused_and_nothing_of_the_batch_is_kept(log: EventLog) -> None:
    with pytest.raises(InvalidInput, match=r"congvu\.wrk\.v1"):
        log.append([record("a", topic=ONE), record("a", topic="congvu.wrk.v1")])
    assert list(log.ends(ONE)) == [0]


def test_nothing_appended_changes_nothing(log: EventLog) -> None:
    log.append([])
    assert list(log.ends(MANY)) == [0] * 8
