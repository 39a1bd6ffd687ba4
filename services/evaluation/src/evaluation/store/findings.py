"""Findings as they stand in the log, and the numbers of those that this service publishes itself."""

import json
from collections.abc import Sequence

from psycopg.rows import class_row

from evaluation.domain.findings import FindingRow
from evaluation.domain.periods import Month
from runtime.postgres import Connection


def save_findings(conn: Connection, rows: Sequence[FindingRow]) -> None:
    """Keeps findings; a repeated revision changes nothing."""
    conn.execute(
        """
        INSERT INTO findings (subject, revision, event_id, month, kind, occurred_at, recorded_at, state)
        SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::int[], %s::text[], %s::bigint[], %s::bigint[],
                             %s::json[])
        ON CONFLICT (subject, revision) DO NOTHING
        """,
        [
            *(list(column) for column in list(zip(*rows, strict=True))[:7]),
            [json.dumps(row.state) for row in rows],
        ],
    )


def load_findings(conn: Connection, *, month: Month) -> list[FindingRow]:
    """All findings about a month, each subject's in the order of their revisions."""
    with conn.cursor(row_factory=class_row(FindingRow)) as cursor:
        return cursor.execute(
            """
            SELECT subject, revision, event_id, month, kind, occurred_at, recorded_at, state
              FROM findings
             WHERE month = %s
             ORDER BY subject, revision
            """,
            [month],
        ).fetchall()


def count_findings(conn: Connection, *, month: Month) -> int:
    """How many findings there are about a month; they only ever become more."""
    row = conn.execute("SELECT count(*) FROM findings WHERE month = %s", [month]).fetchone()
    return 0 if row is None else int(row[0])


def lock_numbers(conn: Connection) -> None:
    """One writer of finding numbers at a time, until the transaction ends."""
    conn.execute("LOCK TABLE finding_numbers IN EXCLUSIVE MODE")


def load_numbers(conn: Connection, subjects: Sequence[str]) -> dict[str, int]:
    """The last number given for each subject; 0 where none was."""
    rows = conn.execute(
        "SELECT subject, max(revision) FROM finding_numbers WHERE subject = ANY (%s) GROUP BY subject", [list(subjects)]
    )
    return dict.fromkeys(subjects, 0) | dict(rows.fetchall())


def load_contents(conn: Connection, event_ids: Sequence[str]) -> dict[str, bytes]:
    """What was recorded under these event ids before."""
    rows = conn.execute("SELECT event_id, content FROM finding_numbers WHERE event_id = ANY (%s)", [list(event_ids)])
    return dict(rows.fetchall())


def save_numbers(conn: Connection, rows: Sequence[tuple[str, int, str, bytes]]) -> None:
    """Remembers (subject, revision, event id, content)."""
    conn.execute(
        """
        INSERT INTO finding_numbers (subject, revision, event_id, content)
        SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[], %b::bytea[])
        """,
        [list(column) for column in zip(*rows, strict=True)],
    )
