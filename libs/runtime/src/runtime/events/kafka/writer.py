"""Appending: an idempotent producer that is discarded at the first error."""

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress

from kafka import KafkaProducer
from kafka.errors import KafkaError
from kafka.producer.future import FutureRecordMetadata

from runtime.events.kafka.address import KafkaAddress
from runtime.events.kafka.topics import LARGEST_MESSAGE
from runtime.events.partitions import partition_of
from runtime.events.records import Record

# Within this the driver tries by itself, without a repeat; after it the caller begins again at its oldest record.
DELIVERY_MS = 20_000
REQUEST_MS = 8_000
BATCH_BYTES = 256 * 1024


class Writer:
    """Appends to the topics of one Kafka; from several threads."""

    def __init__(self, address: KafkaAddress) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._producer: KafkaProducer | None = None

    def append(self, records: Sequence[Record], partitions: Mapping[str, int]) -> None:
        """Returns when all are acknowledged by all replicas in sync. Raises LogUnavailable when some are not."""
        if not records:
            return
        producer = self._open()
        try:
            sent = [self._send(producer, record, partitions[record.topic]) for record in records]
            producer.flush(DELIVERY_MS / 1000)
            for future in sent:
                future.get(0)
        except (KafkaError, OSError) as error:
            self._discard(producer)
            raise self._address.unavailable(error) from error

    def close(self) -> None:
        """Ends the connections."""
        with self._lock:
            producer, self._producer = self._producer, None
        if producer is not None:
            producer.close(timeout=REQUEST_MS / 1000)

    def _open(self) -> KafkaProducer:
        with self._lock:
            if self._producer is None:
                self._producer = self._make()
            return self._producer

    def _make(self) -> KafkaProducer:
        try:
            return KafkaProducer(
                bootstrap_servers=list(self._address.bootstrap),
                bootstrap_timeout_ms=REQUEST_MS,
                acks="all",
                enable_idempotence=True,
                delivery_timeout_ms=DELIVERY_MS,
                request_timeout_ms=REQUEST_MS,
                max_block_ms=REQUEST_MS,
                reconnect_backoff_max_ms=1_000,
                # The flush at the end of each append sends what is there.
                linger_ms=20,
                batch_size=BATCH_BYTES,
                max_request_size=LARGEST_MESSAGE,
                allow_auto_create_topics=False,
                metrics_enabled=False,
                **self._address.settings,
            )
        except (KafkaError, OSError) as error:
            raise self._address.unavailable(error) from error

    def _send(self, producer: KafkaProducer, record: Record, partitions: int) -> FutureRecordMetadata:
        return producer.send(
            self._address.topic(record.topic),
            key=record.key.encode(),
            value=record.value,
            headers=[(name, value.encode()) for name, value in record.headers.items()],
            partition=partition_of(record.key, partitions),
        )

    def _discard(self, producer: KafkaProducer) -> None:
        """What it still holds must not follow behind what the caller sends next."""
        with self._lock:
            if self._producer is producer:
                self._producer = None
        with suppress(KafkaError, OSError):
            producer.close(timeout=0)
