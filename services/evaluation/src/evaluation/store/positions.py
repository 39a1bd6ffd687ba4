"""Where the consumers of this service stand in the log, and how much there is."""

from datetime import datetime
from typing import NamedTuple

from psycopg.rows import class_row

from evaluation.domain.periods import Instant, Month
from runtime.postgres import Connection


class PositionRow(NamedTuple):
    """The next offset to be read of a partition, and how far its clock went."""

    topic: str
    partition: int
    next_offset: int
    watermark: datetime | None


class Place(NamedTuple):
    """Where a partition stands: the next offset, and its watermark (0 before the first tick)."""

    next_offset: int
    watermark: Instant


def load_place(conn: Connection, *, topic: str, partition: int) -> Place:
    """Where a partition stands, as this transaction sees it."""
    row = conn.execute(
        """
        SELECT next_offset, coalesce(extract(epoch FROM watermark) * 1000000, 0)::bigint
          FROM event_positions
         WHERE topic = %s AND partition = %s
        """,
        [topic, partition],
    ).fetchone()
    return Place(0, 0) if row is None else Place(*row)


def load_positions(conn: Connection) -> list[PositionRow]:
    """All positions, by topic and partition."""
    return _load_positions(conn, "")


def lock_positions(conn: Connection) -> list[PositionRow]:
    """The same, and no consumer moves on until the transaction ends."""
    return _load_positions(conn, "FOR UPDATE")


def move_position(conn: Connection, position: PositionRow) -> None:
    """Sets where a partition is read next; whoever held its lease finds out at its next batch."""
    conn.execute(
        """
        UPDATE event_positions SET next_offset = %s, owner = NULL, lease_until = NULL
         WHERE topic = %s AND partition = %s
        """,
        [position.next_offset, position.topic, position.partition],
    )


def _load_positions(conn: Connection, lock: str) -> list[PositionRow]:
    with conn.cursor(row_factory=class_row(PositionRow)) as cursor:
        return cursor.execute(
            f"""
            SELECT topic, partition, next_offset, watermark
              FROM event_positions
             ORDER BY topic, partition
             {lock}
            """  # noqa: S608 -- the lock is one of two words above
        ).fetchall()


class CountRow(NamedTuple):
    """How many there are."""

    items: int
    open_items: int
    parked: int
    scores_waiting: int


def count_items(conn: Connection, *, upto: Month) -> CountRow:
    """Items, those still open, parked records, and scores of months up to `upto` that wait."""
    with conn.cursor(row_factory=class_row(CountRow)) as cursor:
        row = cursor.execute(
            """
            WITH waiting AS (
                SELECT subject, month FROM scores_due, unnest(subjects) AS subject WHERE month <= %(upto)s
                 UNION
                SELECT scores.subject, month FROM scores_due JOIN scores USING (month)
                 WHERE subjects IS NULL AND month <= %(upto)s
            )
            SELECT (SELECT count(*) FROM items) AS items,
                   (SELECT count(*) FROM items WHERE state in ('open', 'submitted')) AS open_items,
                   (SELECT count(*) FROM parked) AS parked,
                   (SELECT count(*) FROM waiting) AS scores_waiting
            """,
            {"upto": upto},
        ).fetchone()
    assert row is not None
    return row
