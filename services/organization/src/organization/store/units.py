"""Units and their versions."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from organization.domain.units import Unit, UnitKind, UnitVersion
from runtime.postgres import Connection


def load_units(conn: Connection) -> dict[str, Unit]:
    """All units with their whole history, by id."""
    rows = conn.execute(
        """
        SELECT unit_id, kind, successor_ids, valid_from, valid_to, name, parent_id
        FROM units JOIN unit_versions USING (unit_id)
        ORDER BY unit_id, valid_from
        """
    ).fetchall()
    return {unit_id: _unit(list(versions)) for unit_id, versions in groupby(rows, key=itemgetter(0))}


def _unit(rows: Sequence[tuple[Any, ...]]) -> Unit:
    unit_id, kind, successor_ids, *_ = rows[0]
    return Unit(
        unit_id=unit_id,
        kind=UnitKind(kind),
        successor_ids=tuple(successor_ids),
        versions=tuple(
            UnitVersion(valid_from=valid_from, valid_to=valid_to, name=name, parent_id=parent_id)
            for _, _, _, valid_from, valid_to, name, parent_id in rows
        ),
    )


def save_units(conn: Connection, units: Sequence[Unit]) -> dict[str, int]:
    """Writes the units as they are now; returns the new revision of each."""
    unit_ids = [unit.unit_id for unit in units]
    with conn.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO units (unit_id, kind, successor_ids, revision) VALUES (%s, %s, %s, 1)
            ON CONFLICT (unit_id) DO UPDATE
            SET kind = excluded.kind, successor_ids = excluded.successor_ids, revision = units.revision + 1
            """,
            [(unit.unit_id, unit.kind, list(unit.successor_ids)) for unit in units],
        )
        cursor.execute("DELETE FROM unit_versions WHERE unit_id = ANY(%s)", (unit_ids,))
        cursor.executemany(
            "INSERT INTO unit_versions (unit_id, valid_from, valid_to, name, parent_id) VALUES (%s, %s, %s, %s, %s)",
            list(_version_rows(units)),
        )
        cursor.execute("SELECT unit_id, revision FROM units WHERE unit_id = ANY(%s)", (unit_ids,))
        return dict(cursor.fetchall())


def _version_rows(units: Iterable[Unit]) -> Iterable[tuple[Any, ...]]:
    for unit in units:
        for version in unit.versions:
            yield unit.unit_id, version.valid_from, version.valid_to, version.name, version.parent_id
