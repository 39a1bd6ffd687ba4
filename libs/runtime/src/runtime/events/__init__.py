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
from runtime.events.topics import TOPICS

__all__ = [
    "LARGEST_VALUE",
    "TOPICS",
    "Bounds",
    "EventLog",
    "LogUnavailable",
    "OffsetOutOfBounds",
    "Record",
    "StoredRecord",
    "cloud_event",
    "open_event_log",
    "partition_of",
]


def open_event_log(url: str) -> EventLog:
    """Opens the log that the URL names; makes its topics when they are absent.

    "postgresql://…" is the embedded log. Raises ConfigError for anything else.
    """
    scheme = url.partition("://")[0]
    if scheme in ("postgresql", "postgres"):
        return EmbeddedLog(url)
    raise ConfigError(f"EVENT_LOG_URL {scheme!r} is not built in; built in is postgresql://… (the embedded log).")
