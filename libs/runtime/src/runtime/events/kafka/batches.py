"""Batches of records as Kafka keeps them, each read at once: the driver (kafka-python 3.0) takes four times as long.

The format is number 2, the first one with headers: https://kafka.apache.org/documentation/#recordbatch.
"""

from collections.abc import ItemsView, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError, KafkaError

from runtime.events.kafka.address import KafkaAddress
from runtime.events.records import StoredRecord

_FORMAT = 2
_LOG_APPEND_TIME = 1


def read_batches(driver: KafkaConsumer, address: KafkaAddress) -> None:
    """Makes the driver's poll bring records as ours, in the place of its own."""

    class Records(_Records):
        def _unpack_records(self, place: TopicPartition, *others: Any) -> Iterator[StoredRecord]:
            return self.unpack(address.name_of(place.topic), place.partition, *others)

    driver._fetcher.PartitionRecords = Records


class _Records(Fetcher.PartitionRecords):  # type: ignore[misc]
    """What was fetched of a partition; the driver takes from it as many records as it is asked for."""

    def unpack(self, topic: str, partition: int, batches: Any, *_deserializers: Any) -> Iterator[StoredRecord]:
        """The records, one by one. Raises CorruptRecordError at a damaged batch; the next poll fetches it afresh."""
        try:
            yield from self._unpack(topic, partition, batches)
        except Exception as error:
            # Else the driver would go on to take from it, for ever, since nothing more comes.
            self.drain()
            if isinstance(error, KafkaError):
                raise
            place = f"{topic}/{partition}@{self.next_fetch_offset}"
            raise CorruptRecordError(f"the batch at {place} cannot be read ({error!r})") from error
        self.drain()

    def _unpack(self, topic: str, partition: int, batches: Any) -> Iterator[StoredRecord]:
        while (batch := batches.next_batch()) is not None:
            if batch.magic != _FORMAT or not batch.validate_crc():
                raise CorruptRecordError(f"the batch at {topic}/{partition}@{batch.base_offset} is damaged")
            self.leader_epoch = batch.leader_epoch
            if self._counts(batch):
                for record in read_batch(topic, partition, batch):
                    self.next_fetch_offset = record.offset + 1
                    yield record
            # Records at the end of it may have been removed.
            self.next_fetch_offset = batch.next_offset

    def _counts(self, batch: Any) -> bool:
        """Whether it has records: not what its producer took back, and not the marks of transactions."""
        if batch.has_producer_id():
            self._consume_aborted_transactions_up_to(batch.last_offset)
            # The broker's cleaner leaves such ones.
            if batch.is_control_batch and not batch.records_count:
                return False
            if self._contains_abort_marker(batch):
                self.aborted_producer_ids.discard(batch.producer_id)
            elif self._is_batch_aborted(batch):
                return False
        return not batch.is_control_batch


def read_batch(topic: str, partition: int, batch: Any) -> list[StoredRecord]:
    """All records of one of the driver's batches. Keys that are no UTF-8 get replacement characters."""
    iter(batch)  # Unpacks what is compressed.
    data, at = bytes(batch._buffer), batch._pos
    base, began = batch.base_offset, batch.first_timestamp
    moment = _moment(batch.max_timestamp)
    at_once = batch.timestamp_type == _LOG_APPEND_TIME
    records = []
    try:
        for _ in range(batch.records_count):
            size, at = _read_number(data, at)
            end = at + size
            # Behind the attributes, which say nothing.
            later, at = _read_number(data, at + 1)
            place, at = _read_number(data, at)
            key, at = _read_bytes(data, at)
            value, at = _read_bytes(data, at)
            records.append(
                StoredRecord(
                    topic,
                    partition,
                    base + place,
                    None if key is None else key.decode(errors="replace"),
                    value or b"",
                    Headers(data[at:end]),
                    moment if at_once else _moment(began + later),
                )
            )
            at = end
    except IndexError:
        at = -1
    if at != len(data):
        raise CorruptRecordError(f"the batch at {topic}/{partition}@{base} has records of wrong sizes")
    return records


class Headers(Mapping[str, str]):
    """The headers of a record, read when asked for. What is no UTF-8 gets replacement characters; of two, the last."""

    __slots__ = ("stored",)

    def __init__(self, stored: bytes) -> None:
        self.stored = stored

    def __getitem__(self, name: str) -> str:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def items(self) -> ItemsView[str, str]:
        """The pairs of names and values."""
        return _Items(self)

    def get(self, name: str, default: Any = None) -> Any:
        """The value, or the default."""
        # Most records have no trace, and this is how it is asked for.
        return self._read().get(name, default) if name.encode() in self.stored else default

    def _read(self) -> dict[str, str]:
        stored, headers = self.stored, {}
        _, at = _read_number(stored, 0)
        while at < len(stored):
            name, at = _read_bytes(stored, at)
            value, at = _read_bytes(stored, at)
            if name is not None and value is not None:
                headers[name.decode(errors="replace")] = value.decode(errors="replace")
        return headers


class _Items(ItemsView[str, str]):
    """A value that is nowhere in the bytes is no header's: most records are asked whether they are of a rare type."""

    _mapping: Headers

    def __contains__(self, item: object) -> bool:
        return isinstance(item, tuple) and item[1].encode() in self._mapping.stored and super().__contains__(item)


def _read_bytes(data: bytes, at: int) -> tuple[bytes | None, int]:
    """Bytes behind their length, and where they end; None for the length -1."""
    size = data[at]
    if size & 0x81:
        size, at = _read_number(data, at)
        return (None, at) if size < 0 else (data[at : at + size], at + size)
    # Most are short.
    end = at + 1 + (size >> 1)
    return data[at + 1 : end], end


def _read_number(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, its sign in the lowest bit, and where it ends."""
    number = data[at] & 0x7F
    shift = 7
    while data[at] & 0x80:
        at += 1
        number |= (data[at] & 0x7F) << shift
        shift += 7
    return (number >> 1) ^ -(number & 1), at + 1


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
