"""The transactional outbox: events are committed with the state and published by a relay."""

from collections.abc import Sequence

from psycopg.types.json import Jsonb

from runtime.events.records import Record
from runtime.postgres import Connection

CHANNEL = "outbox"


def enqueue(conn: Connection, records: Sequence[Record]) -> None:
    """Puts the records into the outbox, in order, in the caller's transaction; the relay is told at commit."""
    if not records:
        return
    conn.execute(
        """
        WITH added AS (
            INSERT INTO outbox (topic, key, value, headers)
            SELECT topic, key, value, headers
            FROM unnest(%s::text[], %s::text[], %b::bytea[], %s::jsonb[]) WITH ORDINALITY
                AS record (topic, key, value, headers, place)
            ORDER BY place
        )
        SELECT pg_notify(%s, '')
        """,
        [
            [record.topic for record in records],
            [record.key for record in records],
            [record.value for record in records],
            [Jsonb(dict(record.headers)) for record in records],
            CHANNEL,
        ],
    )
