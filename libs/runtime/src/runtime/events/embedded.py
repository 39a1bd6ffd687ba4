"""The embedded event log: a table in PostgreSQL, for a city that runs on one machine.

Offsets are drawn from the partition's counter row, which stays locked until commit: records become visible in the order
of their offsets, without a gap and without a second use.
"""

import json
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence

from runtime.errors import InvalidInput
from runtime.events.partitions import partition_of
from runtime.events.records import Bounds, OffsetOutOfBounds, Record, StoredRecord, check_values
from runtime.events.topics import TOPICS, Topic
from runtime.postgres import Connection, open_pool

POLL_SECONDS = 0.02
# One batch of a reader stays well under the memory of a small machine, whatever the size of the records.
READ_BYTES = 16 * 1024 * 1024

_SCHEMA_LOCK = 7_205_759_404
_SCHEMA = """
CREATE TABLE IF NOT EXISTS event_log_partitions (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL DEFAULT 0,
    first_offset bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 20);
CREATE TABLE IF NOT EXISTS event_log_records (
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    key text,
    value bytea NOT NULL,
    headers jsonb NOT NULL,
    appended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (topic, partition, "offset")
);
"""


class EmbeddedLog:
    """The log of one city in one PostgreSQL database."""

    def __init__(self, url: str, *, topics: Mapping[str, Topic] = TOPICS) -> None:
        self._topics = topics
        self._pool = open_pool(url, name="event log")
        with self._pool.connection() as conn:
            _create_schema(conn, topics)

    def append(self, records: Sequence[Record]) -> None:
        """Appends all in one transaction: after an error none is in the log, unless only the answer was lost."""
        check_values(records)
        groups = self._group(records)
        if not groups:
            return
        with self._pool.connection() as conn, conn.transaction():
            starts = _draw_offsets(conn, {place: len(group) for place, group in groups.items()})
            _insert(conn, groups, starts)

    def read(
        self, topic: str, partition: int, offset: int, *, max_records: int, wait_seconds: float
    ) -> list[StoredRecord]:
        """See EventLog. A batch ends early after 16 MB of values, with at least one record."""
        deadline = time.monotonic() + wait_seconds
        while True:
            # The connection goes back between polls: a waiting reader must not keep others from theirs.
            with self._pool.connection() as conn:
                found = _select(conn, topic, partition, offset, max_records)
                if not found or found[0].offset != offset:
                    self._check(conn, topic, partition, offset)
            left = deadline - time.monotonic()
            if found or left <= 0:
                return found
            time.sleep(min(POLL_SECONDS, left))

    def bounds(self, topic: str, partition: int) -> Bounds:
        """See EventLog."""
        with self._pool.connection() as conn:
            return self._bounds(conn, topic, partition)

    def ends(self, topic: str) -> Sequence[int]:
        """See EventLog."""
        query = "SELECT next_offset FROM event_log_partitions WHERE topic = %s ORDER BY partition"
        with self._pool.connection() as conn:
            return [end for (end,) in conn.execute(query, [topic])]

    def partitions(self, topic: str) -> int:
        """See EventLog. Raises InvalidInput for a topic that the city does not have."""
        if topic not in self._topics:
            raise InvalidInput(f"The event log has no topic {topic!r}; it has {', '.join(sorted(self._topics))}.")
        return self._topics[topic].partitions

    def close(self) -> None:
        """See EventLog."""
        self._pool.close()

    def _group(self, records: Sequence[Record]) -> dict[tuple[str, int], list[Record]]:
        groups: defaultdict[tuple[str, int], list[Record]] = defaultdict(list)
        for record in records:
            place = record.topic, partition_of(record.key, self.partitions(record.topic))
            groups[place].append(record)
        return dict(sorted(groups.items()))

    def _bounds(self, conn: Connection, topic: str, partition: int) -> Bounds:
        query = "SELECT first_offset, next_offset FROM event_log_partitions WHERE topic = %s AND partition = %s"
        row = conn.execute(query, [topic, partition]).fetchone()
        if row is None:
            raise InvalidInput(f"The event log has no partition {partition} of topic {topic!r}.")
        return Bounds(first=row[0], end=row[1])

    def _check(self, conn: Connection, topic: str, partition: int, offset: int) -> None:
        bounds = self._bounds(conn, topic, partition)
        if not bounds.first <= offset <= bounds.end:
            raise OffsetOutOfBounds(
                f"Partition {partition} of {topic} holds offsets {bounds.first} up to {bounds.end}, not {offset}."
            )


def _create_schema(conn: Connection, topics: Mapping[str, Topic]) -> None:
    """Makes tables and counters unless they are there; any number of processes may do so at once."""
    places = [(topic, partition) for topic, one in topics.items() for partition in range(one.partitions)]
    with conn.transaction():
        conn.execute("SELECT pg_advisory_xact_lock(%s)", [_SCHEMA_LOCK])
        conn.execute(_SCHEMA)
        conn.execute(
            "INSERT INTO event_log_partitions (topic, partition) SELECT * FROM unnest(%s::text[], %s::int[])"
            " ON CONFLICT DO NOTHING",
            [[topic for topic, _ in places], [partition for _, partition in places]],
        )


def _draw_offsets(conn: Connection, counts: Mapping[tuple[str, int], int]) -> dict[tuple[str, int], int]:
    """Locks the counters, in one order for all, and moves them; returns where each group begins."""
    wanted = [[topic for topic, _ in counts], [partition for _, partition in counts], list(counts.values())]
    locked = conn.execute(
        "SELECT topic, partition, next_offset FROM event_log_partitions"
        " JOIN unnest(%s::text[], %s::int[]) AS wanted (topic, partition) USING (topic, partition)"
        " ORDER BY topic, partition FOR UPDATE OF event_log_partitions",
        wanted[:2],
    ).fetchall()
    conn.execute(
        "UPDATE event_log_partitions AS counter SET next_offset = counter.next_offset + wanted.records"
        " FROM unnest(%s::text[], %s::int[], %s::bigint[]) AS wanted (topic, partition, records)"
        " WHERE counter.topic = wanted.topic AND counter.partition = wanted.partition",
        wanted,
    )
    return {(topic, partition): start for topic, partition, start in locked}


def _insert(
    conn: Connection, groups: Mapping[tuple[str, int], Sequence[Record]], starts: Mapping[tuple[str, int], int]
) -> None:
    target = 'COPY event_log_records (topic, partition, "offset", key, value, headers) FROM STDIN (FORMAT BINARY)'
    with conn.cursor() as cursor, cursor.copy(target) as copy:
        copy.set_types(["text", "int4", "int8", "text", "bytea", "jsonb"])
        for (topic, partition), group in groups.items():
            for offset, record in enumerate(group, starts[topic, partition]):
                copy.write_row((topic, partition, offset, record.key, record.value, dict(record.headers)))


def _select(conn: Connection, topic: str, partition: int, offset: int, max_records: int) -> list[StoredRecord]:
    rows = conn.execute(
        """
        SELECT "offset", key, value, headers::text, appended_at FROM (
            SELECT *, sum(octet_length(value)) OVER (ORDER BY "offset") - octet_length(value) AS bytes_before FROM (
                SELECT * FROM event_log_records
                WHERE topic = %s AND partition = %s AND "offset" >= %s ORDER BY "offset" LIMIT %s
            ) AS oldest
        ) AS measured
        WHERE bytes_before < %s ORDER BY "offset"
        """,
        [topic, partition, offset, max_records, READ_BYTES],
        binary=True,
    ).fetchall()
    return [
        StoredRecord(topic, partition, place, key, value, json.loads(headers), appended_at)
        for place, key, value, headers, appended_at in rows
    ]
