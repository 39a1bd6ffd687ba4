"""The side schema in which the log is folded afresh, and what is compared."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from psycopg import sql

from evaluation.domain.periods import Month
from evaluation.store.positions import PositionRow
from runtime.errors import Conflict
from runtime.postgres import RUNTIME_MIGRATIONS, Connection

SCHEMA: Final = "recomputed"
_LOCK: Final = 7_205_759_601
# For a comparison of two tables: by default it would be done in pieces, on the disk.
_MEMORY: Final = "64MB"

# What the log alone makes, with what tells its rows apart; the rest is this service's own (numbers of its findings and
# events, outbox).
_DERIVED: Final[Mapping[str, Sequence[str]]] = {
    "items": ("work_id",),
    "ticks": ("partition", "next_tick", "work_id"),
    "evidence": ("subject", "month", "unit_id", "work_id"),
    "sums": ("subject", "month", "unit_id", "request", "partition"),
    "parked": ("partition", "offset"),
    "units": ("unit_id",),
    "officers": ("officer_id",),
    "findings": ("subject", "revision"),
}


@contextmanager
def side_schema(conn: Connection, migrations: Path) -> Iterator[None]:
    """Within, the connection sees empty tables in a schema of their own; they are gone at the end.

    Raises Conflict when another recomputation has them.
    """
    _require_alone(conn)
    try:
        with conn.transaction():
            _make_schema(conn, migrations)
        with side_view(conn):
            yield
    finally:
        conn.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(SCHEMA)))
        conn.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


@contextmanager
def side_view(conn: Connection) -> Iterator[None]:
    """Within, the connection sees the tables of the side schema only."""
    conn.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(SCHEMA)))
    try:
        yield
    finally:
        conn.execute("RESET search_path")


def _require_alone(conn: Connection) -> None:
    row = conn.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone()
    if row is None or not row[0]:
        raise Conflict("Another recomputation of this database is at work; wait until it has ended.")


def _make_schema(conn: Connection, migrations: Path) -> None:
    conn.execute(sql.SQL("DROP SCHEMA IF EXISTS {0} CASCADE; CREATE SCHEMA {0}").format(sql.Identifier(SCHEMA)))
    conn.execute(sql.SQL("SET LOCAL search_path TO {}").format(sql.Identifier(SCHEMA)))
    for folder in (RUNTIME_MIGRATIONS, migrations):
        for file in sorted(folder.glob("*.sql")):
            conn.execute(file.read_bytes())
    # What is lost with a crash here is made again anyway.
    for table in _DERIVED:
        conn.execute(sql.SQL("ALTER TABLE {} SET UNLOGGED").format(sql.Identifier(table)))


def take_over(conn: Connection) -> int:
    """Makes the live rows those of the side schema, and marks everything for scoring; returns how many it replaced.

    In a transaction that holds the positions. What is right already is left alone, and readers need not wait.
    """
    conn.execute(sql.SQL("SET LOCAL work_mem = {}").format(_MEMORY))
    replaced = sum(_replace_rows(conn, table, keys) for table, keys in _DERIVED.items())
    # Waits for the round of a scorer under way: what it scores from the sums as they were is marked, too.
    conn.execute("UPDATE scorer_clock SET scorer = ''")
    conn.execute(
        """
        INSERT INTO scores_due (month, onwards, partition, subjects)
        SELECT month, true, -4, array_agg(subject)
          FROM (SELECT subject, month FROM sums UNION SELECT subject, month FROM scores) AS known
         GROUP BY month
        """
    )
    return replaced


def _replace_rows(conn: Connection, table: str, keys: Sequence[str]) -> int:
    names = {
        "live": sql.Identifier(table),
        "side": sql.Identifier(SCHEMA, table),
        "same": sql.SQL(" AND ").join([sql.SQL("side.{0} = live.{0}").format(sql.Identifier(key)) for key in keys]),
    }
    # Equal byte for byte (*=): json and arrays as well.
    gone = sql.SQL(
        "DELETE FROM {live} AS live WHERE NOT EXISTS (SELECT FROM {side} AS side WHERE {same} AND side.* *= live.*)"
    )
    come = sql.SQL(
        "INSERT INTO {live} SELECT side.* FROM {side} AS side"
        " WHERE NOT EXISTS (SELECT FROM {live} AS live WHERE {same})"
    )
    return sum(conn.execute(statement.format(**names)).rowcount for statement in (gone, come))


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
