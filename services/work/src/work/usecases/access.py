"""Who may do what: by the officer's own items, and by place in the tree. What no rule allows is denied."""

from collections.abc import Collection
from datetime import date

from runtime.errors import Denied, InvalidInput, NotFound
from runtime.postgres import Connection
from work.domain.items import Item
from work.store.items import load_item, lock_items
from work.store.replica import find_heads_above, find_known_officers, find_known_units, find_units_of
from work.usecases.desk import Actor

SEES_ALL = frozenset({"evaluator", "administrator", "service"})


def unknown_work(work_id: str) -> NotFound:
    """What is said of work that does not exist, or of which the caller may not know."""
    return NotFound(f"There is no work {work_id!r}: look up its id.")


def lock_item(conn: Connection, work_id: str) -> Item:
    """The item, locked until the end of the transaction. Raises NotFound."""
    item = lock_items(conn, [work_id]).get(work_id)
    if item is None:
        raise unknown_work(work_id)
    return item


def require_item(conn: Connection, work_id: str) -> Item:
    """The item as it is. Raises NotFound."""
    item = load_item(conn, work_id)
    if item is None:
        raise unknown_work(work_id)
    return item


def require_holder(actor: Actor, item: Item) -> None:
    """Only the officer who holds the item."""
    if not actor.caller.officer_id or actor.caller.officer_id != item.officer_id:
        raise Denied(f"{item.work_id} is not yours: only its officer may do this.")


def require_head(conn: Connection, actor: Actor, unit_id: str, day: date) -> None:
    """Only the head of the unit or of a unit above it."""
    if not heads(conn, actor, unit_id, day):
        raise Denied(f"Only the head of unit {unit_id} or of a unit above it may do this.")


def require_other_head(conn: Connection, actor: Actor, item: Item, day: date) -> None:
    """Only a head of the item's unit or above who does not hold the item: nobody judges their own work."""
    if actor.caller.officer_id and actor.caller.officer_id == item.officer_id:
        raise Denied(f"{item.work_id} is your own work: another head decides about it.")
    require_head(conn, actor, item.unit_id, day)


def heads(conn: Connection, actor: Actor, unit_id: str, day: date) -> bool:
    """Whether the caller heads the unit or a unit above it."""
    return bool(actor.caller.officer_id) and actor.caller.officer_id in find_heads_above(conn, [unit_id], day)[unit_id]


def heads_officer(conn: Connection, actor: Actor, officer_id: str, day: date) -> bool:
    """Whether the caller heads a unit in which the officer has a post, or a unit above it."""
    return any(heads(conn, actor, unit_id, day) for unit_id in find_units_of(conn, [officer_id], day)[officer_id])


def has_post_in(conn: Connection, actor: Actor, unit_id: str, day: date) -> bool:
    """Whether the caller has a post in the unit or below it."""
    officer_id = actor.caller.officer_id
    return bool(officer_id) and unit_id in find_units_of(conn, [officer_id], day)[officer_id]


def require_place(conn: Connection, *, officer_id: str, unit_id: str, day: date) -> None:
    """The unit is known, and the officer, if any, has a post in it or below."""
    if not find_known_units(conn, [unit_id]):
        raise InvalidInput(f"Unit {unit_id!r} is unknown: look up its id.", field="unit_id")
    if not officer_id:
        return
    if not find_known_officers(conn, [officer_id]):
        raise InvalidInput(f"Officer {officer_id!r} is unknown: look up the id.", field="officer_id")
    if unit_id not in find_units_of(conn, [officer_id], day)[officer_id]:
        raise InvalidInput(f"Officer {officer_id} has no post in unit {unit_id} today.", field="officer_id")


def require_known_officer(conn: Connection, officer_id: str) -> None:
    """Raises NotFound."""
    if not find_known_officers(conn, [officer_id]):
        raise NotFound(f"Officer {officer_id!r} is unknown: look up the id.")


def require_known_unit(conn: Connection, unit_id: str) -> None:
    """Raises NotFound."""
    if not find_known_units(conn, [unit_id]):
        raise NotFound(f"Unit {unit_id!r} is unknown: look up its id.")


def sees_all(actor: Actor) -> bool:
    """Whether a role shows the caller everything."""
    return bool(actor.caller.roles & SEES_ALL)


def may_see(conn: Connection, actor: Actor, item: Item, *, holders: Collection[str], day: date) -> bool:
    """The item's holders of all times, heads of its unit and of the asking unit or above, and who sees all by role."""
    if sees_all(actor) or (actor.caller.officer_id and actor.caller.officer_id in holders):
        return True
    units = [unit_id for unit_id in (item.unit_id, item.requesting_unit_id) if unit_id]
    return any(heads(conn, actor, unit_id, day) for unit_id in units)
