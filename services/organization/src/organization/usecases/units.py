"""Changing and reading the tree of units."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from organization.domain import units as units_domain
from organization.domain.city import heads_as_of
from organization.domain.officers import Officer
from organization.domain.reorganization import Merger, SplitPart, known_unit, merge, split
from organization.domain.tree import Place, parents_first, tree_as_of
from organization.domain.units import Unit, UnitKind, establish
from organization.store.officers import find_concerned, load_head_posts, load_officers
from organization.store.units import load_units
from organization.usecases.changes import Author, changing, keep, reading
from runtime.errors import Conflict
from runtime.postgres import Connection, Pool


def put_units(pool: Pool, author: Author, units: Sequence[Unit]) -> int:
    """Makes each unit what is given, its whole history included; returns how many that changed."""
    with changing(pool) as conn:
        return keep(conn, author, units=units)


def establish_unit(
    pool: Pool, author: Author, *, unit_id: str, kind: UnitKind, name: str, parent_id: str, day: date
) -> Unit:
    """Adds a unit that is there from the day on."""
    with changing(pool) as conn:
        if unit_id in load_units(conn):
            raise Conflict(f"Unit {unit_id} is there already: choose another id.")
        unit = establish(unit_id=unit_id, kind=kind, name=name, parent_id=parent_id, day=day)
        keep(conn, author, units=[unit])
        return unit


def rename_unit(pool: Pool, author: Author, *, unit_id: str, name: str, day: date) -> Unit:
    """Gives a unit a new name from the day on."""
    with changing(pool) as conn:
        unit = units_domain.rename(known_unit(load_units(conn), unit_id), name=name, day=day)
        keep(conn, author, units=[unit])
        return unit


def move_unit(pool: Pool, author: Author, *, unit_id: str, parent_id: str, day: date) -> Unit:
    """Puts a unit under another one from the day on."""
    with changing(pool) as conn:
        unit = units_domain.move(known_unit(load_units(conn), unit_id), parent_id=parent_id, day=day)
        keep(conn, author, units=[unit])
        return unit


def merge_units(pool: Pool, author: Author, merger: Merger) -> Unit:
    """Closes units on a day and lets their people and divisions go on in another one, which is returned."""
    with changing(pool) as conn:
        outcome = merge(load_units(conn), _concerned(conn, merger.unit_ids), merger)
        keep(conn, author, units=outcome.units, officers=outcome.officers)
        return next(unit for unit in outcome.units if unit.unit_id == merger.into_unit_id)


def split_unit(pool: Pool, author: Author, *, unit_id: str, parts: Sequence[SplitPart], day: date) -> list[Unit]:
    """Closes a unit on a day and lets its people go on in the parts, which are returned in the order named."""
    with changing(pool) as conn:
        outcome = split(load_units(conn), _concerned(conn, [unit_id]), unit_id=unit_id, parts=parts, day=day)
        keep(conn, author, units=outcome.units, officers=outcome.officers)
        units = {unit.unit_id: unit for unit in outcome.units}
        return [units[part.unit_id] for part in parts]


def _concerned(conn: Connection, unit_ids: Sequence[str]) -> list[Officer]:
    return list(load_officers(conn, find_concerned(conn, unit_ids)).values())


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeView:
    """The places of the tree on a day, parents first, and the head of each unit that has one."""

    day: date
    places: tuple[Place, ...]
    heads: dict[str, str]


def get_tree(pool: Pool, *, day: date) -> TreeView:
    """The tree as of the day."""
    with reading(pool) as conn:
        tree = tree_as_of(load_units(conn).values(), day)
        heads = heads_as_of(load_head_posts(conn), day)
    return TreeView(day=day, places=tuple(parents_first(tree)), heads=heads)
