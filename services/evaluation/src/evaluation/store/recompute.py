"""The side schema in which the log is folded afresh, and what is compared."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from psycopg import sql

from evaluation.domain.periods import Month
from evaluation.store.positions import PositionRow
from runtime.postgres import RUNTIME_MIGRATIONS, Connection

SCHEMA: Final = "recomputed"

# What the log alone makes; the rest is this service's own (numbers of its findings and events, outbox).
_DERIVED: Final = ("items", "ticks", "evidence", "sums", "parked", "units", "officers", "findings")


@contextmanager
def side_schema(conn: Connection, migrations: Path) -> Iterator[None]:
    """Within, the connection sees empty tables in a schema of their own; they are gone at the end."""
    with conn.transaction():
        conn.execute(sql.SQL("DROP SCHEMA IF EXISTS {0} CASCADE; CREATE SCHEMA {0}").format(sql.Identifier(SCHEMA)))
        conn.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(SCHEMA)))
        for folder in (RUNTIME_MIGRATIONS, migrations):
            for file in sorted(folder.glob("*.sql")):
                conn.execute(file.read_bytes())
    # What is lost with a crash here is made again anyway.
    conn.execute("SET synchronous_commit TO off")
    try:
        yield
    finally:
        conn.execute("RESET search_path; RESET synchronous_commit")
        conn.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(SCHEMA)))


def take_over(conn: Connection, schema: str) -> None:
    """Replaces the live rows by those of the side schema, and marks everything for scoring."""
    for table in _DERIVED:
        name = sql.Identifier(table)
        conn.execute(sql.SQL("DELETE FROM {}").format(name))
        conn.execute(sql.SQL("INSERT INTO {} SELECT * FROM {}").format(name, sql.Identifier(schema, table)))
    conn.execute(
        """
        INSERT INTO scores_due (month, onwards, partition, subjects)
        SELECT month, true, -4, array_agg(subject)
          FROM (SELECT subject, month FROM sums UNION SELECT subject, month FROM scores) AS known
         GROUP BY month
        """
    )
    conn.execute("UPDATE scorer_clock SET scorer = ''")


def see_one_moment(conn: Connection) -> None:
    """All following reads of the transaction see the same moment; must be its first statement."""
    conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def set_watermark(conn: Connection, position: PositionRow) -> None:
    """Gives the partition of the side schema the watermark of the live one."""
    conn.execute(
        """
        INSERT INTO event_positions (topic, partition, next_offset, watermark) VALUES (%s, %s, 0, %s)
        ON CONFLICT (topic, partition) DO UPDATE SET watermark = excluded.watermark
        """,
        [position.topic, position.partition, position.watermark],
    )


def load_all_sums(conn: Connection) -> dict[tuple[str, str, Month, bool, int], list[int]]:
    """(subject, unit, month, request, partition) → vector."""
    rows = conn.execute("SELECT subject, unit_id, month, request, partition, vector FROM sums")
    return {(row[0], row[1], row[2], row[3], row[4]): row[5] for row in rows}


def load_all_scores(conn: Connection) -> dict[tuple[str, Month, str], bytes]:
    """(subject, month, policy) → scorecard."""
    rows = conn.execute("SELECT subject, month, policy, card FROM scores")
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def load_revisions(conn: Connection) -> dict[str, int]:
    """The last revision of every item."""
    return dict(conn.execute("SELECT work_id, last_revision FROM items").fetchall())


def load_parked_keys(conn: Connection) -> set[tuple[int, int]]:
    """(partition, offset) of what is parked."""
    return set(conn.execute('SELECT partition, "offset" FROM parked').fetchall())
