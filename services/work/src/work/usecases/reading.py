"""Reading items, by who may see them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

from runtime.errors import Denied
from runtime.postgres import Connection
from work.domain.items import Item
from work.domain.loads import Load, end_of_soon
from work.domain.selection import Selection, check_selection
from work.events.reading import decode_event
from work.store.events import load_values
from work.store.items import find_awaited_units, find_page
from work.store.loads import count_loads
from work.store.replica import find_units_below, find_units_of
from work.usecases.access import (
    has_post_in,
    heads,
    heads_officer,
    may_see,
    require_item,
    require_known_officer,
    require_known_unit,
    sees_all,
)
from work.usecases.desk import Actor, Desk, today
from work.usecases.reviews import holders_of


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """An item with its serialised facts in the order of their revisions, and the units whose answer it waits for."""

    item: Item
    values: Sequence[bytes]
    awaited_unit_ids: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Items in the order of their ids, and by item the units whose answer it waits for, if any."""

    items: Sequence[Item]
    awaited_unit_ids: dict[str, list[str]] = field(default_factory=dict)


def get_work(desk: Desk, actor: Actor, *, work_id: str) -> History:
    """One item with all its facts."""
    with desk.pool.connection() as conn, conn.transaction():
        item = require_item(conn, work_id)
        values = load_values(conn, [work_id])
        holders = holders_of([decode_event(value) for value in values])
        if not may_see(conn, actor, item, holders=holders, day=today(desk, actor)):
            raise Denied(f"{work_id} is seen by its officer and the heads above.")
        awaited = find_awaited_units(conn, [work_id]).get(work_id, [])
    return History(item=item, values=values, awaited_unit_ids=awaited)


def list_work(desk: Desk, actor: Actor, wanted: Selection, *, after: str, size: int) -> Page:
    """What the selection names, in the order of the ids; at most `size` after the id `after`. Raises NotFound."""
    check_selection(wanted)
    with desk.pool.connection() as conn, conn.transaction():
        if not _may_list(conn, desk, actor, wanted):
            raise Denied("Officers see their own work, heads that of their units and those below.")
        if wanted.officer_id:
            require_known_officer(conn, wanted.officer_id)
        else:
            require_known_unit(conn, wanted.unit_id)
        unit_ids = _units_of(conn, desk, actor, wanted)
        items = find_page(conn, wanted, unit_ids=unit_ids, after=after, size=size)
        return Page(items=items, awaited_unit_ids=find_awaited_units(conn, [item.work_id for item in items]))


def list_loads(desk: Desk, actor: Actor, *, unit_id: str, own_only: bool, officer_id: str) -> list[Load]:
    """How much the officers of a unit and, unless `own_only`, of the units below hold, and what nobody there holds; or
    only what one of those officers holds, without a unit wherever they have a post. Raises NotFound."""
    day = today(desk, actor)
    with desk.pool.connection() as conn, conn.transaction():
        if not _may_see_loads(conn, actor, unit_id=unit_id, officer_id=officer_id, day=day):
            raise Denied("Heads see the loads of their units and those below.")
        unit_ids = _units_of_loads(conn, unit_id=unit_id, own_only=own_only, officer_id=officer_id, day=day)
        soon = end_of_soon(desk.calendar, actor.now)
        return count_loads(conn, unit_ids, officer_id=officer_id, day=day, now=actor.now, soon=soon)


def _may_see_loads(conn: Connection, actor: Actor, *, unit_id: str, officer_id: str, day: date) -> bool:
    if sees_all(actor):
        return True
    return heads(conn, actor, unit_id, day) if unit_id else heads_officer(conn, actor, officer_id, day)


def _units_of_loads(conn: Connection, *, unit_id: str, own_only: bool, officer_id: str, day: date) -> Collection[str]:
    if officer_id:
        require_known_officer(conn, officer_id)
    if officer_id and not unit_id:
        return find_units_of(conn, [officer_id], day)[officer_id]
    require_known_unit(conn, unit_id)
    return {unit_id} if own_only else find_units_below(conn, unit_id, day)


def _may_list(conn: Connection, desk: Desk, actor: Actor, wanted: Selection) -> bool:
    """Who sees all; officers their own work and what they could take; heads what lies below them."""
    day = today(desk, actor)
    if sees_all(actor):
        return True
    if wanted.officer_id:
        return wanted.officer_id == actor.caller.officer_id or heads_officer(conn, actor, wanted.officer_id, day)
    if wanted.is_for_taking and has_post_in(conn, actor, wanted.unit_id, day):
        return True
    return heads(conn, actor, wanted.unit_id, day)


def _units_of(conn: Connection, desk: Desk, actor: Actor, wanted: Selection) -> Collection[str]:
    return find_units_below(conn, wanted.unit_id, today(desk, actor)) if wanted.below else [wanted.unit_id]
