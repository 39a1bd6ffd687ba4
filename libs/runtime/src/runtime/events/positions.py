"""Where a service stands in a partition, and who may move it: the SQL of event_positions and event_consumers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runtime.events.shares import fair_share, surplus
from runtime.postgres import Connection


class LeaseLost(Exception):  # noqa: N818
    """Another consumer has the partition, or has moved it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What an owner has after a claim, as next_offset by partition.

    `taken` may hold what the owner had before and lost in between: another may have moved it.
    """

    kept: dict[int, int]
    taken: dict[int, int]
    given_back: Collection[int]
    share: int

    @property
    def is_settled(self) -> bool:
        """Nothing moved and nothing is missing: the next look may wait."""
        return not self.taken and not self.given_back and len(self.kept) == self.share


def claim(
    conn: Connection,
    *,
    topic: str,
    partitions: int,
    owner: str,
    lease_seconds: float,
    failing: Collection[int] = (),
    resting: Collection[int] = (),
) -> Claim:
    """Makes the owner known, renews its leases, gives back what exceeds its fair share or takes what is free up to it.

    In the caller's transaction; the owner must have no batch in progress. Another's row that is locked belongs to a
    batch in progress and is left alone, however long it takes. What is `failing` is given back last, what is free and
    `resting` is left to others.
    """
    values = {"topic": topic, "owner": owner, "seconds": lease_seconds, "partitions": partitions}
    known = _make_known(conn, values)
    share = fair_share(partitions=partitions, consumers=len(known), place=known.index(owner))
    kept = _renew(conn, values)
    given_back = surplus(kept, share=share, failing=failing)
    if given_back:
        _give_back(conn, values | {"given_back": given_back})
    kept = {partition: offset for partition, offset in kept.items() if partition not in given_back}
    room = share - len(kept)
    taken = _take(conn, values | {"room": room, "resting": list(resting)}) if room > 0 else {}
    return Claim(kept=kept, taken=taken, given_back=given_back, share=share)


def _make_known(conn: Connection, values: Mapping[str, Any]) -> list[str]:
    """Who is there, the first to come first. Two who wake up at once do not wait for each other."""
    conn.execute(
        """
        DELETE FROM event_consumers WHERE topic = %(topic)s AND owner IN (
            SELECT owner FROM event_consumers
            WHERE topic = %(topic)s AND seen_until < clock_timestamp() FOR UPDATE SKIP LOCKED
        )
        """,
        values,
    )
    conn.execute(
        """
        INSERT INTO event_consumers (topic, owner, seen_until)
        VALUES (%(topic)s, %(owner)s, clock_timestamp() + make_interval(secs => %(seconds)s))
        ON CONFLICT (topic, owner) DO UPDATE SET seen_until = excluded.seen_until
        """,
        values,
    )
    rows = conn.execute(
        """
        SELECT owner FROM event_consumers
        WHERE topic = %(topic)s AND (owner = %(owner)s OR seen_until >= clock_timestamp()) ORDER BY since, owner
        """,
        values,
    )
    return [owner for (owner,) in rows]


def _renew(conn: Connection, values: Mapping[str, Any]) -> dict[int, int]:
    rows = conn.execute(
        """
        UPDATE event_positions SET lease_until = clock_timestamp() + make_interval(secs => %(seconds)s)
        WHERE topic = %(topic)s AND owner = %(owner)s RETURNING partition, next_offset
        """,
        values,
    )
    return dict(rows.fetchall())


def _give_back(conn: Connection, values: Mapping[str, Any]) -> None:
    conn.execute(
        """
        UPDATE event_positions SET owner = NULL, lease_until = NULL
        WHERE topic = %(topic)s AND owner = %(owner)s AND partition = ANY(%(given_back)s)
        """,
        values,
    )


def _take(conn: Connection, values: Mapping[str, Any]) -> dict[int, int]:
    conn.execute(
        """
        INSERT INTO event_positions (topic, partition)
        SELECT %(topic)s, generate_series(0, %(partitions)s - 1) ON CONFLICT DO NOTHING
        """,
        values,
    )
    rows = conn.execute(
        """
        WITH free AS (
            SELECT partition FROM event_positions
            WHERE topic = %(topic)s AND owner IS DISTINCT FROM %(owner)s AND partition <> ALL(%(resting)s::int[])
                AND (owner IS NULL OR lease_until < clock_timestamp())
            ORDER BY partition LIMIT %(room)s FOR UPDATE SKIP LOCKED
        )
        UPDATE event_positions AS position
        SET owner = %(owner)s, lease_until = clock_timestamp() + make_interval(secs => %(seconds)s)
        FROM free WHERE position.topic = %(topic)s AND position.partition = free.partition
        RETURNING position.partition, position.next_offset
        """,
        values,
    )
    return dict(rows.fetchall())


def move(
    conn: Connection,
    *,
    topic: str,
    partition: int,
    owner: str,
    expected: int,
    next_offset: int,
    lease_seconds: float,
) -> None:
    """Locks the row for this transaction, moves it and renews its lease.

    Raises LeaseLost when it is another's or does not stand at `expected`.
    """
    moved = conn.execute(
        """
        UPDATE event_positions
        SET next_offset = %s, lease_until = clock_timestamp() + make_interval(secs => %s)
        WHERE topic = %s AND partition = %s AND owner = %s AND next_offset = %s
        """,
        [next_offset, lease_seconds, topic, partition, owner, expected],
    )
    _check_held(moved.rowcount, topic, partition, expected)


def set_watermark(conn: Connection, *, topic: str, partition: int, owner: str, expected: int, now: datetime) -> None:
    """Locks the row for this transaction and tells until when its clock is followed; it never goes back.

    Raises LeaseLost as `move` does.
    """
    moved = conn.execute(
        """
        UPDATE event_positions SET watermark = greatest(watermark, %s)
        WHERE topic = %s AND partition = %s AND owner = %s AND next_offset = %s
        """,
        [now, topic, partition, owner, expected],
    )
    _check_held(moved.rowcount, topic, partition, expected)


def _check_held(rows: int, topic: str, partition: int, expected: int) -> None:
    if rows != 1:
        raise LeaseLost(f"Partition {partition} of {topic} is not ours at offset {expected} any more.")


def release(conn: Connection, *, topic: str, owner: str) -> None:
    """The owner is gone, and its leases are free: nobody need wait until they run out. In the caller's transaction."""
    conn.execute("DELETE FROM event_consumers WHERE topic = %s AND owner = %s", [topic, owner])
    conn.execute(
        "UPDATE event_positions SET owner = NULL, lease_until = NULL WHERE topic = %s AND owner = %s", [topic, owner]
    )
