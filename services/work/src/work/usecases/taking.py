"""Work that nobody holds, taken by an officer of its unit."""

from datetime import datetime

from runtime.errors import Denied
from runtime.postgres import Connection
from work.domain import transitions
from work.domain.catalogue import Catalogue, Product
from work.domain.facts import Fact
from work.domain.items import Item
from work.events.reading import decode_event
from work.store.catalogue import load_products
from work.store.events import load_values
from work.usecases.access import has_post_in, may_see, unknown_work
from work.usecases.desk import Actor, Desk, retried, today
from work.usecases.reviews import holders_of
from work.usecases.tasks import change


@retried
def take_task(desk: Desk, actor: Actor, *, work_id: str) -> Item:
    """An officer with a post in the item's unit or below takes it; what is theirs already stays as it is.

    NotFound for what they can neither take nor see: nothing is told of how others' work stands.
    """
    officer_id = actor.caller.officer_id

    def allow(conn: Connection, item: Item) -> None:
        day = today(desk, actor)
        belongs = has_post_in(conn, actor, item.unit_id, day)
        is_free = item.is_open and not item.officer_id
        if not (belongs and is_free) and not may_see(conn, actor, item, holders=_holders(conn, item), day=day):
            raise unknown_work(work_id)
        if not belongs:
            raise Denied(f"Only officers with a post in unit {item.unit_id} or below it take its work.")

    def act(conn: Connection, item: Item, at: datetime) -> Fact | None:
        if item.is_open and item.officer_id == officer_id:
            return None
        product = _product_of(conn, desk, item, at)
        fact = transitions.take(desk.calendar, item, officer_id=officer_id, product=product, at=at)
        _require_new_holder(conn, item, officer_id)
        return fact

    return change(desk, actor, work_id, allow=allow, act=act)


def _product_of(conn: Connection, desk: Desk, item: Item, at: datetime) -> Product | None:
    day = desk.calendar.local_day(item.assigned_at or at)
    return Catalogue(load_products(conn, [item.product_code])).product_on(item.product_code, day)


def _require_new_holder(conn: Connection, item: Item, officer_id: str) -> None:
    """Whoever handed it back would have it on top, and late work with a new due time (L9, L11): a head decides that."""
    if officer_id in _holders(conn, item):
        raise Denied(f"{item.work_id} was yours before: its head gives it to you again.")


def _holders(conn: Connection, item: Item) -> set[str]:
    return holders_of([decode_event(value) for value in load_values(conn, [item.work_id])])
