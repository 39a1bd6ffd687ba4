"""Batches read at once: the same records as the driver finds in them one by one."""

import random
import signal
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from kafka import OffsetAndMetadata, TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.consumer.subscription_state import SubscriptionState
from kafka.errors import CorruptRecordError, KafkaError
from kafka.record import MemoryRecords, MemoryRecordsBuilder
from kafka.record.default_records import DefaultRecordBatch
from kafka.record.util import calc_crc32c

from runtime.events.kafka import KafkaAddress
from runtime.events.kafka.batches import Headers, read_batch, read_batches

RAW_HEADERS = [("ce_id", b"1"), ("ce_type", b"congvu.work.v1.Mend"), ("none", None), ("other", "bội".encode() * 50)]


Given = tuple[bytes | None, bytes | None, Sequence[tuple[str, bytes | None]]]


def make_bytes(*records: Given, codec: int = 0) -> bytes:
    """A batch as a broker sends it."""
    builder = MemoryRecordsBuilder(magic=2, compression_type=codec, batch_size=2**30)
    for number, (key, value, headers) in enumerate(records):
        builder.append(timestamp=1_790_000_000_000 + 1_000 * number, key=key, value=value, headers=list(headers))
    builder.close()
    return bytes(builder.buffer())


def make_batch(*records: Given, codec: int = 0) -> Any:
    """One of the driver's batches, as it would be fetched."""
    return MemoryRecords(make_bytes(*records, codec=codec)).next_batch()


def fetched(data: bytes, *, offset: int = 0) -> Any:
    """What the driver holds of a partition from which this was fetched."""
    driver = SimpleNamespace(_fetcher=SimpleNamespace())
    read_batches(driver, KafkaAddress.parse("kafka://127.0.0.1:9092/city"))
    return driver._fetcher.PartitionRecords(offset, TopicPartition("city.topic", 3), MemoryRecords(data))


def headers_of(*headers: tuple[str, bytes | None]) -> Headers:
    """As they come out of a batch."""
    (record,) = read_batch("topic", 0, make_batch((b"key", b"value", headers)))
    assert isinstance(record.headers, Headers)
    return record.headers


@pytest.mark.parametrize("codec", [0, 1])
def test_a_batch_holds_what_the_driver_finds_in_it(codec: int) -> None:
    rng = random.Random(codec)
    sizes = [0, 1, 63, 64, 65, 8_191, 8_192]
    records = [
        (
            rng.choice([None, b"", rng.randbytes(rng.choice(sizes))]),
            rng.choice([None, b"", rng.randbytes(rng.choice(sizes))]),
            [(f"name-{n}" * (n + 1), rng.randbytes(rng.choice(sizes))) for n in range(rng.choice([0, 1, 7]))],
        )
        for _ in range(60)
    ]

    found = read_batch("topic", 3, make_batch(*records, codec=codec))

    one_by_one = list(make_batch(*records, codec=codec))
    assert len(found) == len(one_by_one) == 60
    for record, other in zip(found, one_by_one, strict=True):
        assert (record.topic, record.partition, record.offset) == ("topic", 3, other.offset)
        assert record.key == (None if other.key is None else other.key.decode(errors="replace"))
        assert record.value == (other.value or b"")
        assert record.headers == {name: value.decode(errors="replace") for name, value in other.headers}
        assert record.appended_at == datetime.fromtimestamp(other.timestamp / 1000, UTC)


def test_as_many_records_are_taken_as_asked_for_from_the_place_where_the_reader_stands() -> None:
    records = fetched(make_bytes(*[(b"key", f"{number}".encode(), []) for number in range(10)]), offset=2)

    first = records.take(5)
    stands = records.next_fetch_offset
    rest = records.take(5)

    assert [record.value for record in first + rest] == [f"{number}".encode() for number in range(2, 10)]
    assert {(record.topic, record.partition) for record in first + rest} == {("topic", 3)}
    assert stands == 7
    assert records.next_fetch_offset == 10
    assert not records


def test_a_damaged_batch_is_not_read() -> None:
    data = bytearray(make_bytes((b"key", b"value", [])))
    data[-3] ^= 1

    with pytest.raises(CorruptRecordError, match="topic/3@0"):
        fetched(bytes(data)).take(1)


def test_headers_are_a_mapping() -> None:
    headers = headers_of(*RAW_HEADERS)

    assert dict(headers) == {"ce_id": "1", "ce_type": "congvu.work.v1.Mend", "other": "bội" * 50}
    assert len(headers) == 3
    assert headers["ce_id"] == "1"
    assert headers.get("ce_id") == "1"
    assert headers.get("none") is None
    assert headers.get("absent", "default") == "default"
    with pytest.raises(KeyError):
        headers["none"]


def test_a_pair_is_in_the_headers_when_name_and_value_belong_together() -> None:
    pairs = headers_of(*RAW_HEADERS).items()

    assert ("ce_type", "congvu.work.v1.Mend") in pairs
    assert ("ce_type", "congvu.work.v1.WorkEvent") not in pairs
    assert ("ce_id", "congvu.work.v1.Mend") not in pairs
    assert set(pairs) == {("ce_id", "1"), ("ce_type", "congvu.work.v1.Mend"), ("other", "bội" * 50)}


def test_of_two_headers_of_one_name_the_last_one_counts() -> None:
    headers = headers_of(("name", b"first"), ("name", b"last"))

    assert dict(headers) == {"name": "last"}
    assert headers.get("name") == "last"
    assert ("name", "first") not in headers.items()


def test_what_looks_like_a_header_within_another_is_none() -> None:
    inside = b"\x0ece_type" + bytes([2 * 19]) + b"congvu.work.v1.Mend"
    headers = headers_of(("name", inside))

    assert headers.get("ce_type") is None
    assert ("ce_type", "congvu.work.v1.Mend") not in headers.items()


def test_bytes_that_are_no_text_become_replacement_characters() -> None:
    (record,) = read_batch("topic", 0, make_batch((b"\xff", b"\xff", [("name", b"\xff")])))

    assert record.key == record.headers["name"] == "\N{REPLACEMENT CHARACTER}"
    assert record.value == b"\xff"


@pytest.mark.parametrize("place", range(61, 75))
def test_a_record_of_a_wrong_size_is_no_record(place: int) -> None:
    batch = make_batch((b"key", b"value", [("name", b"value")]))
    batch._buffer[place] ^= 0x7E
    try:
        found = read_batch("topic", 0, batch)
    except CorruptRecordError:
        return
    # It was no size.
    assert len(found) == 1


def _give_up(*_: object) -> None:
    raise TimeoutError("The driver does not come back.")


def poll(driver: Any, data: bytes, *, offset: int) -> list[int]:
    """Polls once; `data` is what was fetched if nothing is in line. Offsets of what came."""
    if not driver._next_partition_records:
        driver._next_partition_records = fetched(data, offset=offset)
    signal.signal(signal.SIGALRM, _give_up)
    signal.setitimer(signal.ITIMER_REAL, 5)
    try:
        found, _ = driver.fetched_records(10)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return [record.offset for records in found.values() for record in records]


@pytest.fixture
def driver() -> Any:
    """The driver's own loop over what was fetched of one partition, from offset 0 on."""
    place = TopicPartition("city.topic", 3)
    subscriptions = SubscriptionState()
    subscriptions.assign_from_user([place])
    subscriptions.seek(place, OffsetAndMetadata(0, "", -1))
    fetcher = Fetcher.__new__(Fetcher)
    vars(fetcher).update(
        config={"max_poll_records": 10},
        _next_in_line_exception_metadata=None,
        _next_partition_records=None,
        _subscriptions=subscriptions,
        _paused_completed_fetches={},
        _paused_partition_records={},
        _completed_fetches=deque(),
        _sensors=None,
    )
    return fetcher


@pytest.mark.parametrize("place", [-3, 22], ids=["crc", "codec"])
def test_after_a_batch_that_cannot_be_read_the_next_poll_fetches_afresh(driver: Any, place: int) -> None:
    right = make_bytes((b"key", b"value", []))
    wrong = bytearray(right)
    wrong[place] ^= 7
    if place == 22:
        wrong[17:21] = calc_crc32c(bytes(wrong[21:])).to_bytes(4)

    with pytest.raises(KafkaError):
        poll(driver, bytes(wrong), offset=0)

    assert poll(driver, right, offset=0) == [0]


def test_what_cannot_be_unpacked_is_told_as_a_damaged_batch(driver: Any) -> None:
    data = bytearray(make_bytes((b"key", b"value" * 50, []), codec=1))
    data[61] ^= 1
    data[17:21] = calc_crc32c(bytes(data[21:])).to_bytes(4)

    with pytest.raises(CorruptRecordError, match="the batch at topic/3@0 cannot be read"):
        poll(driver, bytes(data), offset=0)


def test_records_before_a_damaged_batch_come_and_then_the_error(driver: Any) -> None:
    right = make_bytes((b"key", b"value", []))
    wrong = bytearray(right)
    wrong[7] = 1  # Its offset.
    wrong[-3] ^= 1

    assert poll(driver, right + bytes(wrong), offset=0) == [0]
    with pytest.raises(CorruptRecordError, match="topic/3@1"):
        poll(driver, bytes(wrong), offset=1)


def test_a_mark_of_a_transaction_that_the_cleaner_has_emptied_is_passed_over() -> None:
    transaction, mark, producer = 0x10, 0x20, 5
    header = DefaultRecordBatch.HEADER_STRUCT
    data = bytearray(header.pack(7, header.size - 12, 0, 2, 0, transaction | mark, 0, -1, -1, producer, 0, -1, 0))
    data[17:21] = calc_crc32c(bytes(data[21:])).to_bytes(4)

    records = fetched(bytes(data), offset=7)

    assert records.take(1) == []
    assert records.next_fetch_offset == 8
    assert not records
