"""Where a service stands in a partition, and who may move it: the SQL of the table event_positions."""

from collections.abc import Mapping
from datetime import datetime

from runtime.postgres import Connection


class LeaseLost(Exception):  # noqa: N818
    """Another consumer has the partition, or has moved it."""


def claim(conn: Connection, *, topic: str, partitions: int, owner: str, lease_seconds: float) -> Mapping[int, int]:
    """Renews the owner's leases and takes those that are free or run out; returns next_offset by partition.

    Another's row that is locked belongs to a batch in progress and is left alone, however long it takes.
    """
    conn.execute(
        "INSERT INTO event_positions (topic, partition) SELECT %s, generate_series(0, %s - 1) ON CONFLICT DO NOTHING",
        [topic, partitions],
    )
    kept = conn.execute(
        "UPDATE event_positions SET lease_until = clock_timestamp() + make_interval(secs => %s)"
        " WHERE topic = %s AND owner = %s RETURNING partition, next_offset",
        [lease_seconds, topic, owner],
    ).fetchall()
    taken = conn.execute(
        """
        WITH free AS (
            SELECT partition FROM event_positions
            WHERE topic = %(topic)s AND owner IS DISTINCT FROM %(owner)s
                AND (owner IS NULL OR lease_until < clock_timestamp())
            ORDER BY partition FOR UPDATE SKIP LOCKED
        )
        UPDATE event_positions AS position
        SET owner = %(owner)s, lease_until = clock_timestamp() + make_interval(secs => %(seconds)s)
        FROM free WHERE position.topic = %(topic)s AND position.partition = free.partition
        RETURNING position.partition, position.next_offset
        """,
        {"topic": topic, "owner": owner, "seconds": lease_seconds},
    ).fetchall()
    return dict(kept + taken)


def hold(conn: Connection, *, topic: str, partition: int, owner: str, expected: int) -> None:
    """Locks the row for this transaction. Raises LeaseLost when it is another's or stands elsewhere."""
    row = conn.execute(
        "SELECT owner, next_offset FROM event_positions WHERE topic = %s AND partition = %s FOR UPDATE",
        [topic, partition],
    ).fetchone()
    if row != (owner, expected):
        raise LeaseLost(f"Partition {partition} of {topic} is not ours at offset {expected} any more: {row}.")


def move(conn: Connection, *, topic: str, partition: int, next_offset: int, lease_seconds: float) -> None:
    """Moves the held row and renews its lease."""
    conn.execute(
        "UPDATE event_positions SET next_offset = %s, lease_until = clock_timestamp() + make_interval(secs => %s)"
        " WHERE topic = %s AND partition = %s",
        [next_offset, lease_seconds, topic, partition],
    )


def set_watermark(conn: Connection, *, topic: str, partition: int, now: datetime) -> None:
    """Tells until when the held partition's clock has been followed; it never goes back."""
    conn.execute(
        "UPDATE event_positions SET watermark = greatest(watermark, %s) WHERE topic = %s AND partition = %s",
        [now, topic, partition],
    )


def release(conn: Connection, *, topic: str, owner: str) -> None:
    """Gives all leases of the owner back, so that another need not wait until they run out."""
    conn.execute(
        "UPDATE event_positions SET owner = NULL, lease_until = NULL WHERE topic = %s AND owner = %s", [topic, owner]
    )
