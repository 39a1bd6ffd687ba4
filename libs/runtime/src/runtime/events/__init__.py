"""The event log of a city, whichever engine holds it."""

from runtime.config import ConfigError
from runtime.events.cloud import cloud_event
from runtime.events.embedded import EmbeddedLog
from runtime.events.partitions import partition_of
from runtime.events.records import (
    LARGEST_VALUE,
    Bounds,
    EventLog,
    LogUnavailable,
    OffsetOutOfBounds,
    Record,
    StoredRecord,
)
from runtime.events.topics import TOPICS, Topic

__all__ = [
    "LARGEST_VALUE",
    "TOPICS",
    "Bounds",
    "EventLog",
    "LogUnavailable",
    "OffsetOutOfBounds",
    "Record",
    "StoredRecord",
    "Topic",
    "cloud_event",
    "open_event_log",
    "partition_of",
]


def open_event_log(url: str) -> EventLog:
    """Opens the log that the URL names; makes its topics when they are absent.

    "postgresql://…" is the embedded log, "kafka://host:9092[,…][/namespace][?setting=value…]" Apache Kafka. Raises
    ConfigError for anything else, and for topics of Kafka that are not as declared.
    """
    scheme = url.partition("://")[0]
    if scheme in ("postgresql", "postgres"):
        return EmbeddedLog(url)
    if scheme == "kafka":
        return _open_kafka(url)
    raise ConfigError(
        f"EVENT_LOG_URL begins with {scheme!r}; use postgresql://… (the embedded log) or kafka://… (Apache Kafka)."
    )


def _open_kafka(url: str) -> EventLog:
    # Loading the driver takes a quarter of a second, which a city without it need not pay.
    from runtime.events.kafka import KafkaLog

    return KafkaLog(url)
