"""The event door: one transaction per batch holds the offset's row, applies the records and moves the offset.

Ownership of a partition is a lease on that row in the consumer's own database. Whoever lost it, frozen or cut off,
fails at the row and forgets what it had cached: nothing is applied twice and nothing left out, whichever log it reads.
"""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Protocol
from uuid import uuid4

from opentelemetry.trace import SpanKind

from runtime.events import positions
from runtime.events.positions import Claim, LeaseLost
from runtime.events.records import EventLog, OffsetOutOfBounds, StoredRecord
from runtime.faults import crash_point
from runtime.outages import OUTAGES, Outages, pause_after
from runtime.postgres import Connection, Pool
from runtime.telemetry import links_of, meter, tracer

__all__ = ["BatchHandler", "Consumer", "OffsetOutOfBounds"]

logger = logging.getLogger(__name__)

# What comes one by one is applied a few at a time: a transaction for each costs more. The pause between two rounds
# grows from the one to the other while nothing comes.
GATHER_SECONDS = 0.15
IDLE_SECONDS = 0.2
TICK_SECONDS = 1.0
# How often within a lease it is renewed and shares are looked at: when they are settled, and while they move.
SETTLED_LOOKS = 3
UNSETTLED_LOOKS = 30
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


class _Found(IntEnum):
    """What a partition, or the richest of a round, had."""

    NOTHING = 0
    ALL = 1
    MORE = 2


@dataclass(slots=True)
class _Owned:
    next_offset: int
    tick_at: float = 0.0


@dataclass(slots=True)
class _Rest:
    until: float
    failures: int


class Consumer:
    """Reads its fair share of a topic's partitions; several consumers, in one process or many, share a topic so."""

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
        outages = Outages(f"The consumer of {self._topic}")
        while not stop.is_set():
            try:
                # One connection as long as all goes well: the pool would ask the server at each change of hands.
                with self._pool.connection() as conn:
                    self._run_rounds(conn, stop, outages)
            except OffsetOutOfBounds:
                raise
            except OUTAGES as error:
                outages.tell(error)
            except Exception:
                logger.exception("The consumer of %s tries again.", self._topic)
            if not stop.is_set():
                self._drop_all()
                stop.wait(outages.pause())
        self._release()

    def _run_rounds(self, conn: Connection, stop: threading.Event, outages: Outages) -> None:
        pause = GATHER_SECONDS
        while not stop.is_set():
            found = self._round(conn, stop)
            outages.over()
            pause = GATHER_SECONDS if found else min(2 * pause, IDLE_SECONDS)
            if found < _Found.MORE:
                stop.wait(pause)

    def _round(self, conn: Connection, stop: threading.Event) -> _Found:
        """Visits each owned partition once."""
        self._claim_if_due(conn)
        found = _Found.NOTHING
        if not self._owned:
            return found
        ends = self._log.ends(self._topic)
        for partition in list(self._owned):
            if stop.is_set():
                break
            self._claim_if_due(conn)
            if partition in self._owned:
                found = max(found, self._visit(conn, partition, ends[partition]))
        return found

    def _visit(self, conn: Connection, partition: int, end: int) -> _Found:
        owned = self._owned[partition]
        try:
            found = self._consume(conn, partition, owned, end)
            if time.monotonic() >= owned.tick_at:
                self._tick(conn, partition, owned)
        except OffsetOutOfBounds:
            self._check_bounds(partition, owned.next_offset)
            raise
        except OUTAGES:
            raise
        except LeaseLost as lost:
            logger.warning("%s", lost)
            self._drop(partition)
            self._claim_at = 0.0
            return _Found.ALL
        except Exception:
            logger.exception("Partition %d of %s failed and is tried again.", partition, self._topic)
            self._rest(partition)
            return _Found.NOTHING
        self._rests.pop(partition, None)
        return found

    def _consume(self, conn: Connection, partition: int, owned: _Owned, end: int) -> _Found:
        """Applies one batch."""
        if owned.next_offset == end:
            return _Found.NOTHING
        records = self._log.read(self._topic, partition, owned.next_offset, max_records=self._batch, wait_seconds=0)
        if not records:
            self._check_bounds(partition, owned.next_offset)
            return _Found.NOTHING
        began = time.monotonic()
        with tracer.start_as_current_span(f"consume {self._topic}", kind=SpanKind.CONSUMER) as span:
            if span.is_recording():
                for link in links_of(record.headers for record in records):
                    span.add_link(link.context)
            self._apply(conn, partition, owned.next_offset, records)
        owned.next_offset = records[-1].offset + 1
        _batch_seconds.record(time.monotonic() - began, {"topic": self._topic})
        _consumed.add(len(records), {"topic": self._topic})
        crash_point("consumer.after-commit")
        return _Found.ALL if owned.next_offset >= end else _Found.MORE

    def _apply(self, conn: Connection, partition: int, expected: int, records: Sequence[StoredRecord]) -> None:
        with conn.transaction():
            positions.move(
                conn,
                topic=self._topic,
                partition=partition,
                owner=self._owner,
                expected=expected,
                next_offset=records[-1].offset + 1,
                lease_seconds=self._lease_seconds,
            )
            crash_point("consumer.before-handle")
            self._handler.handle(conn, partition, records)
            crash_point("consumer.after-handle")

    def _tick(self, conn: Connection, partition: int, owned: _Owned) -> None:
        now = datetime.now(UTC)
        with conn.transaction():
            positions.set_watermark(
                conn,
                topic=self._topic,
                partition=partition,
                owner=self._owner,
                expected=owned.next_offset,
                now=now,
            )
            self._handler.tick(conn, partition, now)
        owned.tick_at = time.monotonic() + TICK_SECONDS
        crash_point("consumer.after-tick")

    def _claim_if_due(self, conn: Connection) -> None:
        now = time.monotonic()
        if now < self._claim_at:
            return
        resting = [partition for partition, rest in self._rests.items() if rest.until > now]
        with conn.transaction():
            claim = positions.claim(
                conn,
                topic=self._topic,
                partitions=self._log.partitions(self._topic),
                owner=self._owner,
                lease_seconds=self._lease_seconds,
                failing=self._rests,
                resting=resting,
            )
        self._adopt(claim)
        # While shares move, others wait for what this one gives back, or the other way round.
        pause = self._lease_seconds / (SETTLED_LOOKS if claim.is_settled else UNSETTLED_LOOKS)
        soonest = min((self._rests[partition].until for partition in resting), default=now + pause)
        self._claim_at = min(now + pause, soonest)

    def _adopt(self, claim: Claim) -> None:
        for partition in self._owned.keys() - claim.kept.keys():
            if partition not in claim.given_back:
                logger.warning("The lease of partition %d of %s went to another.", partition, self._topic)
            self._drop(partition)
        now = time.monotonic()
        for partition, offset in sorted((claim.kept | claim.taken).items()):
            resting = partition in self._rests and self._rests[partition].until > now
            if partition not in self._owned and not resting:
                self._check_bounds(partition, offset)
                self._owned[partition] = _Owned(next_offset=offset)
        if claim.taken or claim.given_back:
            logger.info("This consumer of %s has partitions %s.", self._topic, sorted(claim.kept | claim.taken))

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
        self._rests[partition] = _Rest(until=time.monotonic() + pause_after(failures), failures=failures)
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
            with self._pool.connection(timeout=2) as conn, conn.transaction():
                positions.release(conn, topic=self._topic, owner=self._owner)
        except OUTAGES as error:
            logger.warning("The leases of %s run out by themselves: %s", self._topic, error)
