"""What items add, with their facts, for people to check."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg.rows import class_row

from runtime.postgres import Connection


class EvidenceRow(NamedTuple):
    """What one item adds to one row of a subject's months, with its facts."""

    work_id: str
    subject: str
    unit_id: str
    month: int
    request: bool
    vector: list[int]
    title: str
    facts: Any


def load_evidence(conn: Connection, *, subject: str, month: int) -> list[EvidenceRow]:
    """All contributions to the subject's months up to this one, by item."""
    with conn.cursor(row_factory=class_row(EvidenceRow)) as cursor:
        return cursor.execute(
            """
            SELECT work_id, subject, contributions.unit_id, month, request, vector, title, facts
              FROM contributions
              JOIN items USING (work_id)
             WHERE subject = %s AND month <= %s
             ORDER BY work_id, month
            """,
            [subject, month],
        ).fetchall()


def load_unit_evidence(conn: Connection, *, units: Sequence[str], month: int) -> list[EvidenceRow]:
    """All contributions earned in the units up to the month, by item."""
    with conn.cursor(row_factory=class_row(EvidenceRow)) as cursor:
        return cursor.execute(
            """
            SELECT work_id, subject, contributions.unit_id, month, request, vector, title, facts
              FROM contributions
              JOIN items USING (work_id)
             WHERE contributions.unit_id = ANY (%s) AND month <= %s
             ORDER BY work_id, month
            """,
            [list(units), month],
        ).fetchall()
