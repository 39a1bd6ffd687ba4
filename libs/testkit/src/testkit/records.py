"""Reading a whole log back."""

from collections.abc import Iterator

from runtime.events import EventLog, StoredRecord

PAGE = 5_000


def all_records(log: EventLog, topic: str) -> list[StoredRecord]:
    """Everything that the topic holds now, partition after partition."""
    return [record for partition in range(log.partitions(topic)) for record in _of_partition(log, topic, partition)]


def _of_partition(log: EventLog, topic: str, partition: int) -> Iterator[StoredRecord]:
    bounds = log.bounds(topic, partition)
    offset = bounds.first
    while offset < bounds.end:
        # However many are asked for, a log may give fewer at a time.
        found = log.read(topic, partition, offset, max_records=PAGE, wait_seconds=5)
        yield from found
        offset = found[-1].offset + 1
