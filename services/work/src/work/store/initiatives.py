"""Initiatives as they are proposed and recognised."""

from collections.abc import Collection
from typing import Any

from runtime.postgres import Connection
from work.domain.facts import Author
from work.domain.initiatives import Initiative, InitiativeStatus

_COLUMNS = "initiative_id, title, status, officer_ids, unit_ids, shares, proposed_at"


def lock_initiative(conn: Connection, initiative_id: str) -> Initiative | None:
    """One initiative, locked, or None."""
    query = f"SELECT {_COLUMNS} FROM initiatives WHERE initiative_id = %s FOR UPDATE"  # noqa: S608
    row = conn.execute(query, [initiative_id]).fetchone()
    return _initiative(row) if row else None


def find_initiatives(conn: Connection, officer_ids: Collection[str] | None, *, most: int) -> list[Initiative]:
    """Initiatives with one of these authors, or all; at most so many, the latest first."""
    rows = conn.execute(
        f"""
        SELECT {_COLUMNS} FROM initiatives
        WHERE %(all)s OR officer_ids && %(officers)s::text[]
        ORDER BY proposed_at DESC, initiative_id LIMIT %(most)s
        """,  # noqa: S608
        {"all": officer_ids is None, "officers": list(officer_ids or ()), "most": most},
    )
    return [_initiative(row) for row in rows]


def insert_initiative(conn: Connection, initiative: Initiative) -> bool:
    """Writes a new initiative; False when its id is taken."""
    cursor = conn.execute(
        f"""
        INSERT INTO initiatives ({_COLUMNS})
        VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (initiative_id) DO NOTHING
        """,  # noqa: S608
        [
            initiative.initiative_id,
            initiative.title,
            initiative.status.value,
            [author.officer_id for author in initiative.authors],
            [author.unit_id for author in initiative.authors],
            [author.share for author in initiative.authors],
            initiative.proposed_at,
        ],
    )
    return cursor.rowcount == 1


def mark_recognised(conn: Connection, initiative_id: str) -> None:
    """Notes that an initiative is recognised."""
    conn.execute(
        "UPDATE initiatives SET status = %s WHERE initiative_id = %s",
        [InitiativeStatus.RECOGNISED.value, initiative_id],
    )


def _initiative(row: tuple[Any, ...]) -> Initiative:
    initiative_id, title, status, officer_ids, unit_ids, shares, proposed_at = row
    authors = tuple(
        Author(officer_id=officer_id, unit_id=unit_id, share=share)
        for officer_id, unit_id, share in zip(officer_ids, unit_ids, shares, strict=True)
    )
    return Initiative(
        initiative_id=initiative_id,
        title=title,
        authors=authors,
        proposed_at=proposed_at,
        status=InitiativeStatus(status),
    )
