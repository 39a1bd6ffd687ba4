"""Records that could not be applied, and those that wait behind them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from psycopg.rows import class_row

from evaluation.domain.ledger import Ledger, Received
from evaluation.domain.periods import Instant
from evaluation.store.facts import read_fact, write_fact
from runtime.postgres import Connection


def save_parked(conn: Connection, *, partition: int, ledgers: Sequence[Ledger]) -> None:
    """Replaces what is parked of these items."""
    conn.execute("DELETE FROM parked WHERE work_id = ANY (%s)", [[ledger.work_id for ledger in ledgers]])
    for ledger in ledgers:
        for record in ledger.parked.values():
            conn.execute(
                """
                INSERT INTO parked
                (partition, "offset", work_id, event_id, revision, received_at, value, fact, reason, behind)
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
                """,
                [
                    partition,
                    record.offset,
                    ledger.work_id,
                    record.event_id,
                    record.revision,
                    record.received_at,
                    record.value,
                    None if record.fact is None else write_fact(record.fact),
                    record.reason,
                    record.behind,
                ],
            )


def unassigned_items(conn: Connection, *, limit: int) -> list[str]:
    """Items with facts and no assignment."""
    rows = conn.execute("SELECT work_id FROM items WHERE state = 'announced' ORDER BY work_id LIMIT %s", [limit])
    return [work_id for (work_id,) in rows]


def load_parked(conn: Connection, work_ids: Sequence[str]) -> Iterable[tuple[str, Received]]:
    """What is parked of the items named: (work_id, record)."""
    rows = conn.execute(
        """
        SELECT work_id, "offset", received_at, value, fact, event_id, revision, reason, behind
          FROM parked
         WHERE work_id = ANY (%b)
        """,
        [list(work_ids)],
    )
    for work_id, offset, received_at, value, fact, event_id, revision, reason, behind in rows:
        yield (
            work_id,
            Received(
                offset=offset,
                received_at=received_at,
                value=value,
                fact=None if fact is None else read_fact(fact),
                event_id=event_id,
                revision=revision,
                reason=reason,
                behind=behind,
            ),
        )


class ParkedRow(NamedTuple):
    """A parked record, for people."""

    partition: int
    offset: int
    work_id: str
    event_id: str
    revision: int
    received_at: Instant
    value: bytes
    reason: str
    behind: bool


def list_parked(conn: Connection, *, after: tuple[int, int], limit: int) -> list[ParkedRow]:
    """Parked records in the order of (partition, offset), after the one named."""
    with conn.cursor(row_factory=class_row(ParkedRow)) as cursor:
        return cursor.execute(
            """
            SELECT partition, "offset", work_id, event_id, revision, received_at, value, reason, behind
              FROM parked
             WHERE (partition, "offset") > (%s, %s)
             ORDER BY partition, "offset"
             LIMIT %s
            """,
            [*after, limit],
        ).fetchall()
