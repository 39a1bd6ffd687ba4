"""kafka-python by itself, what ours is compared with: `python -m bench.bare VERB …`; answers with one line of JSON.

The only module of the bench that knows the driver: ours hides it, and here the driver alone is meant.
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from bench.facts import WORK_TOPIC
from runtime.events import TOPICS, EventLog, Record, open_event_log
from runtime.events.kafka.address import KafkaAddress
from runtime.events.kafka.reader import FETCH_BYTES
from runtime.events.kafka.writer import BATCH_BYTES

PARTITIONS = TOPICS[WORK_TOPIC].partitions
# Of the bare read and append of any engine.
_READ, _APPEND = 2_000, 500


def poll(url: str, facts: int) -> Mapping[str, Any]:
    """Polls so many records: assign, seek, poll, with the driver's defaults but for the bytes that ours fetches."""
    address = KafkaAddress.parse(url)
    places = [TopicPartition(address.topic(WORK_TOPIC), number) for number in range(PARTITIONS)]
    consumer = KafkaConsumer(
        bootstrap_servers=list(address.bootstrap),
        enable_auto_commit=False,
        max_partition_fetch_bytes=FETCH_BYTES,
        **address.settings,
    )
    consumer.assign(places)
    for place in places:
        consumer.seek(place, 0)
    samples, seen = _Samples(), 0
    while seen < facts:
        found = sum(len(records) for records in consumer.poll(timeout_ms=1_000).values())
        seen += found
        if found:
            samples.add(seen)
    answer = samples.answer()
    consumer.close()
    return answer


def produce(url: str, source: str, facts: int) -> Mapping[str, Any]:
    """Sends the first records of another log to a fresh one: acks=all, idempotent, as fast as the driver takes them."""
    records = _first_records(source, facts)
    address = KafkaAddress.parse(url)
    topic = address.topic(WORK_TOPIC)
    producer = KafkaProducer(
        bootstrap_servers=list(address.bootstrap),
        acks="all",
        enable_idempotence=True,
        batch_size=BATCH_BYTES,
        linger_ms=20,
        **address.settings,
    )
    ready = [(record.key.encode(), record.value, _headers(record)) for record in records]
    producer.partitions_for(topic)
    samples = _Samples()
    samples.add(0)
    sent = [producer.send(topic, key=key, value=value, headers=headers) for key, value, headers in ready]
    producer.flush()
    samples.add(sum(future.succeeded() for future in sent))
    answer = samples.answer()
    producer.close()
    return answer


def append(url: str, source: str, facts: int) -> Mapping[str, Any]:
    """Appends the first records of another log through ours, 500 at a time, each batch durable before the next."""
    records = _first_records(source, facts)
    log = open_event_log(url)
    samples = _Samples()
    samples.add(0)
    for start in range(0, len(records), _APPEND):
        log.append(records[start : start + _APPEND])
        samples.add(start + len(records[start : start + _APPEND]))
    answer = samples.answer()
    log.close()
    return answer


def read(url: str, facts: int) -> Mapping[str, Any]:
    """Reads so many records through ours, partition after partition, and does nothing with them."""
    log = open_event_log(url)
    samples = _Samples()
    for seen in _read_counts(log, facts):
        samples.add(seen)
    answer = samples.answer()
    log.close()
    return answer


class _Samples:
    """When how many had been done, and what this process computed."""

    def __init__(self) -> None:
        self._seen: list[tuple[float, int]] = []
        self._computed = time.process_time()

    def add(self, done: int) -> None:
        self._seen.append((time.perf_counter(), done))

    def answer(self) -> Mapping[str, Any]:
        return {"samples": self._seen, "computed": time.process_time() - self._computed}


def _first_records(url: str, facts: int) -> list[Record]:
    log = open_event_log(url)
    records: list[Record] = []
    for partition in range(PARTITIONS):
        offset = 0
        while stored := log.read(WORK_TOPIC, partition, offset, max_records=_READ, wait_seconds=0):
            offset = stored[-1].offset + 1
            records += [
                Record(topic=WORK_TOPIC, key=one.key or "", value=one.value, headers=one.headers) for one in stored
            ]
    log.close()
    # As they came: of all partitions in turn.
    records.sort(key=lambda record: record.headers["ce_time"])
    return records[:facts]


def _headers(record: Record) -> Sequence[tuple[str, bytes]]:
    return [(name, value.encode()) for name, value in record.headers.items()]


def _read_counts(log: EventLog, facts: int) -> Iterator[int]:
    seen = 0
    offsets = [0] * PARTITIONS
    while seen < facts:
        for partition in range(PARTITIONS):
            found = log.read(WORK_TOPIC, partition, offsets[partition], max_records=_READ, wait_seconds=0)
            if found:
                offsets[partition] = found[-1].offset + 1
                seen += len(found)
                yield seen


VERBS: Mapping[str, Any] = {"poll": poll, "produce": produce, "append": append, "read": read}


def main(arguments: Sequence[str]) -> None:
    """Does what the first argument says with the others; digits are numbers."""
    verb, *others = arguments
    answer = VERBS[verb](*(int(each) if each.isdigit() else each for each in others))
    print(json.dumps(answer))  # noqa: T201 - its answer


if __name__ == "__main__":
    main(sys.argv[1:])
