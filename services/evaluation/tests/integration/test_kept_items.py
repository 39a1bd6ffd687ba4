"""Items kept between batches: whatever goes wrong in between, what is written is what one batch would have written."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from congvu.work.v1 import events_pb2 as pb
from evaluation.consumer.handlers import WORK_TOPIC, WorkHandler
from evaluation.domain.periods import Periods
from evaluation.store.facts import read_facts
from evaluation.store.items import read_adds
from runtime.events import Record, StoredRecord
from runtime.postgres import Connection, Pool
from testkit.facts import WorkEvents, work_record

from .city import at

PARTITION = 3
# The clock of the last tick of every run.
LAST = at(25)


class RolledBack(Exception):  # noqa: N818
    """Ends a transaction as a fault would."""


class Hand:
    """Takes the consumer's part for one handler; the tables tell where the partition stands."""

    def __init__(self, pool: Pool, periods: Periods, *, keep: int) -> None:
        self.pool = pool
        self.handler = WorkHandler(periods, keep=keep)

    def fold(self, records: Sequence[StoredRecord], *, fail: bool = False) -> None:
        with self._transaction(fail) as conn:
            _set_place(conn, next_offset=records[-1].offset + 1)
            self.handler.handle(conn, PARTITION, records)

    def tick(self, now: datetime, *, fail: bool = False) -> None:
        with self._transaction(fail) as conn:
            _set_place(conn, watermark=now)
            self.handler.tick(conn, PARTITION, now)

    @contextmanager
    def _transaction(self, fail: bool) -> Iterator[Connection]:
        try:
            with self.pool.connection() as conn, conn.transaction():
                yield conn
                if fail:
                    raise RolledBack
        except RolledBack:
            pass


def _set_place(conn: Connection, *, next_offset: int | None = None, watermark: datetime | None = None) -> None:
    conn.execute(
        """
        INSERT INTO event_positions (topic, partition, next_offset, watermark) VALUES (%s, %s, coalesce(%s, 0), %s)
        ON CONFLICT (topic, partition)
           DO UPDATE SET next_offset = coalesce(%s, event_positions.next_offset),
                         watermark = greatest(event_positions.watermark, excluded.watermark)
        """,
        [WORK_TOPIC, PARTITION, next_offset, watermark, next_offset],
    )


def stored(records: Sequence[Record]) -> list[StoredRecord]:
    """The records as they stand in the partition."""
    return [
        StoredRecord(
            topic=record.topic,
            partition=PARTITION,
            offset=offset,
            key=record.key,
            value=record.value,
            headers=record.headers,
            appended_at=at(20),
        )
        for offset, record in enumerate(records)
    ]


def item_records(number: int) -> list[Record]:
    """An item that moves months and holders; of every third one a record is bad, and mended later."""
    item = WorkEvents(f"task/{number}", officer_id=f"o{number % 3}", unit_id="SNV-CCVC")
    events = [
        item.assigned(at(2 + number), due_at=at(10 + number), standard_units=100 * (number + 1)),
        item.submitted(at(5 + number)),
        item.returned(at(6 + number), due_at=at(12 + number), grounds=[pb.REVIEW_GROUND_LAW]),
        item.reassigned(at(7 + number), officer_id="another", due_at=at(20 + number)),
        item.completed(at(9 + number)),
        item.citizen_rated(at(10 + number), stars=5),
    ]
    records = [work_record(event) for event in events]
    if number % 3 == 0:
        right, bad = events[1], pb.WorkEvent()
        bad.CopyFrom(right)
        bad.occurred_at.seconds = 0
        records[1] = Record(topic=WORK_TOPIC, key=right.work_id, value=bad.SerializeToString(), headers={})
    return records


def mends(records: Sequence[Record]) -> list[Record]:
    """The mends of the bad records, and one of a fact that was taken."""
    found = [
        mend_record(one.key, offset, submission(one.key))
        for offset, one in enumerate(records)
        if not pb.WorkEvent.FromString(one.value).occurred_at.seconds
    ]
    other = WorkEvents("task/1", officer_id="o1", unit_id="SNV-CCVC").assigned(at(3), due_at=at(4), standard_units=77)
    return [*found, mend_record("task/1", len(records) + 1000, other)]


def submission(work_id: str) -> pb.WorkEvent:
    item = WorkEvents(work_id)
    item.revision = 1
    return item.submitted(at(5 + int(work_id[-1])))


def mend_record(work_id: str, offset: int, event: pb.WorkEvent) -> Record:
    right = pb.Mend(mend_id="mend", work_id=work_id, replacement=pb.Replacement(offset=offset, event=event))
    headers = {"ce_type": "congvu.work.v1.Mend"}
    return Record(topic=WORK_TOPIC, key=work_id, value=right.SerializeToString(), headers=headers)


def snapshot(pool: Pool) -> dict[str, Any]:
    """Everything that was written, in no order."""
    with pool.connection() as conn:
        items = conn.execute("SELECT work_id, last_revision, next_tick, state, adds, facts FROM items").fetchall()
        ticks = set(conn.execute("SELECT work_id, next_tick FROM ticks").fetchall())
        sums = conn.execute("SELECT subject, unit_id, month, request, vector FROM sums").fetchall()
        evidence = conn.execute("SELECT * FROM evidence").fetchall()
        parked = conn.execute('SELECT work_id, "offset", event_id, reason, behind, value FROM parked').fetchall()
    assert {(row[0], row[2]) for row in items if row[2] is not None} <= ticks
    return {
        "items": {row[0]: (*row[1:4], read_adds(row[4]), sorted(read_facts(row[5]))) for row in items},
        "sums": {tuple(row[:4]): row[4] for row in sums if any(row[4])},
        "evidence": sorted(evidence),
        "parked": sorted(parked),
    }


def empty(pool: Pool) -> None:
    with pool.connection() as conn:
        conn.execute("TRUNCATE items, ticks, evidence, sums, parked, scores_due, event_positions")


def in_one_batch(pool: Pool, periods: Periods, records: Sequence[StoredRecord]) -> dict[str, Any]:
    """What one batch out of nothing writes."""
    empty(pool)
    hand = Hand(pool, periods, keep=100)
    hand.fold(records)
    hand.tick(LAST)
    found = snapshot(pool)
    empty(pool)
    return found


MANY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def streams(draw: st.DrawFn) -> list[StoredRecord]:
    """Records of five items in any order, some of them twice, mends at the end; sometimes one is still missing."""
    records = [record for number in range(5) for record in item_records(number)]
    records = draw(st.permutations(records)) if draw(st.booleans()) else records
    records = records[: draw(st.sampled_from([len(records), len(records) - 2]))]
    records += draw(st.lists(st.sampled_from(records), max_size=4))
    return stored([*records, *mends(records)])


@MANY
@given(data=st.data(), records=streams(), keep=st.sampled_from([1, 2, 100]))
def test_faults_handovers_and_small_memories_change_nothing(
    pool: Pool, periods: Periods, data: st.DataObject, records: list[StoredRecord], keep: int
) -> None:
    expected = in_one_batch(pool, periods, records)
    hands = [Hand(pool, periods, keep=keep) for _ in range(2)]
    begin, day, holder = 0, 1, hands[0]
    while begin < len(records):
        end = begin + data.draw(st.integers(1, 6), label="batch")
        step = data.draw(st.sampled_from(["fold", "fold", "fold", "fault", "tick", "tick fault", "hand over"]))
        if step == "fold":
            holder.fold(records[begin:end])
            begin = end
        elif step == "fault":
            holder.fold(records[begin:end], fail=True)
        elif step == "hand over":
            holder.handler.forget(PARTITION)
            holder = hands[1] if holder is hands[0] else hands[0]
        else:
            day = min(day + 2, 24)
            holder.tick(at(day), fail=step == "tick fault")
        if "fault" in step:
            holder.handler.forget(PARTITION)
    holder.tick(LAST)
    holder.tick(LAST)
    assert snapshot(pool) == expected
    empty(pool)


@pytest.fixture
def hand(pool: Pool, periods: Periods) -> Hand:
    return Hand(pool, periods, keep=100)


def open_items(count: int) -> list[StoredRecord]:
    """So many assignments, then so many completions."""
    items = [WorkEvents(f"task/{number}", officer_id="an", unit_id="SNV-CCVC") for number in range(count)]
    assigned = [work_record(item.assigned(at(2), due_at=at(10))) for item in items]
    return stored([*assigned, *(work_record(item.completed(at(9))) for item in items)])


def test_a_batch_that_was_rolled_back_leaves_nothing_even_when_nobody_says_so(
    pool: Pool, periods: Periods, hand: Hand
) -> None:
    records = open_items(4)
    expected = in_one_batch(pool, periods, records)
    hand.fold(records[:4])
    hand.fold(records[4:], fail=True)
    hand.tick(at(12), fail=True)
    hand.fold(records[4:6])
    hand.fold(records[6:], fail=True)
    hand.tick(at(3))
    hand.fold(records[6:])
    hand.tick(LAST)
    assert snapshot(pool) == expected


def test_whoever_comes_back_to_a_partition_finds_what_another_wrote_even_when_nobody_says_so(
    pool: Pool, periods: Periods, hand: Hand
) -> None:
    records = open_items(4)
    expected = in_one_batch(pool, periods, records)
    other = Hand(pool, periods, keep=100)
    hand.fold(records[:4])
    other.tick(at(15))
    other.fold(records[4:6])
    hand.fold(records[6:])
    hand.tick(LAST)
    assert snapshot(pool) == expected


def test_known_items_are_not_loaded_again(pool: Pool, hand: Hand) -> None:
    records = open_items(4)
    hand.fold(records[:4])
    with pool.connection() as conn:
        conn.execute("UPDATE items SET last_revision = 99")
    hand.fold(records[4:])
    with pool.connection() as conn:
        assert conn.execute("SELECT DISTINCT last_revision FROM items").fetchall() == [(2,)]


def test_no_more_items_are_kept_than_allowed(pool: Pool, periods: Periods) -> None:
    hand, records = Hand(pool, periods, keep=3), open_items(8)
    hand.fold(records[:8])
    with pool.connection() as conn:
        conn.execute("UPDATE items SET last_revision = 99")
    hand.fold(records[8:])
    with pool.connection() as conn:
        # Of the five that were loaded, the completion looks like a revision that was used before.
        assert conn.execute("SELECT count(*) FROM items WHERE last_revision = 99").fetchall() == [(5,)]
