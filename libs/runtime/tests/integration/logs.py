"""Logs of either engine: what is put in, and all that is in them."""

from collections.abc import Mapping

import pytest

from runtime.events import EventLog, Record, StoredRecord

ONE = "congvu.organization.v1"
"""A topic of one partition."""
MANY = "congvu.work.v1"
"""A topic of eight partitions."""

on_both_logs = pytest.mark.parametrize(
    "log_url", [pytest.param("event_log_url", id="embedded"), pytest.param("kafka_log_url", id="kafka")], indirect=True
)
"""For tests, or modules, in which the log could make a difference."""


def record(key: str, value: bytes = b"x", topic: str = MANY, headers: Mapping[str, str] | None = None) -> Record:
    """A record with what a test cares about."""
    return Record(topic=topic, key=key, value=value, headers=headers or {})


def read_all(log: EventLog, topic: str, partition: int, step: int = 100) -> list[StoredRecord]:
    """All of a partition, so many at a time."""
    found: list[StoredRecord] = []
    while batch := log.read(topic, partition, len(found), max_records=step, wait_seconds=0):
        found += batch
    return found
