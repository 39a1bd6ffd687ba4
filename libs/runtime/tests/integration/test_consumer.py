"""The consumer: each record is applied once and in order, whoever dies, freezes or contends."""

import signal
import threading
import time
from collections.abc import Sequence
from typing import Any

import psutil
import pytest

from embedded.servers import PostgresServer
from runtime.events import EventLog, OffsetOutOfBounds, StoredRecord
from runtime.events.consumer import Consumer
from runtime.postgres import Pool
from testkit.waiting import wait_until

from .consuming import TOPIC, Handler, all_applied, append, applied, child, consuming, expected, query
from .logs import on_both_logs

pytestmark = on_both_logs


def test_everything_is_applied_once_and_in_order(pool: Pool, log: EventLog) -> None:
    append(log, 300)
    with consuming(pool, log, Handler()):
        wait_until(all_applied(pool, log))
        append(log, 100)
        wait_until(all_applied(pool, log))
    assert applied(pool) == expected(log)


def test_batches_are_bounded_and_partitions_take_turns(pool: Pool, log: EventLog) -> None:
    append(log, 400)
    handler = Handler()
    with consuming(pool, log, handler, batch=10):
        wait_until(all_applied(pool, log))
    assert max(size for _, size in handler.sizes) == 10
    first_visits = [partition for partition, _ in handler.sizes][: len(expected(log))]
    assert sorted(first_visits) == sorted(expected(log))


def test_a_stopped_consumer_goes_on_where_it_was(pool: Pool, log: EventLog) -> None:
    append(log, 50)
    with consuming(pool, log, Handler()):
        wait_until(all_applied(pool, log))
    append(log, 50)
    began = time.monotonic()
    with consuming(pool, log, Handler()):
        wait_until(all_applied(pool, log))
    assert applied(pool) == expected(log)
    assert time.monotonic() - began < 5, "The leases were not given back at the end."


def test_each_owned_partition_ticks_and_moves_its_watermark(pool: Pool, log: EventLog) -> None:
    with consuming(pool, log, Handler()):
        wait_until(lambda: query(pool, "SELECT count(*) FROM ticks") >= 24)
    assert query(pool, "SELECT count(DISTINCT partition) FROM ticks") == 8
    shortest = """
        SELECT min(next - at) > '0.9 s'
        FROM (SELECT at, lead(at) OVER (PARTITION BY partition ORDER BY at) AS next FROM ticks) AS t
    """
    assert query(pool, shortest) is True
    behind = """
        SELECT count(*) FROM event_positions JOIN (SELECT partition, max(at) AS at FROM ticks GROUP BY 1) AS last
        USING (partition) WHERE watermark <> at
    """
    assert query(pool, behind) == 0


def test_two_consumers_share_the_work_without_a_double(pool: Pool, log: EventLog) -> None:
    with consuming(pool, log, Handler("a"), lease_seconds=1), consuming(pool, log, Handler("b"), lease_seconds=1):
        for start in range(0, 1000, 50):
            append(log, 50, start)
            time.sleep(0.05)
        wait_until(all_applied(pool, log))
    assert applied(pool) == expected(log)


def test_the_leases_of_a_dead_owner_are_taken_when_they_run_out(
    pool: Pool, log: EventLog, service_url: str, log_url: str
) -> None:
    append(log, 40)
    with child("dead", service_url, log_url, CRASH_AT="consumer.after-commit", CRASH_AFTER="3") as process:
        assert process.wait(20) == -signal.SIGKILL
    began = time.monotonic()
    with consuming(pool, log, Handler()):
        wait_until(all_applied(pool, log))
    assert time.monotonic() - began < 8
    assert applied(pool) == expected(log)
    assert query(pool, "SELECT count(DISTINCT consumer) FROM applied") == 2


@pytest.mark.parametrize(
    "point", ["consumer.before-handle", "consumer.after-handle", "consumer.after-commit", "consumer.after-tick"]
)
def test_a_killed_consumer_leaves_nothing_half_done(
    pool: Pool, log: EventLog, service_url: str, log_url: str, point: str
) -> None:
    append(log, 200)
    with child("killed", service_url, log_url, CRASH_AT=point, CRASH_AFTER="4") as process:
        assert process.wait(20) == -signal.SIGKILL
    with child("next", service_url, log_url):
        wait_until(all_applied(pool, log))
    assert applied(pool) == expected(log)


def test_a_frozen_consumer_wakes_as_a_zombie_and_applies_nothing(
    pool: Pool, log: EventLog, service_url: str, log_url: str
) -> None:
    """Whoever works is frozen under load, wherever it is; the other takes over, and what the sleeper cached is gone."""
    last = "SELECT consumer FROM applied ORDER BY id DESC LIMIT 1"
    with child("a", service_url, log_url) as a, child("b", service_url, log_url) as b:
        append(log, 100)
        for _ in range(3):
            wait_until(all_applied(pool, log))
            append(log, 200)
            name = query(pool, last)
            frozen = {"a": a, "b": b}[name]
            frozen.send_signal(signal.SIGSTOP)
            append(log, 100)
            wait_until(all_applied(pool, log))
            assert query(pool, last) != name
            append(log, 100)
            frozen.send_signal(signal.SIGCONT)
        wait_until(all_applied(pool, log))
    assert applied(pool) == expected(log)
    assert query(pool, 'SELECT count(*) FROM applied WHERE place <> "offset" + 1') == 0


class _Stalling:
    """A log whose reader freezes after it has read, until it is let go."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.has_read = threading.Event()
        self.go_on = threading.Event()

    def read(self, *args: Any, **options: Any) -> list[StoredRecord]:
        records = self._log.read(*args, **options)
        self.has_read.set()
        self.go_on.wait(20)
        return records

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)


def test_who_lost_the_lease_between_reading_and_applying_fails_at_the_row(pool: Pool, log: EventLog) -> None:
    append(log, 100)
    stalling = _Stalling(log)
    slow_log: EventLog = stalling  # type: ignore[assignment]
    zombie, other = Handler("zombie"), Handler("other")
    with consuming(pool, slow_log, zombie, lease_seconds=0.5):
        assert stalling.has_read.wait(10)
        with consuming(pool, log, other, lease_seconds=2):
            wait_until(all_applied(pool, log))
            stalling.go_on.set()
            wait_until(lambda: zombie.forgotten != [])
    assert applied(pool) == expected(log)
    assert zombie.sizes == []


def test_a_long_batch_keeps_its_lease_while_it_holds_the_row(pool: Pool, log: EventLog) -> None:
    append(log, 20)
    slow = Handler("slow", before=lambda records: time.sleep(0.8))
    with consuming(pool, log, slow, lease_seconds=0.3), consuming(pool, log, Handler("b"), lease_seconds=0.3):
        wait_until(all_applied(pool, log))
    assert applied(pool) == expected(log)


def test_a_handler_that_raises_is_rolled_back_and_tried_again_and_the_others_go_on(pool: Pool, log: EventLog) -> None:
    append(log, 100)
    bad = next(iter(expected(log)))
    failures: list[int] = []

    def fail_three_times(records: Sequence[StoredRecord]) -> None:
        if records[0].partition == bad and len(failures) < 3:
            failures.append(len(records))
            raise ValueError("A mistake in the handler.")

    handler = Handler(before=fail_three_times)
    with consuming(pool, log, handler):
        wait_until(all_applied(pool, log))
    assert applied(pool) == expected(log)
    assert len(failures) == 3
    assert handler.forgotten[:3] == [bad] * 3
    assert handler.sizes[-1][0] == bad, "The other partitions waited for the one that failed."


def test_it_goes_on_when_database_and_log_were_away(postgres_server: PostgresServer, pool: Pool, log: EventLog) -> None:
    append(log, 50)
    with consuming(pool, log, Handler(), lease_seconds=1):
        wait_until(all_applied(pool, log))
        postgres_server.kill()
        time.sleep(1)
        postgres_server.start()
        append(log, 50)
        wait_until(all_applied(pool, log), seconds=30)
    assert applied(pool) == expected(log)


def test_a_position_that_the_log_does_not_hold_stops_the_service_with_what_to_do(pool: Pool, log: EventLog) -> None:
    append(log, 10)
    with pool.connection() as conn:
        conn.execute("INSERT INTO event_positions (topic, partition, next_offset) VALUES (%s, 3, 1000)", [TOPIC])
    consumer = Consumer(log=log, pool=pool, topic=TOPIC, owner="test", handler=Handler())
    with pytest.raises(OffsetOutOfBounds, match=r"offset 1000 of partition 3 .* empty the service's database"):
        consumer.run(threading.Event())


def test_an_idle_consumer_of_eight_partitions_costs_little(
    pool: Pool, log: EventLog, service_url: str, log_url: str
) -> None:
    with child("idle", service_url, log_url) as process:
        wait_until(lambda: query(pool, "SELECT count(*) FROM ticks") >= 16)
        before = psutil.Process(process.pid).cpu_times()
        time.sleep(3)
        after = psutil.Process(process.pid).cpu_times()
    used = (after.user + after.system - before.user - before.system) / 3
    assert used < 0.06, f"It used {used:.3f} of a core."
