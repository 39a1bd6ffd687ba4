"""Reading items, by who may see them."""

from collections.abc import Sequence
from dataclasses import dataclass

from runtime.errors import Denied, InvalidInput, NotFound
from runtime.postgres import Connection
from work.domain.items import Item
from work.events.reading import decode_event
from work.store.events import load_values
from work.store.items import find_page
from work.store.replica import find_known_officers, find_known_units, find_units_of
from work.usecases.access import heads, may_see, require_item, sees_all
from work.usecases.desk import Actor, Desk, today
from work.usecases.reviews import holders_of


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """An item with its serialised facts in the order of their revisions."""

    item: Item
    values: Sequence[bytes]


def get_work(desk: Desk, actor: Actor, *, work_id: str) -> History:
    """One item with all its facts."""
    with desk.pool.connection() as conn, conn.transaction():
        item = require_item(conn, work_id)
        values = load_values(conn, [work_id])
        holders = holders_of([decode_event(value) for value in values])
        if not may_see(conn, actor, item, holders=holders, day=today(desk, actor)):
            raise Denied(f"{work_id} is seen by its officer and the heads above.")
    return History(item=item, values=values)


def list_work(
    desk: Desk, actor: Actor, *, officer_id: str, unit_id: str, finished: bool, after: str, size: int
) -> list[Item]:
    """Items of an officer or of a unit in the order of their ids; at most `size` after the id `after`. NotFound."""
    if bool(officer_id) == bool(unit_id):
        raise InvalidInput("Give either officer_id or unit_id.", field="officer_id")
    with desk.pool.connection() as conn, conn.transaction():
        if not sees_all(actor) and officer_id != (actor.caller.officer_id or None):
            day = today(desk, actor)
            places = {unit_id} if unit_id else find_units_of(conn, [officer_id], day)[officer_id]
            if not any(heads(conn, actor, place, day) for place in places):
                raise Denied("Officers see their own work, heads that of their units and those below.")
        _require_known(conn, officer_id=officer_id, unit_id=unit_id)
        return find_page(conn, officer_id=officer_id, unit_id=unit_id, finished=finished, after=after, size=size)


def _require_known(conn: Connection, *, officer_id: str, unit_id: str) -> None:
    if officer_id and not find_known_officers(conn, [officer_id]):
        raise NotFound(f"Officer {officer_id!r} is unknown: look up the id.")
    if unit_id and not find_known_units(conn, [unit_id]):
        raise NotFound(f"Unit {unit_id!r} is unknown: look up its id.")
