"""Initiatives as they are proposed and recognised."""

from runtime.postgres import Connection
from work.domain.facts import Author
from work.domain.initiatives import Initiative, InitiativeStatus


def lock_initiative(conn: Connection, initiative_id: str) -> Initiative | None:
    """One initiative, locked, or None."""
    row = conn.execute(
        """
        SELECT title, status, officer_ids, unit_ids, shares FROM initiatives WHERE initiative_id = %s FOR UPDATE
        """,
        [initiative_id],
    ).fetchone()
    if row is None:
        return None
    title, status, officer_ids, unit_ids, shares = row
    authors = tuple(
        Author(officer_id=officer_id, unit_id=unit_id, share=share)
        for officer_id, unit_id, share in zip(officer_ids, unit_ids, shares, strict=True)
    )
    return Initiative(initiative_id=initiative_id, title=title, authors=authors, status=InitiativeStatus(status))


def insert_initiative(conn: Connection, initiative: Initiative) -> bool:
    """Writes a new initiative; False when its id is taken."""
    cursor = conn.execute(
        """
        INSERT INTO initiatives (initiative_id, title, status, officer_ids, unit_ids, shares)
        VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (initiative_id) DO NOTHING
        """,
        [
            initiative.initiative_id,
            initiative.title,
            initiative.status.value,
            [author.officer_id for author in initiative.authors],
            [author.unit_id for author in initiative.authors],
            [author.share for author in initiative.authors],
        ],
    )
    return cursor.rowcount == 1


def mark_recognised(conn: Connection, initiative_id: str) -> None:
    """Notes that an initiative is recognised."""
    conn.execute(
        "UPDATE initiatives SET status = %s WHERE initiative_id = %s",
        [InitiativeStatus.RECOGNISED.value, initiative_id],
    )
