"""Reading partitions from where the caller stands: one consumer of the driver, used with assign and seek alone.

What the driver brings of other partitions meanwhile is kept for their turn, so that one request serves all.
"""

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, LogTruncationError, OffsetOutOfRangeError

from runtime.events.kafka.address import KafkaAddress
from runtime.events.kafka.batches import read_batches
from runtime.events.records import Bounds, OffsetOutOfBounds, StoredRecord

ANSWER_MS = 5_000
# How long the driver is asked at a time; a waiting reader lets others have their turn in between.
TURN_MS = 50
# Records kept of a partition whose turn has not come; of more, the driver fetches no more.
KEPT = 2_000
# A partition that nobody has read for so long is not fetched any more: another process has it now.
FORGOTTEN_SECONDS = 30.0
# Fetched of a partition at a time: a few batches of common records, and some of the largest.
FETCH_BYTES = 4 * 1024 * 1024


@dataclass(slots=True)
class _Place:
    """A partition that is read: what was fetched of it and not given out yet, and when it was asked for last."""

    next_offset: int
    asked_at: float
    kept: deque[StoredRecord] = field(default_factory=deque)
    paused: bool = False


class Reader:
    """Reads partitions of one Kafka, for several threads, one at a time."""

    def __init__(self, address: KafkaAddress) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._places: dict[TopicPartition, _Place] = {}
        self._driver: KafkaConsumer | None = None

    def read(
        self, topic: str, partition: int, offset: int, *, max_records: int, wait_seconds: float
    ) -> list[StoredRecord]:
        """See EventLog.read. What is there comes, however short the wait; after 5 s without it LogUnavailable."""
        place = TopicPartition(self._address.topic(topic), partition)
        began = time.monotonic()
        while True:
            with self._lock:
                found = self._take(place, offset, max_records)
            if found:
                return found
            waited = time.monotonic() - began
            if waited >= wait_seconds and self._is_at_end(topic, partition, offset):
                return []
            if waited >= wait_seconds + ANSWER_MS / 1000:
                raise self._address.unavailable(f"no record of {place.topic}/{partition}@{offset}")

    def bounds(self, topic: str, partition: int) -> Bounds:
        """See EventLog.bounds."""
        place = TopicPartition(self._address.topic(topic), partition)
        with self._lock:
            return self._bounds(place)

    def ends(self, topic: str, partitions: int) -> Sequence[int]:
        """See EventLog.ends."""
        places = [TopicPartition(self._address.topic(topic), number) for number in range(partitions)]
        with self._lock:
            try:
                found = self._open().end_offsets(places, timeout_ms=ANSWER_MS)
            except KafkaError as error:
                raise self._address.unavailable(error) from error
        return [found[place] for place in places]

    def close(self) -> None:
        """Ends the connections."""
        with self._lock:
            if self._driver is not None:
                self._driver.close(autocommit=False, timeout_ms=ANSWER_MS)
            self._driver = None
            self._places.clear()

    def _open(self) -> KafkaConsumer:
        if self._driver is None:
            self._driver = KafkaConsumer(
                bootstrap_servers=list(self._address.bootstrap),
                bootstrap_timeout_ms=ANSWER_MS,
                reconnect_backoff_max_ms=1_000,
                enable_auto_commit=False,
                auto_offset_reset="none",
                # What others took back before it was complete is not part of the log.
                isolation_level="read_committed",
                allow_auto_create_topics=False,
                # A partition that is asked for anew waits for the answer about the others first.
                fetch_max_wait_ms=100,
                max_partition_fetch_bytes=FETCH_BYTES,
                metrics_enabled=False,
                **self._address.settings,
            )
            read_batches(self._driver, self._address)
        return self._driver

    def _take(self, place: TopicPartition, offset: int, max_records: int) -> list[StoredRecord]:
        """What is kept from this offset on; asks the driver when there is nothing."""
        try:
            here = self._stand(place, offset)
            if not here.kept:
                self._fetch(place, max_records)
        except KafkaError as error:
            raise self._address.unavailable(error) from error
        found = [here.kept.popleft() for _ in range(min(max_records, len(here.kept)))]
        if found:
            here.next_offset = found[-1].offset + 1
        if here.paused and len(here.kept) < KEPT:
            self._open().resume(place)
            here.paused = False
        return found

    def _stand(self, place: TopicPartition, offset: int) -> _Place:
        """The place, with the driver at the offset: it seeks when the caller stands elsewhere than before."""
        now = time.monotonic()
        here = self._places.get(place)
        if here is None or here.next_offset != offset:
            self._places[place] = here = _Place(next_offset=offset, asked_at=now)
            self._places = {each: one for each, one in self._places.items() if one.asked_at + FORGOTTEN_SECONDS > now}
            driver = self._open()
            driver.assign(list(self._places))
            driver.seek(place, offset)
            driver.resume(place)
        here.asked_at = now
        return here

    def _fetch(self, place: TopicPartition, max_records: int) -> None:
        _clear_line(self._open())
        try:
            brought = self._open().poll(timeout_ms=TURN_MS, max_records=max_records)
        except (OffsetOutOfRangeError, LogTruncationError) as error:
            self._lose(place, error)
            return
        for other, records in brought.items():
            there = self._places[other]
            there.kept.extend(records)
            if len(there.kept) >= KEPT and not there.paused:
                self._open().pause(other)
                there.paused = True

    def _lose(self, place: TopicPartition, error: KafkaError) -> None:
        """The driver names the partitions that lack what comes next; those of others are told when it is their turn."""
        named = error.divergent_offsets if isinstance(error, LogTruncationError) else error.args[0]
        offset = self._places[place].next_offset
        for lost in named:
            self._places.pop(lost, None)
        self._open().assign(list(self._places))
        if place in named:
            raise OffsetOutOfBounds(_outside(place, self._bounds(place), offset))

    def _is_at_end(self, topic: str, partition: int, offset: int) -> bool:
        place = TopicPartition(self._address.topic(topic), partition)
        with self._lock:
            bounds = self._bounds(place)
            passed = self._passed(place, offset)
        if not bounds.first <= offset <= bounds.end:
            raise OffsetOutOfBounds(_outside(TopicPartition(topic, partition), bounds, offset))
        return passed >= bounds.end

    def _passed(self, place: TopicPartition, offset: int) -> int:
        """How far nothing to read follows: marks of transactions have offsets, too, and are no records."""
        here = self._places.get(place)
        if here is None or here.next_offset != offset or here.kept:
            return offset
        try:
            return int(self._open().position(place, timeout_ms=ANSWER_MS))
        except KafkaError as error:
            raise self._address.unavailable(error) from error

    def _bounds(self, place: TopicPartition) -> Bounds:
        try:
            first = self._open().beginning_offsets([place], timeout_ms=ANSWER_MS)[place]
            return Bounds(first=first, end=self._open().end_offsets([place], timeout_ms=ANSWER_MS)[place])
        except KafkaError as error:
            raise self._address.unavailable(error) from error


def _clear_line(driver: KafkaConsumer) -> None:
    """Takes away what the driver has handed out to its end.

    What it put aside of a partition that was paused, it takes up again only when nothing at all is in line, and it
    leaves there what is used up (kafka-python 3.0.12): that partition would then stand still for ever.
    """
    fetcher = driver._fetcher
    if not fetcher._next_partition_records:
        fetcher._next_partition_records = None


def _outside(place: TopicPartition, bounds: Bounds, offset: int) -> str:
    return (
        f"Partition {place.partition} of {place.topic} holds offsets {bounds.first} up to {bounds.end}, not {offset}."
    )
