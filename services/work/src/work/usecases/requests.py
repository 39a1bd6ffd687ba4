"""Requests between units, and what a late answer does to the item that waits for it (L15)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from runtime.errors import Conflict, Denied, InvalidInput
from runtime.postgres import Connection
from work.domain import transitions
from work.domain.facts import Assigned, Basis, WorkKind
from work.domain.items import Item
from work.domain.planning import Share, asks_the_same, units_of_shares
from work.domain.terms import change_for_late_answer, due_on_assignment
from work.domain.texts import check_own_id, check_text
from work.store.items import load_item, lock_items
from work.store.replica import find_heads
from work.usecases.access import heads, require_item, require_place
from work.usecases.desk import Actor, Desk, changing, instant_of, retried, today
from work.usecases.journal import Journal, event_of
from work.usecases.tasks import assignment_of, find_product, recorded, standard_of


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
            return _same_request(conn, known, request, waiting)
        officer_id = _answerer(conn, desk, actor, request, waiting)
        product = find_product(conn, desk, request.product_code, at)
        fact = _assigned(
            request,
            waiting,
            officer_id=officer_id,
            units=units_of_shares([Share(officer_id=officer_id, unit_id=request.answering_unit_id)], product)[0],
            due_at=_due(request.due_at, standard_of(desk, product, at), at),
        )
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


def _same_request(conn: Connection, known: Item, request: NewRequest, waiting: Item) -> Item:
    assigned = assignment_of(conn, known)
    # Who answers when nobody is named was looked up then.
    officer_id = request.answering_officer_id or assigned.officer_id
    if not asks_the_same(_assigned(request, waiting, officer_id=officer_id, units=0, due_at=request.due_at), assigned):
        raise Conflict(f"Request {request.request_id} is sent already with other content: choose another id.")
    return known


def _answerer(conn: Connection, desk: Desk, actor: Actor, request: NewRequest, waiting: Item) -> str:
    unit_id, day = request.answering_unit_id, today(desk, actor)
    if unit_id == waiting.unit_id:
        raise InvalidInput("The answering unit is the asking one: assign a task instead.", field="answering_unit_id")
    require_place(conn, officer_id=request.answering_officer_id, unit_id=unit_id, day=day)
    return request.answering_officer_id or next(iter(find_heads(conn, unit_id, day)), "")


def _assigned(request: NewRequest, waiting: Item, *, officer_id: str, units: int, due_at: datetime | None) -> Assigned:
    return Assigned(
        officer_id=officer_id,
        unit_id=request.answering_unit_id,
        kind=WorkKind.REQUEST,
        product_code=request.product_code,
        standard_units=units,
        due_at=due_at,
        basis=Basis.OWN,
        title=request.title,
        requesting_unit_id=waiting.unit_id,
        waiting_work_id=waiting.work_id,
    )


def _due(asked: datetime | None, standard: datetime | None, at: datetime) -> datetime:
    due = due_on_assignment(asked=asked, standard=standard, urgent=False)
    if due is None or (asked or due) <= at:
        raise InvalidInput("due_at is missing or not later than the request.", field="due_at")
    return due


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
