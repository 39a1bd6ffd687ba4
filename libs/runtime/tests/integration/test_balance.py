"""Consumers share a topic's partitions fairly, whoever comes, leaves, dies, freezes or fails."""

import itertools
import logging
import random
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from runtime.events import EventLog, LogUnavailable, StoredRecord
from runtime.events.positions import Claim, LeaseLost, claim, move, release
from runtime.postgres import Pool
from testkit.waiting import wait_until

from .consuming import TOPIC, Handler, all_applied, append, applied, child, consuming, expected, query

# Long enough for shares to move before a lease runs out, however slow the machine.
LEASE = 6.0


def look(pool: Pool, owner: str, lease_seconds: float = 60, resting: Sequence[int] = ()) -> Claim:
    """One claim of an owner who has no batch in progress."""
    with pool.connection() as conn, conn.transaction():
        return claim(conn, topic=TOPIC, partitions=8, owner=owner, lease_seconds=lease_seconds, resting=resting)


def owned(pool: Pool) -> dict[str, list[int]]:
    """Partitions by owner, "" = nobody's; without what makes the owner's name unique."""
    found: dict[str, list[int]] = {}
    with pool.connection() as conn:
        rows = "SELECT coalesce(owner, ''), partition FROM event_positions WHERE topic = %s ORDER BY partition"
        for owner, partition in conn.execute(rows, [TOPIC]):
            found.setdefault(owner.partition("/")[0], []).append(partition)
    return found


def shares(pool: Pool) -> dict[str, int]:
    return {owner: len(partitions) for owner, partitions in owned(pool).items()}


def share(pool: Pool, expected_shares: dict[str, int]) -> Callable[[], bool]:
    return lambda: shares(pool) == expected_shares


@pytest.mark.parametrize("order", list(itertools.permutations("abc")))
def test_eight_partitions_settle_among_three_and_stay(pool: Pool, order: Sequence[str]) -> None:
    for owner in "abc":
        look(pool, owner)
    for _ in range(2):
        for owner in order:
            look(pool, owner)
    settled = owned(pool)
    assert {owner: len(partitions) for owner, partitions in settled.items()} == {"a": 3, "b": 3, "c": 2}
    for owner in order:
        found = look(pool, owner)
        assert found.is_settled
        assert list(found.kept) == settled[owner]
    assert owned(pool) == settled


def test_who_comes_last_moves_no_more_than_its_own_share(pool: Pool) -> None:
    for owner in "abab":
        look(pool, owner)
    before = owned(pool)
    for owner in "cabc":
        look(pool, owner)
    after = owned(pool)
    assert {owner: len(partitions) for owner, partitions in after.items()} == {"a": 3, "b": 3, "c": 2}
    assert set(after["a"]) < set(before["a"])
    assert set(after["b"]) < set(before["b"])


def test_more_consumers_than_partitions_leave_the_last_ones_waiting(pool: Pool) -> None:
    owners = "abcdefghij"
    for _ in range(3):
        for owner in owners:
            look(pool, owner)
    assert shares(pool) == dict.fromkeys("abcdefgh", 1)
    assert all(look(pool, owner).is_settled for owner in owners)


def test_who_is_not_seen_any_more_has_no_share(pool: Pool) -> None:
    look(pool, "a", lease_seconds=0.5)
    look(pool, "b")
    assert not look(pool, "b").taken
    time.sleep(0.6)
    assert sorted(look(pool, "b").taken) == list(range(8))
    assert (look(pool, "a").share, look(pool, "b").share) == (4, 4), "It comes back as the last one."


def test_who_ends_in_order_is_gone_at_once(pool: Pool) -> None:
    for owner in "abab":
        look(pool, owner)
    with pool.connection() as conn, conn.transaction():
        release(conn, topic=TOPIC, owner="a")
    look(pool, "b")
    assert shares(pool) == {"b": 8}


def test_a_freed_partition_that_rests_is_left_to_others(pool: Pool) -> None:
    look(pool, "a")
    with pool.connection() as conn:
        conn.execute("UPDATE event_positions SET owner = NULL")
    assert sorted(look(pool, "a", resting=[5]).taken) == [0, 1, 2, 3, 4, 6, 7]
    assert sorted(look(pool, "a").taken) == [5]


def test_what_is_moved_must_stand_where_it_is_expected(pool: Pool) -> None:
    look(pool, "a")
    values: dict[str, Any] = {"topic": TOPIC, "partition": 2, "lease_seconds": 60}
    with pool.connection() as conn:
        move(conn, owner="a", expected=0, next_offset=7, **values)
        with pytest.raises(LeaseLost, match=r"Partition 2 of congvu.work.v1 is not ours at offset 0 any more"):
            move(conn, owner="a", expected=0, next_offset=9, **values)
        with pytest.raises(LeaseLost):
            move(conn, owner="b", expected=7, next_offset=9, **values)
    assert look(pool, "a").kept[2] == 7


def test_a_newcomer_has_its_share_long_before_a_lease_runs_out(pool: Pool, log: EventLog) -> None:
    with consuming(pool, log, Handler("a"), lease_seconds=LEASE):
        wait_until(share(pool, {"a": 8}))
        time.sleep(0.5)
        began = time.monotonic()
        with consuming(pool, log, Handler("b"), lease_seconds=LEASE):
            wait_until(share(pool, {"a": 4, "b": 4}))
            assert time.monotonic() - began < LEASE / 3 + 1.5
            with consuming(pool, log, Handler("c"), lease_seconds=LEASE):
                wait_until(share(pool, {"a": 3, "b": 3, "c": 2}))
                settled = owned(pool)
                time.sleep(LEASE / 3 + 0.5)
                assert owned(pool) == settled
        began = time.monotonic()
        wait_until(share(pool, {"a": 8}))
        assert time.monotonic() - began < LEASE / 3 + 1.5


def test_nothing_is_applied_twice_while_consumers_come_and_go(pool: Pool, log: EventLog, seed: int) -> None:
    rng = random.Random(seed)
    stop = threading.Event()

    def load() -> None:
        for start in itertools.count(0, 20):
            if stop.wait(0.02):
                return
            append(log, 20, start)

    loading = threading.Thread(target=load)
    loading.start()
    with consuming(pool, log, Handler("a"), lease_seconds=1, batch=7):
        for number in range(6):
            with ExitStack() as stack:
                for name in range(rng.randint(1, 3)):
                    handler = Handler(f"{number}-{name}")
                    stack.enter_context(consuming(pool, log, handler, lease_seconds=1, batch=7))
                time.sleep(rng.uniform(0.2, 1.2))
        stop.set()
        loading.join()
        wait_until(all_applied(pool, log))
    assert applied(pool) == expected(log)
    assert query(pool, "SELECT count(DISTINCT consumer) FROM applied") > 3


def test_the_share_of_a_dead_one_is_taken_over_when_it_has_run_out(
    pool: Pool, log: EventLog, service_url: str, log_url: str
) -> None:
    with consuming(pool, log, Handler("a"), lease_seconds=1.5):
        with child("dying", service_url, log_url) as process:
            wait_until(share(pool, {"a": 4, "child": 4}))
            append(log, 100)
            process.kill()
            process.wait()
            began = time.monotonic()
        wait_until(share(pool, {"a": 8}))
        assert time.monotonic() - began < 1.5 * 4 / 3 + 1.5
        wait_until(all_applied(pool, log))
    assert applied(pool) == expected(log)


def test_a_frozen_one_wakes_without_partitions_forgets_and_gets_its_share_again(
    pool: Pool, log: EventLog, service_url: str, log_url: str
) -> None:
    with child("frozen", service_url, log_url) as process, consuming(pool, log, Handler("a"), lease_seconds=1.5):
        wait_until(share(pool, {"a": 4, "child": 4}))
        append(log, 200)
        wait_until(all_applied(pool, log))
        process.send_signal(signal.SIGSTOP)
        append(log, 200)
        wait_until(share(pool, {"a": 8}))
        wait_until(all_applied(pool, log))
        process.send_signal(signal.SIGCONT)
        wait_until(share(pool, {"a": 4, "child": 4}))
        append(log, 200)
        wait_until(all_applied(pool, log))
    assert applied(pool) == expected(log)
    assert query(pool, 'SELECT count(*) FROM applied WHERE place <> "offset" + 1') == 0, "It counts what it has cached."


def test_a_state_that_was_replaced_under_a_consumer_is_forgotten(pool: Pool, log: EventLog) -> None:
    """Also when the owner takes the partition again and finds it where it was."""
    append(log, 100)
    handler = Handler("a")
    with consuming(pool, log, handler, lease_seconds=1):
        wait_until(all_applied(pool, log))
        for _ in range(10):
            handler.forgotten.clear()
            with pool.connection() as conn:
                conn.execute("UPDATE event_positions SET owner = NULL, lease_until = NULL WHERE topic = %s", [TOPIC])
            wait_until(share(pool, {"a": 8}))
            wait_until(lambda: set(handler.forgotten) == set(range(8)))
        append(log, 50)
        wait_until(all_applied(pool, log))
    assert applied(pool) == expected(log)


def test_a_partition_that_fails_stays_with_its_owner_and_the_others_are_shared(pool: Pool, log: EventLog) -> None:
    append(log, 100)
    bad = max(expected(log))
    failures: list[str] = []

    def fail(name: str) -> Callable[[Sequence[StoredRecord]], None]:
        def before(records: Sequence[StoredRecord]) -> None:
            if records[0].partition == bad and len(failures) < 5:
                failures.append(name)
                raise ValueError("A mistake in the handler.")

        return before

    with consuming(pool, log, Handler("a", fail("a")), lease_seconds=LEASE):
        wait_until(lambda: failures != [])
        with consuming(pool, log, Handler("b", fail("b")), lease_seconds=LEASE):
            wait_until(share(pool, {"a": 4, "b": 4}))
            wait_until(all_applied(pool, log))
    assert applied(pool) == expected(log)
    assert failures == ["a"] * 5


class _Away:
    """A log that does not answer until it is told to."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.is_away = False
        self.asked = 0

    def ends(self, topic: str) -> Sequence[int]:
        if self.is_away:
            self.asked += 1
            raise LogUnavailable("The event log does not answer.")
        return self._log.ends(topic)

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)


def test_a_log_that_is_away_is_told_once_and_once_when_it_is_back(
    pool: Pool, log: EventLog, caplog: pytest.LogCaptureFixture
) -> None:
    away = _Away(log)
    slow_log: EventLog = away  # type: ignore[assignment]
    with caplog.at_level(logging.WARNING), consuming(pool, slow_log, Handler("a")):
        append(log, 20)
        wait_until(all_applied(pool, log))
        away.is_away = True
        append(log, 20, 20)
        wait_until(lambda: away.asked >= 3)
        away.is_away = False
        wait_until(all_applied(pool, log))
        wait_until(lambda: len(caplog.records) == 2)
    first, last = (record.getMessage() for record in caplog.records)
    assert first == "The consumer of congvu.work.v1 waits for its database or log: The event log does not answer."
    assert last.startswith("The consumer of congvu.work.v1 goes on after ")
    assert applied(pool) == expected(log)


@pytest.fixture
def seed() -> int:
    """Of what happens when; pytest shows it when the test fails."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed={seed}")  # noqa: T201
    return seed
