"""The event door: one transaction per batch holds the offset's row, applies the records and moves the offset.

Ownership of a partition is a lease on that row in the consumer's own database. Whoever lost it, frozen or cut off,
fails at the row and forgets what it had cached: nothing is applied twice and nothing left out, whichever log it reads.
"""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import uuid4

import psycopg
from opentelemetry.trace import SpanKind

from runtime.events import positions
from runtime.events.positions import LeaseLost
from runtime.events.records import EventLog, OffsetOutOfBounds, StoredRecord
from runtime.faults import crash_point
from runtime.postgres import Connection, Pool
from runtime.telemetry import links_of, meter, tracer

__all__ = ["BatchHandler", "Consumer", "OffsetOutOfBounds"]

logger = logging.getLogger(__name__)

IDLE_SECONDS = 0.05
TICK_SECONDS = 1.0
LONGEST_BACK_OFF = 5.0
_REBUILD = (
    "empty the service's database, run the verb `migrate`, and start it again; it reads the log from the beginning."
)

# Facts whose transaction is committed, by topic: the throughput of a consumer.
_consumed = meter.create_counter("congvu.events.consumed", unit="{event}")
# How long one batch takes from lock to commit: the lag that one batch adds.
_batch_seconds = meter.create_histogram("congvu.events.batch", unit="s")
# Batches and ticks that were rolled back and are tried again: more than a few mean a fault.
_failed = meter.create_counter("congvu.events.failed", unit="{batch}")


class BatchHandler(Protocol):
    """What a service does with the records of a partition."""

    def handle(self, conn: Connection, partition: int, records: Sequence[StoredRecord]) -> None:
        """Applies the records inside the transaction that moves the offset."""

    def tick(self, conn: Connection, partition: int, now: datetime) -> None:
        """Follows the clock, about once a second, inside a transaction that holds the offset's row."""

    def forget(self, partition: int) -> None:
        """Empties caches: the lease is lost, or the last transaction was rolled back."""


@dataclass(slots=True)
class _Owned:
    next_offset: int
    tick_at: float = 0.0


@dataclass(slots=True)
class _Rest:
    until: float
    failures: int


class Consumer:
    """Reads a topic's partitions as far as it can lease them; several processes share a topic so."""

    def __init__(
        self,
        *,
        log: EventLog,
        pool: Pool,
        topic: str,
        owner: str,
        handler: BatchHandler,
        batch: int = 500,
        lease_seconds: float = 10,
        rebuild: str = _REBUILD,
    ) -> None:
        """`rebuild` tells in an OffsetOutOfBounds what to do."""
        self._rebuild = rebuild
        self._log = log
        self._pool = pool
        self._topic = topic
        # A process that was frozen must not pass for its successor of the same name.
        self._owner = f"{owner}/{uuid4().hex[:12]}"
        self._handler = handler
        self._batch = batch
        self._lease_seconds = lease_seconds
        self._owned: dict[int, _Owned] = {}
        self._rests: dict[int, _Rest] = {}
        self._claim_at = 0.0

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. Faults of database, log or handler are logged and tried again with back-off.

        Raises OffsetOutOfBounds when the log lacks what comes next: nothing but a rebuild helps then.
        """
        failures, busy = 0, False
        while not stop.is_set():
            try:
                busy = self._round(stop)
                failures = 0
            except OffsetOutOfBounds:
                raise
            except psycopg.OperationalError as error:
                failures += 1
                logger.warning("The consumer of %s waits for its database or log: %s", self._topic, error)
            except Exception:
                failures += 1
                logger.exception("The consumer of %s tries again.", self._topic)
            if failures:
                self._drop_all()
                stop.wait(_back_off(failures))
            elif not busy:
                stop.wait(IDLE_SECONDS)
        self._release()

    def _round(self, stop: threading.Event) -> bool:
        """Visits each owned partition once; whether any had records."""
        self._claim_if_due()
        if not self._owned:
            return False
        busy = False
        ends = self._log.ends(self._topic)
        for partition in list(self._owned):
            if stop.is_set():
                break
            self._claim_if_due()
            if partition in self._owned:
                busy = self._visit(partition, ends[partition]) or busy
        return busy

    def _visit(self, partition: int, end: int) -> bool:
        owned = self._owned[partition]
        try:
            busy = self._consume(partition, owned, end)
            if time.monotonic() >= owned.tick_at:
                self._tick(partition, owned)
        except OffsetOutOfBounds:
            self._check_bounds(partition, owned.next_offset)
            raise
        except psycopg.OperationalError:
            raise
        except LeaseLost as lost:
            logger.warning("%s", lost)
            self._drop(partition)
            return False
        except Exception:
            logger.exception("Partition %d of %s failed and is tried again.", partition, self._topic)
            self._rest(partition)
            return False
        self._rests.pop(partition, None)
        return busy

    def _consume(self, partition: int, owned: _Owned, end: int) -> bool:
        if owned.next_offset == end:
            return False
        records = self._log.read(self._topic, partition, owned.next_offset, max_records=self._batch, wait_seconds=0)
        if not records:
            self._check_bounds(partition, owned.next_offset)
            return False
        links = links_of(record.headers for record in records)
        began = time.monotonic()
        with tracer.start_as_current_span(f"consume {self._topic}", kind=SpanKind.CONSUMER, links=links):
            self._apply(partition, owned.next_offset, records)
        owned.next_offset = records[-1].offset + 1
        _batch_seconds.record(time.monotonic() - began, {"topic": self._topic})
        _consumed.add(len(records), {"topic": self._topic})
        crash_point("consumer.after-commit")
        return True

    def _apply(self, partition: int, expected: int, records: Sequence[StoredRecord]) -> None:
        with self._pool.connection() as conn, conn.transaction():
            positions.hold(conn, topic=self._topic, partition=partition, owner=self._owner, expected=expected)
            crash_point("consumer.before-handle")
            self._handler.handle(conn, partition, records)
            crash_point("consumer.after-handle")
            positions.move(
                conn,
                topic=self._topic,
                partition=partition,
                next_offset=records[-1].offset + 1,
                lease_seconds=self._lease_seconds,
            )

    def _tick(self, partition: int, owned: _Owned) -> None:
        now = datetime.now(UTC)
        with self._pool.connection() as conn, conn.transaction():
            positions.hold(conn, topic=self._topic, partition=partition, owner=self._owner, expected=owned.next_offset)
            self._handler.tick(conn, partition, now)
            positions.set_watermark(conn, topic=self._topic, partition=partition, now=now)
        owned.tick_at = time.monotonic() + TICK_SECONDS
        crash_point("consumer.after-tick")

    def _claim_if_due(self) -> None:
        if time.monotonic() < self._claim_at:
            return
        with self._pool.connection() as conn, conn.transaction():
            found = positions.claim(
                conn,
                topic=self._topic,
                partitions=self._log.partitions(self._topic),
                owner=self._owner,
                lease_seconds=self._lease_seconds,
            )
        self._adopt(found)
        now = time.monotonic()
        soonest = min((rest.until for rest in self._rests.values() if rest.until > now), default=now + 3600)
        self._claim_at = min(now + self._lease_seconds / 3, soonest)

    def _adopt(self, found: Mapping[int, int]) -> None:
        for partition in self._owned.keys() - found.keys():
            logger.warning("The lease of partition %d of %s went to another.", partition, self._topic)
            self._drop(partition)
        now = time.monotonic()
        for partition in sorted(found.keys() - self._owned.keys()):
            if partition in self._rests and self._rests[partition].until > now:
                continue
            self._check_bounds(partition, found[partition])
            self._owned[partition] = _Owned(next_offset=found[partition])

    def _check_bounds(self, partition: int, offset: int) -> None:
        bounds = self._log.bounds(self._topic, partition)
        if not bounds.first <= offset <= bounds.end:
            raise OffsetOutOfBounds(
                f"This service stands at offset {offset} of partition {partition} of {self._topic}, and the log holds"
                f" {bounds.first} up to {bounds.end}. Its data does not belong to this log: {self._rebuild}"
            )

    def _rest(self, partition: int) -> None:
        """After a fault: the partition's position is read again once it has rested; the others go on."""
        failures = self._rests[partition].failures + 1 if partition in self._rests else 1
        _failed.add(1, {"topic": self._topic})
        self._rests[partition] = _Rest(until=time.monotonic() + _back_off(failures), failures=failures)
        self._claim_at = min(self._claim_at, self._rests[partition].until)
        self._drop(partition)

    def _drop(self, partition: int) -> None:
        self._owned.pop(partition, None)
        self._handler.forget(partition)

    def _drop_all(self) -> None:
        for partition in list(self._owned):
            self._drop(partition)
        self._claim_at = 0.0

    def _release(self) -> None:
        self._drop_all()
        try:
            with self._pool.connection(timeout=2) as conn:
                positions.release(conn, topic=self._topic, owner=self._owner)
        except psycopg.OperationalError as error:
            logger.warning("The leases of %s run out by themselves: %s", self._topic, error)


def _back_off(failures: int) -> float:
    return float(min(LONGEST_BACK_OFF, 0.1 * 2 ** min(failures, 10)))
