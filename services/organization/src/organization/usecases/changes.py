"""How every change of units and officers is made: checked against the whole city, then written and told."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import uuid4

from organization.domain import officers as officers_domain
from organization.domain import units as units_domain
from organization.domain.city import check_heads, check_posts
from organization.domain.officers import Officer, check_officer, held_posts
from organization.domain.tree import check_tree
from organization.domain.units import Unit, check_unit
from organization.events import Envelope, officer_changed, unit_changed
from organization.store.officers import load_officers, load_posts_in, save_officers
from organization.store.transactions import become_only_writer, read_one_snapshot
from organization.store.units import load_units, save_units
from runtime.errors import InvalidInput
from runtime.events import Record
from runtime.outbox import enqueue
from runtime.postgres import Connection, Pool

T = TypeVar("T", Unit, Officer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who changes something, and when."""

    actor_id: str
    now: datetime


@contextmanager
def changing(pool: Pool) -> Iterator[Connection]:
    """A transaction that changes units or officers; one at a time."""
    with pool.connection() as conn, conn.transaction():
        become_only_writer(conn)
        yield conn


@contextmanager
def reading(pool: Pool) -> Iterator[Connection]:
    """A transaction that only reads, all at the same moment."""
    with pool.connection() as conn, conn.transaction():
        read_one_snapshot(conn)
        yield conn


def keep(conn: Connection, author: Author, *, units: Sequence[Unit] = (), officers: Sequence[Officer] = ()) -> int:
    """Writes those of the units and officers that differ from what is kept, and an event for each; returns how many.
    Refuses what would leave the city inconsistent on any day. The caller is the only writer."""
    known_units = load_units(conn)
    new_units = _differing(units, known_units, key=_unit_id, tidy=_tidy_unit)
    all_units = known_units | {unit.unit_id: unit for unit in new_units}
    known_officers = load_officers(conn, [officer.officer_id for officer in officers])
    new_officers = _differing(officers, known_officers, key=_officer_id, tidy=_tidy_officer)
    if new_units:
        check_tree(all_units)
    _check_posts(conn, all_units, new_units, new_officers)
    _write(conn, author, new_units, new_officers)
    return len(new_units) + len(new_officers)


def _differing(
    wanted: Iterable[T], known: Mapping[str, T], *, key: Callable[[T], str], tidy: Callable[[T], T]
) -> list[T]:
    """The wanted ones in their canonical form, without those that are known just so."""
    tidied: dict[str, T] = {}
    for item in wanted:
        if key(item) in tidied:
            raise InvalidInput(f"{key(item)} is in the batch twice: send each once.")
        tidied[key(item)] = tidy(item)
    return [item for item_id, item in tidied.items() if known.get(item_id) != item]


def _unit_id(unit: Unit) -> str:
    return unit.unit_id


def _officer_id(officer: Officer) -> str:
    return officer.officer_id


def _tidy_unit(unit: Unit) -> Unit:
    check_unit(unit)
    return units_domain.canonical(unit)


def _tidy_officer(officer: Officer) -> Officer:
    check_officer(officer)
    return officers_domain.canonical(officer)


def _check_posts(
    conn: Connection, units: Mapping[str, Unit], new_units: Iterable[Unit], new_officers: Sequence[Officer]
) -> None:
    """Looks at all posts in the units that change or that a changed officer has a post in."""
    new_posts = held_posts(new_officers)
    changed_ids = {officer.officer_id for officer in new_officers}
    unit_ids = {unit.unit_id for unit in new_units} | {held.post.unit_id for held in new_posts}
    other_posts = [held for held in load_posts_in(conn, unit_ids) if held.officer_id not in changed_ids]
    check_posts([*new_posts, *other_posts], units)
    check_heads([*new_posts, *other_posts])


def _write(conn: Connection, author: Author, units: Sequence[Unit], officers: Sequence[Officer]) -> None:
    records: list[Record] = []
    if units:
        revisions = save_units(conn, units)
        records += [unit_changed(unit, _envelope(author, revisions[unit.unit_id])) for unit in units]
    if officers:
        revisions = save_officers(conn, officers)
        records += [officer_changed(officer, _envelope(author, revisions[officer.officer_id])) for officer in officers]
    enqueue(conn, records)


def _envelope(author: Author, revision: int) -> Envelope:
    return Envelope(event_id=uuid4().hex, revision=revision, actor_id=author.actor_id, now=author.now)
