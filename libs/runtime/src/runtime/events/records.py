"""What an event log holds, and what it can do: append, read, bounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from runtime.errors import InvalidInput, Unavailable

# Bytes of value: so much every log takes, and the outbox no more than that.
LARGEST_VALUE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record to append; records of one key stay in order."""

    topic: str
    key: str
    value: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class StoredRecord(NamedTuple):
    """A record where the log holds it. `appended_at` is the log's own clock, UTC. Made by the million: a tuple."""

    topic: str
    partition: int
    offset: int
    key: str | None
    value: bytes
    headers: Mapping[str, str]
    appended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a partition holds: offsets from `first` up to but without `end`, the next to be written."""

    first: int
    end: int


class OffsetOutOfBounds(Exception):  # noqa: N818
    """A reader stands where the log has nothing: records were removed, or the log is another one."""


class LogUnavailable(Unavailable):
    """The event log does not answer; what was asked of it may be asked again."""


def check_values(records: Sequence[Record]) -> None:
    """Raises InvalidInput for the first record whose value is larger than a log takes."""
    for record in records:
        if len(record.value) > LARGEST_VALUE:
            raise InvalidInput(
                f"A record of {record.topic} with the key {record.key!r} has {len(record.value)} bytes, and the event"
                f" log takes at most {LARGEST_VALUE}; make it smaller.",
                field="value",
            )


class EventLog(Protocol):
    """An ordered log in partitions. All methods may be called from several threads.

    All raise LogUnavailable when the log does not answer, but for the embedded one: its database's own error says so.
    """

    def append(self, records: Sequence[Record]) -> None:
        """Appends all in the given order; returns when they are durable. After an error some may be in the log.

        Raises InvalidInput, and appends nothing, when a value is larger than LARGEST_VALUE.
        """

    def read(
        self, topic: str, partition: int, offset: int, *, max_records: int, wait_seconds: float
    ) -> list[StoredRecord]:
        """Records from `offset` on, at most `max_records`; waits up to `wait_seconds` for the first.

        Raises OffsetOutOfBounds when `offset` is outside the partition's bounds (its end is inside).
        """

    def bounds(self, topic: str, partition: int) -> Bounds:
        """What the partition holds now."""

    def ends(self, topic: str) -> Sequence[int]:
        """The next offset of every partition of the topic, in one round trip."""

    def partitions(self, topic: str) -> int:
        """How many partitions the topic has."""

    def close(self) -> None:
        """Ends the connections."""
