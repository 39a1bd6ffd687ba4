"""The replica of the organization: what its events said last."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from runtime.postgres import Connection
from work.domain.organization import KnownOfficer, KnownUnit


def find_known_officers(conn: Connection, officer_ids: Collection[str]) -> set[str]:
    """Those of the officers that are known."""
    query = "SELECT officer_id FROM known_officers WHERE officer_id = ANY(%s)"
    return {officer_id for (officer_id,) in conn.execute(query, [list(officer_ids)])}


def find_known_units(conn: Connection, unit_ids: Collection[str]) -> set[str]:
    """Those of the units that are known."""
    query = "SELECT unit_id FROM known_units WHERE unit_id = ANY(%s)"
    return {unit_id for (unit_id,) in conn.execute(query, [list(unit_ids)])}


Span = tuple[datetime, datetime]

# A unit with all above it as of a day, nearest first. A unit that is closed by then hands over to its successors.
_ABOVE = """
    WITH RECURSIVE above (origin, unit_id, steps) AS (
        SELECT unit_id, unit_id, 0 FROM unnest(%(units)s::text[]) AS origin (unit_id)
        UNION
        SELECT above.origin, next.unit_id, above.steps + 1
        FROM above CROSS JOIN LATERAL (
            SELECT parent_id FROM known_unit_versions AS version
            WHERE version.unit_id = above.unit_id AND valid_from <= %(day)s AND (valid_to IS NULL OR %(day)s < valid_to)
            UNION ALL
            SELECT unnest(successor_ids) FROM known_units AS closed
            WHERE closed.unit_id = above.unit_id AND NOT EXISTS (
                SELECT FROM known_unit_versions AS version
                WHERE version.unit_id = above.unit_id AND (valid_to IS NULL OR %(day)s < valid_to))
        ) AS next (unit_id)
        WHERE next.unit_id <> '' AND above.steps < 20
    )
"""


def find_heads_above(conn: Connection, unit_ids: Collection[str], day: date) -> dict[str, dict[str, int]]:
    """For each unit who heads it or a unit above it on the day, with the steps up to them, nearest first."""
    query = f"""
        {_ABOVE}
        SELECT above.origin, post.officer_id, min(above.steps)
        FROM above JOIN known_posts AS post USING (unit_id)
        WHERE post.is_head AND post.valid_from <= %(day)s AND (post.valid_to IS NULL OR %(day)s < post.valid_to)
        GROUP BY above.origin, post.officer_id
        ORDER BY min(above.steps), post.officer_id
    """  # noqa: S608
    rows = conn.execute(query, {"units": list(unit_ids), "day": day})
    heads: dict[str, dict[str, int]] = {unit_id: {} for unit_id in unit_ids}
    for unit_id, officer_id, steps in rows:
        heads[unit_id][officer_id] = steps
    return heads


def find_heads(conn: Connection, unit_id: str, day: date) -> list[str]:
    """Who heads the unit itself on the day; at most one in a sound organization."""
    rows = conn.execute(
        """
        SELECT officer_id FROM known_posts
        WHERE unit_id = %(unit)s AND is_head AND valid_from <= %(day)s AND (valid_to IS NULL OR %(day)s < valid_to)
        ORDER BY officer_id
        """,
        {"unit": unit_id, "day": day},
    )
    return [officer_id for (officer_id,) in rows]


def find_units_of(conn: Connection, officer_ids: Collection[str], day: date) -> dict[str, set[str]]:
    """The units in which the officers hold posts on the day, with all units above them, by officer."""
    rows = conn.execute(
        """
        SELECT officer_id, unit_id FROM known_posts
        WHERE officer_id = ANY(%(officers)s) AND valid_from <= %(day)s AND (valid_to IS NULL OR %(day)s < valid_to)
        """,
        {"officers": list(officer_ids), "day": day},
    ).fetchall()
    query = f"{_ABOVE} SELECT DISTINCT origin, unit_id FROM above"  # noqa: S608
    pairs = conn.execute(query, {"units": list({unit for _, unit in rows}), "day": day})
    above: dict[str, set[str]] = {}
    for origin, unit_id in pairs:
        above.setdefault(origin, set()).add(unit_id)
    units: dict[str, set[str]] = {officer_id: set() for officer_id in officer_ids}
    for officer_id, unit_id in rows:
        units[officer_id] |= above.get(unit_id, set())
    return units


def find_officers_in(conn: Connection, unit_ids: Collection[str], day: date) -> set[str]:
    """Who has a post in one of the units on the day."""
    rows = conn.execute(
        """
        SELECT DISTINCT officer_id FROM known_posts
        WHERE unit_id = ANY(%(units)s) AND valid_from <= %(day)s AND (valid_to IS NULL OR %(day)s < valid_to)
        """,
        {"units": list(unit_ids), "day": day},
    )
    return {officer_id for (officer_id,) in rows}


def find_units_below(conn: Connection, unit_id: str, day: date) -> set[str]:
    """The unit with all below it on the day, and those closed by then whose work went to one of them."""
    rows = conn.execute(
        """
        WITH RECURSIVE below (unit_id, steps) AS (
            SELECT %(unit)s, 0
            UNION
            SELECT next.unit_id, below.steps + 1
            FROM below CROSS JOIN LATERAL (
                SELECT version.unit_id FROM known_unit_versions AS version
                WHERE version.parent_id = below.unit_id AND valid_from <= %(day)s
                    AND (valid_to IS NULL OR %(day)s < valid_to)
                UNION ALL
                SELECT closed.unit_id FROM known_units AS closed
                WHERE below.unit_id = ANY(closed.successor_ids) AND NOT EXISTS (
                    SELECT FROM known_unit_versions AS version
                    WHERE version.unit_id = closed.unit_id AND (valid_to IS NULL OR %(day)s < valid_to))
            ) AS next
            WHERE below.steps < 20
        )
        SELECT DISTINCT unit_id FROM below
        """,
        {"unit": unit_id, "day": day},
    )
    return {below for (below,) in rows}


def save_units(conn: Connection, units: Sequence[KnownUnit]) -> None:
    """Writes the units that are newer than what is known."""
    newer = _keep_newer(
        conn,
        """
        INSERT INTO known_units (unit_id, revision, successor_ids) VALUES (%s, %s, %s)
        ON CONFLICT (unit_id) DO UPDATE SET revision = excluded.revision, successor_ids = excluded.successor_ids
        WHERE known_units.revision < excluded.revision
        """,
        [((unit.unit_id, unit.revision, list(unit.successor_ids)), unit) for unit in units],
    )
    conn.execute("DELETE FROM known_unit_versions WHERE unit_id = ANY(%s)", [[unit.unit_id for unit in newer]])
    _insert(
        conn,
        "INSERT INTO known_unit_versions (unit_id, valid_from, valid_to, parent_id) VALUES (%s, %s, %s, %s)",
        ((unit.unit_id, span.valid_from, span.valid_to, span.parent_id) for unit in newer for span in unit.spans),
    )


def save_officers(conn: Connection, officers: Sequence[tuple[KnownOfficer, Sequence[Span]]]) -> list[str]:
    """Writes the officers that are newer than what is known, each with the instants of the leaves; gives their ids."""
    newer = _keep_newer(
        conn,
        """
        INSERT INTO known_officers (officer_id, revision) VALUES (%s, %s)
        ON CONFLICT (officer_id) DO UPDATE SET revision = excluded.revision
        WHERE known_officers.revision < excluded.revision
        """,
        [((officer.officer_id, officer.revision), (officer, spans)) for officer, spans in officers],
    )
    ids = [officer.officer_id for officer, _ in newer]
    conn.execute("DELETE FROM known_posts WHERE officer_id = ANY(%s)", [ids])
    conn.execute("DELETE FROM known_leaves WHERE officer_id = ANY(%s)", [ids])
    _insert(
        conn,
        "INSERT INTO known_posts (officer_id, unit_id, is_head, valid_from, valid_to) VALUES (%s, %s, %s, %s, %s)",
        (
            (officer.officer_id, post.unit_id, post.is_head, post.valid_from, post.valid_to)
            for officer, _ in newer
            for post in officer.posts
        ),
    )
    _insert(
        conn,
        """
        INSERT INTO known_leaves (officer_id, first_day, last_day, began_at, ended_at, registered_at)
        VALUES (%s, %s, %s, %s, %s, %s)
        """,
        (
            (officer.officer_id, leave.first_day, leave.last_day, began_at, ended_at, leave.registered_at)
            for officer, spans in newer
            for leave, (began_at, ended_at) in zip(officer.leaves, spans, strict=True)
        ),
    )
    return ids


def _keep_newer(conn: Connection, query: str, rows: Sequence[tuple[tuple[Any, ...], Any]]) -> list[Any]:
    """Runs the upsert for each row in one round trip; gives what belongs to the rows that were written."""
    if not rows:
        return []
    with conn.cursor() as cursor:
        cursor.executemany(query + " RETURNING true", [values for values, _ in rows], returning=True)
        written = [bool(cursor.fetchone())]
        while cursor.nextset():
            written.append(bool(cursor.fetchone()))
    return [kept for (_, kept), new in zip(rows, written, strict=True) if new]


def _insert(conn: Connection, query: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with conn.cursor() as cursor:
        cursor.executemany(query, rows)
