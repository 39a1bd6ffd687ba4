"""Folding partitions of the log afresh, into the side schema: what each process of a recomputation does."""

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from datetime import datetime
from typing import Protocol

from evaluation.store.positions import PositionRow
from evaluation.store.recompute import side_view
from runtime.errors import ServiceError
from runtime.events import EventLog, StoredRecord
from runtime.faults import crash_point
from runtime.postgres import Connection, Pool

# Partitions that a process alone folds at once: one computes while PostgreSQL works for the other. Of several
# processes, one computes then, and threads of theirs would only wait for each other.
LANES = 2
# Nobody waits for a batch, and an item is folded once for all its facts in it.
_BATCH = 20_000
# Batches between two looks for cycles in everything: what outlived its batch may have become garbage later.
_WHOLE_LOOK = 20

Report = Callable[[int], None]
"""Is told of so many more records that are folded."""


class RecomputeError(ServiceError):
    """A recomputation cannot go on; the live state is as it was."""


class Handler(Protocol):
    """What folds the records of a topic."""

    def handle(self, conn: Connection, partition: int, records: Sequence[StoredRecord]) -> None:
        """Applies the records."""

    def tick(self, conn: Connection, partition: int, now: datetime) -> None:
        """Follows the clock."""

    def forget(self, partition: int) -> None:
        """Empties caches."""


def deal_out(positions: Sequence[PositionRow], shares: int) -> list[list[PositionRow]]:
    """The partitions in shares of about the same size; some are empty when there are more shares than partitions."""
    ordered = sorted(positions, key=lambda position: -position.next_offset)
    return [ordered[number::shares] for number in range(shares)]


def run_lanes(lanes: Sequence[Callable[[], None]]) -> None:
    """Runs all at once, to their end; raises at once what stops one of them, and leaves the others alone."""
    threads = ThreadPoolExecutor(max(1, len(lanes)))
    running = [threads.submit(lane) for lane in lanes]
    threads.shutdown(wait=False)
    for lane in wait(running, return_when=FIRST_EXCEPTION).done:
        lane.result()


def fold_partitions(
    positions: Sequence[PositionRow], report: Report, *, pool: Pool, log: EventLog, handler: Handler
) -> None:
    """Folds the partitions up to their positions, then ticks to their watermarks."""
    with pool.connection() as conn, side_view(conn):
        for position in positions:
            _fold_partition(conn, log, handler, position, report)


def _fold_partition(conn: Connection, log: EventLog, handler: Handler, position: PositionRow, report: Report) -> None:
    for number, records in enumerate(_read_batches(log, position), 1):
        with conn.transaction():
            handler.handle(conn, position.partition, records)
        crash_point("recompute.after-batch")
        report(len(records))
        # Within a batch nearly everything is in use: a process that only folds looks for cycles here alone.
        gc.collect(1 if number % _WHOLE_LOOK else 2)
    if position.watermark is not None:
        with conn.transaction():
            handler.tick(conn, position.partition, position.watermark)
    handler.forget(position.partition)
    gc.collect()


def _read_batches(log: EventLog, position: PositionRow) -> Iterator[list[StoredRecord]]:
    """Batches of equal size, however much the log gives at a time."""
    topic, partition, end = position.topic, position.partition, position.next_offset
    offset, batch = log.bounds(topic, partition).first, list[StoredRecord]()
    while offset < end:
        found = log.read(topic, partition, offset, max_records=_BATCH - len(batch), wait_seconds=0)
        if not found:
            _check_whole(log, position, offset)
            break
        batch += [record for record in found if record.offset < end]
        offset = found[-1].offset + 1
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _check_whole(log: EventLog, position: PositionRow, offset: int) -> None:
    """Nothing came from this offset on: at the end may be marks of transactions, which are no records."""
    topic, partition, end = position.topic, position.partition, position.next_offset
    bounds = log.bounds(topic, partition)
    if bounds.first > offset or bounds.end < end:
        raise RecomputeError(f"The log gives no record at {topic}/{partition}@{offset}; see whether it is whole.")
