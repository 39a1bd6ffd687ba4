"""Units and officers as organization last told them."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from evaluation.domain.organization import Leave, Officer, Post, Unit, UnitVersion
from runtime.postgres import Connection


def save_units(conn: Connection, units: Sequence[tuple[int, Unit]]) -> None:
    """Keeps (revision, unit); an older revision changes nothing."""
    conn.execute(
        """
        INSERT INTO units (unit_id, revision, state)
        SELECT * FROM unnest(%s::text[], %s::bigint[], %s::json[])
        ON CONFLICT (unit_id) DO UPDATE SET revision = excluded.revision, state = excluded.state
         WHERE units.revision < excluded.revision
        """,
        [
            [unit.unit_id for _, unit in units],
            [revision for revision, _ in units],
            [json.dumps(_write_unit(unit)) for _, unit in units],
        ],
    )


def save_officers(conn: Connection, officers: Sequence[tuple[int, Officer]]) -> None:
    """Keeps (revision, officer); an older revision changes nothing."""
    conn.execute(
        """
        INSERT INTO officers (officer_id, revision, state)
        SELECT * FROM unnest(%s::text[], %s::bigint[], %s::json[])
        ON CONFLICT (officer_id) DO UPDATE SET revision = excluded.revision, state = excluded.state
         WHERE officers.revision < excluded.revision
        """,
        [
            [officer.officer_id for _, officer in officers],
            [revision for revision, _ in officers],
            [json.dumps(_write_officer(officer)) for _, officer in officers],
        ],
    )


def organization_version(conn: Connection) -> tuple[int, int]:
    """Moves whenever a unit or an officer does."""
    row = conn.execute(
        """
        SELECT (SELECT coalesce(sum(revision), 0) FROM units)::bigint,
               (SELECT coalesce(sum(revision), 0) FROM officers)::bigint
        """
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def load_units(conn: Connection) -> list[Unit]:
    """All units."""
    return [_read_unit(unit_id, state) for unit_id, state in conn.execute("SELECT unit_id, state FROM units")]


def load_officers(conn: Connection) -> list[Officer]:
    """All officers."""
    return [
        _read_officer(officer_id, state) for officer_id, state in conn.execute("SELECT officer_id, state FROM officers")
    ]


def _write_unit(unit: Unit) -> dict[str, Any]:
    return {
        "kind": unit.kind,
        "versions": [
            [version.valid_from.isoformat(), _write_day(version.valid_to), version.name, version.parent_id]
            for version in unit.versions
        ],
        "successors": list(unit.successor_ids),
    }


def _read_unit(unit_id: str, state: Any) -> Unit:
    return Unit(
        unit_id=unit_id,
        kind=state["kind"],
        versions=tuple(
            UnitVersion(valid_from=date.fromisoformat(begin), valid_to=_read_day(end), name=name, parent_id=parent)
            for begin, end, name, parent in state["versions"]
        ),
        successor_ids=tuple(state["successors"]),
    )


def _write_officer(officer: Officer) -> dict[str, Any]:
    return {
        "name": officer.full_name,
        "category": officer.category,
        "posts": [
            [
                post.post_id,
                post.unit_id,
                post.role,
                post.valid_from.isoformat(),
                _write_day(post.valid_to),
                list(post.field_unit_ids),
                post.title,
            ]
            for post in officer.posts
        ],
        "leaves": [
            [leave.leave_id, leave.kind, leave.valid_from.isoformat(), _write_day(leave.valid_to)]
            for leave in officer.leaves
        ],
    }


def _read_officer(officer_id: str, state: Any) -> Officer:
    return Officer(
        officer_id=officer_id,
        full_name=state["name"],
        category=state["category"],
        posts=tuple(_read_post(*post) for post in state["posts"]),
        leaves=tuple(
            Leave(leave_id=leave_id, kind=kind, valid_from=date.fromisoformat(begin), valid_to=_read_day(end))
            for leave_id, kind, begin, end in state["leaves"]
        ),
    )


def _read_post(
    post_id: str, unit_id: str, role: str, begin: str, end: str | None, field: list[str], title: str
) -> Post:
    return Post(
        post_id=post_id,
        unit_id=unit_id,
        role=role,
        valid_from=date.fromisoformat(begin),
        valid_to=_read_day(end),
        field_unit_ids=tuple(field),
        title=title,
    )


def _write_day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _read_day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
