"""What scores are made of beside work: the organization as it was told, and what people found."""

from collections.abc import Sequence

from evaluation.domain.findings import FindingRow
from evaluation.domain.organization import Officer, Unit
from evaluation.store import findings as finding_store
from evaluation.store import marks as mark_store
from evaluation.store import organization as organization_store
from evaluation.store import scores
from runtime.postgres import Connection

# Marks are keyed by their writer; these two write beside the partitions of work (0, 1, 2 …).
ORGANIZATION_WRITER = -1
FINDINGS_WRITER = -2
CLOCK_WRITER = -3


def take_units(conn: Connection, units: Sequence[tuple[int, Unit]]) -> None:
    """Keeps the newest state of units; the tree rolls up to other units then, so everything is scored again."""
    if units:
        # A month that a scorer opens meanwhile would not see these units, and its opening would not be seen here.
        scores.hold_scorers(conn)
        latest = {unit.unit_id: (revision, unit) for revision, unit in sorted(units, key=_revision)}
        organization_store.save_units(conn, list(latest.values()))
        mark_store.mark_known(conn, partition=ORGANIZATION_WRITER)
        _mark_open_months(conn, list(latest))


def take_officers(conn: Connection, officers: Sequence[tuple[int, Officer]]) -> None:
    """Keeps the newest state of officers; whom they answer for decides d, so everything is scored again."""
    if officers:
        scores.hold_scorers(conn)
        latest = {officer.officer_id: (revision, officer) for revision, officer in sorted(officers, key=_revision)}
        organization_store.save_officers(conn, list(latest.values()))
        mark_store.mark_known(conn, partition=ORGANIZATION_WRITER)
        _mark_open_months(conn, list(latest))


def take_findings(conn: Connection, rows: Sequence[FindingRow]) -> None:
    """Keeps findings; their subjects' months are scored again."""
    if rows:
        finding_store.save_findings(conn, rows)
        marks = {mark_store.Mark(row.subject, row.month, False) for row in rows}
        mark_store.mark_scores(conn, partition=FINDINGS_WRITER, marks=marks)


def _revision(told: tuple[int, Unit | Officer]) -> int:
    return told[0]


def _mark_open_months(conn: Connection, subjects: Sequence[str]) -> None:
    months = scores.load_months(conn)
    marks = {mark_store.Mark(subject, month, False) for subject in subjects for month in months}
    if marks:
        mark_store.mark_scores(conn, partition=ORGANIZATION_WRITER, marks=marks)
