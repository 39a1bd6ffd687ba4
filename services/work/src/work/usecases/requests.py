"""Requests between units, and what a late answer does to the item that waits for it (L15)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from runtime.errors import Conflict, Denied, InvalidInput
from runtime.postgres import Connection
from work.domain import transitions
from work.domain.catalogue import Product
from work.domain.facts import Assigned, Basis, WorkKind
from work.domain.items import Item
from work.domain.planning import Share, units_of_shares
from work.domain.terms import change_for_late_answer, due_on_assignment
from work.domain.texts import check_own_id, check_text
from work.store.items import load_item, lock_items
from work.store.replica import find_heads
from work.usecases.access import heads, require_item, require_place
from work.usecases.desk import Actor, Desk, changing, instant_of, retried, today
from work.usecases.journal import Journal, event_of
from work.usecases.tasks import find_product, recorded, standard_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest:
    """A question to another unit; `waiting_work_id` is the item of one's own that waits for the answer."""

    request_id: str
    title: str
    product_code: str
    answering_unit_id: str
    answering_officer_id: str
    waiting_work_id: str
    due_at: datetime | None


@retried
def send_request(desk: Desk, actor: Actor, request: NewRequest) -> Item:
    """Makes the request an item of the answering officer, else of the unit's head (L15). A repeat changes nothing."""
    check_text(request.title, "title", required=True)
    if request.request_id:
        check_own_id(request.request_id, "request_id")
    item = Item(work_id=f"request/{request.request_id or uuid4().hex}")
    at = instant_of(actor)
    with changing(desk) as conn:
        waiting = require_item(conn, request.waiting_work_id)
        _require_asker(conn, desk, actor, waiting)
        if known := load_item(conn, item.work_id):
            return _same_request(known, request)
        officer_id = _answerer(conn, desk, actor, request, waiting)
        product = find_product(conn, desk, request.product_code, at)
        fact = _assigned(desk, request, waiting, officer_id=officer_id, product=product, at=at)
        journal = Journal(conn, desk.calendar, [])
        journal.look_around([officer_id])
        event = event_of(item, fact, actor_id=actor.actor_id, at=at)
        item = journal.add(event, recorded_at=recorded(actor, at), ours=True)
        journal.write()
    return item


def _require_asker(conn: Connection, desk: Desk, actor: Actor, waiting: Item) -> None:
    if not waiting.is_open:
        raise Conflict(f"{waiting.work_id} is {waiting.status.name.lower()}: it waits for no answer.")
    own = actor.caller.officer_id and actor.caller.officer_id == waiting.officer_id
    if not own and not heads(conn, actor, waiting.unit_id, today(desk, actor)):
        raise Denied(f"{waiting.work_id} is neither yours nor of a unit that you head: you cannot ask for it.")


def _same_request(known: Item, request: NewRequest) -> Item:
    same = (known.title, known.unit_id, known.waiting_work_id) == (
        request.title,
        request.answering_unit_id,
        request.waiting_work_id,
    )
    if not same:
        raise Conflict(f"Request {request.request_id} is sent already with other content: choose another id.")
    return known


def _answerer(conn: Connection, desk: Desk, actor: Actor, request: NewRequest, waiting: Item) -> str:
    unit_id, day = request.answering_unit_id, today(desk, actor)
    if unit_id == waiting.unit_id:
        raise InvalidInput("The answering unit is the asking one: assign a task instead.", field="answering_unit_id")
    require_place(conn, officer_id=request.answering_officer_id, unit_id=unit_id, day=day)
    return request.answering_officer_id or next(iter(find_heads(conn, unit_id, day)), "")


def _assigned(
    desk: Desk, request: NewRequest, waiting: Item, *, officer_id: str, product: Product | None, at: datetime
) -> Assigned:
    due_at = due_on_assignment(asked=request.due_at, standard=standard_of(desk, product, at), urgent=False)
    if due_at is None or (request.due_at or due_at) <= at:
        raise InvalidInput("due_at is missing or not later than the request.", field="due_at")
    share = Share(officer_id=officer_id, unit_id=request.answering_unit_id)
    return Assigned(
        officer_id=officer_id,
        unit_id=request.answering_unit_id,
        kind=WorkKind.REQUEST,
        product_code=request.product_code,
        standard_units=units_of_shares([share], product)[0],
        due_at=due_at,
        basis=Basis.OWN,
        title=request.title,
        requesting_unit_id=waiting.unit_id,
        waiting_work_id=waiting.work_id,
    )


@retried
def answer_request(desk: Desk, actor: Actor, *, work_id: str) -> tuple[Item, Item | None]:
    """Answers a request; a late answer moves the due time of the item that waits for it (L15). Gives both."""
    with changing(desk) as conn:
        known = require_item(conn, work_id)
        if known.kind is not WorkKind.REQUEST:
            raise InvalidInput(f"{work_id} is no request: submit it instead.", field="work_id")
        items = lock_items(conn, {work_id, known.waiting_work_id} - {""})
        request, waiting = items[work_id], items.get(known.waiting_work_id)
        _require_answerer(conn, desk, actor, request)
        at = instant_of(actor, request)
        journal = Journal(conn, desk.calendar, items.values())
        journal.look_around([])
        answer = event_of(request, transitions.accept(request), actor_id=actor.actor_id, at=at)
        journal.add(answer, recorded_at=recorded(actor, at))
        if waiting and request.due_at:
            waiting = _move_waiting(desk, actor, journal, waiting, answer_due=request.due_at, answered=at)
        journal.write()
        return journal.item(work_id), waiting


def _require_answerer(conn: Connection, desk: Desk, actor: Actor, request: Item) -> None:
    if request.officer_id:
        if request.officer_id != actor.caller.officer_id:
            raise Denied(f"{request.work_id} is answered by its officer {request.officer_id}.")
    elif not heads(conn, actor, request.unit_id, today(desk, actor)):
        raise Denied(f"{request.work_id} is held by unit {request.unit_id}: only its head may answer.")


def _move_waiting(
    desk: Desk, actor: Actor, journal: Journal, waiting: Item, *, answer_due: datetime, answered: datetime
) -> Item:
    move = change_for_late_answer(desk.calendar, waiting=waiting, answer_due=answer_due, answered=answered)
    if move is None:
        return waiting
    at = max(answered, waiting.latest)
    return journal.add(event_of(waiting, move, actor_id=actor.actor_id, at=at), recorded_at=recorded(actor, at))
