"""Tasks until they are handed in: assigning, reassigning, handing back, re-dating, deciding the product."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from runtime.errors import Conflict, InvalidInput
from runtime.postgres import Connection
from work.domain import transitions
from work.domain.catalogue import Catalogue, Product
from work.domain.facts import Assigned, Basis, DueChangeCause, DueChanged, Fact, WorkKind
from work.domain.items import Item
from work.domain.planning import Share, asks_the_same, check_planning, units_of_shares
from work.domain.terms import due_on_assignment, standard_due
from work.domain.texts import check_own_id, check_text
from work.events.reading import decode_event
from work.store.catalogue import load_products
from work.store.events import load_values
from work.store.items import find_parts
from work.usecases.access import lock_item, require_head, require_holder, require_other_head, require_place
from work.usecases.desk import Actor, Desk, changing, instant_of, retried, today
from work.usecases.journal import Journal, event_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """A task as it is assigned. Empty `task_id`: the service gives one; `urgent_reason`: see L5."""

    task_id: str
    title: str
    product_code: str
    kind: WorkKind
    basis: Basis
    basis_reason: str
    urgent_reason: str
    shares: Sequence[Share]


@retried
def assign_task(desk: Desk, actor: Actor, task: NewTask) -> list[Item]:
    """Assigns a task, one item per share (L13). The same task_id again changes nothing and gives the items."""
    check_text(task.title, "title", required=True)
    check_text(task.urgent_reason, "urgent_reason")
    if task.task_id:
        check_own_id(task.task_id, "task_id")
    if task.kind is WorkKind.REQUEST:
        raise InvalidInput("A request of another unit is sent with SendRequest.", field="kind")
    whole_id = f"task/{task.task_id or uuid4().hex}"
    at = instant_of(actor)
    with changing(desk) as conn:
        for share in task.shares:
            require_place(conn, officer_id=share.officer_id, unit_id=share.unit_id, day=today(desk, actor))
            require_head(conn, actor, share.unit_id, today(desk, actor))
        if known := find_parts(conn, whole_id):
            return _same_task(conn, known, task, whole_id)
        product = find_product(conn, desk, task.product_code, at)
        check_planning(kind=task.kind, basis=task.basis, reason=task.basis_reason, product=product)
        journal = Journal(conn, desk.calendar, [])
        journal.look_around(share.officer_id for share in task.shares)
        items = [
            _assign_share(desk, actor, journal, task, whole_id=whole_id, number=number, units=units, product=product)
            for number, units in enumerate(units_of_shares(task.shares, product))
        ]
        journal.write()
    return items


def _same_task(conn: Connection, known: list[Item], task: NewTask, whole_id: str) -> list[Item]:
    asked = [_assigned(task, share, whole_id, units=share.standard_units, due_at=share.due_at) for share in task.shares]
    assigned = [assignment_of(conn, item) for item in known]
    if len(asked) != len(assigned) or not all(map(asks_the_same, asked, assigned)):
        raise Conflict(f"Task {task.task_id} is assigned already with other content: choose another id.")
    return known


def assignment_of(conn: Connection, item: Item) -> Assigned:
    """The fact by which an item was assigned here, as it was then."""
    facts = (decode_event(value).fact for value in load_values(conn, [item.work_id]))
    return next(fact for fact in facts if isinstance(fact, Assigned))


def _assign_share(
    desk: Desk,
    actor: Actor,
    journal: Journal,
    task: NewTask,
    *,
    whole_id: str,
    number: int,
    units: int,
    product: Product | None,
) -> Item:
    share, at = task.shares[number], instant_of(actor)
    item = Item(work_id=f"{whole_id}/{number + 1}" if len(task.shares) > 1 else whole_id)
    standard = standard_of(desk, product, at)
    fact = _assigned(task, share, whole_id, units=units, due_at=_due(share.due_at, standard, at))
    journal.add(event_of(item, fact, actor_id=actor.actor_id, at=at), recorded_at=recorded(actor, at), ours=True)
    if standard and share.due_at and share.due_at < standard and task.urgent_reason.strip():
        # The contract has no place for the reason in Assigned; a change of the due time carries it (L5).
        urgent = DueChanged(due_at=share.due_at, cause=DueChangeCause.ASSIGNER, reason=task.urgent_reason)
        journal.add(event_of(item, urgent, actor_id=actor.actor_id, at=at), recorded_at=recorded(actor, at))
    return journal.item(item.work_id)


def _assigned(task: NewTask, share: Share, whole_id: str, *, units: int, due_at: datetime | None) -> Assigned:
    return Assigned(
        officer_id=share.officer_id,
        unit_id=share.unit_id,
        kind=task.kind,
        product_code=task.product_code,
        standard_units=units,
        due_at=due_at,
        basis=task.basis,
        basis_reason=task.basis_reason,
        title=task.title,
        whole_id=whole_id if len(task.shares) > 1 else "",
    )


def _due(asked: datetime | None, standard: datetime | None, at: datetime) -> datetime:
    due = due_on_assignment(asked=asked, standard=standard, urgent=False)
    if due is None:
        raise InvalidInput("due_at is missing, and no product gives a standard term (L5).", field="due_at")
    if (asked or due) <= at:
        raise InvalidInput(f"due_at {asked or due} is not later than the assignment.", field="due_at")
    return due


def standard_of(desk: Desk, product: Product | None, at: datetime) -> datetime | None:
    """The end of the product's standard term from an assignment, or None without a product (L5)."""
    if product is None:
        return None
    return standard_due(desk.calendar, assigned_at=at, term_hours=product.standard_term_hours)


def find_product(conn: Connection, desk: Desk, code: str, at: datetime) -> Product | None:
    """The product as it is valid at the instant; None for the empty code. Raises InvalidInput."""
    if not code:
        return None
    day = desk.calendar.local_day(at)
    product = Catalogue(load_products(conn, [code])).product_on(code, day)
    if product is None:
        raise InvalidInput(
            f"Product {code!r} is not in the catalogue on {day}: look up its code.", field="product_code"
        )
    return product


def recorded(actor: Actor, at: datetime) -> datetime:
    """Since when the city knows it: now, never before it happened."""
    return max(actor.now, at)


Allow = Callable[[Connection, Item], None]
Act = Callable[[Connection, Item, datetime], Fact | None]


def change(desk: Desk, actor: Actor, work_id: str, *, allow: Allow, act: Act) -> Item:
    """One fact about one item, by whom `allow` lets and as `act` makes it out of the locked item and the instant.

    Without a fact the item stays as it is.
    """
    with changing(desk) as conn:
        item = lock_item(conn, work_id)
        allow(conn, item)
        at = instant_of(actor, item)
        fact = act(conn, item, at)
        if fact is None:
            return item
        journal = Journal(conn, desk.calendar, [item])
        journal.look_around([getattr(fact, "officer_id", "")])
        after = journal.add(event_of(item, fact, actor_id=actor.actor_id, at=at), recorded_at=recorded(actor, at))
        journal.write()
    return after


@retried
def reassign_task(
    desk: Desk, actor: Actor, *, work_id: str, officer_id: str, unit_id: str, due_at: datetime | None
) -> Item:
    """Gives the item to another holder; after a missed due time a new one is required (L11). Heads of both units."""

    def allow(conn: Connection, item: Item) -> None:
        day = today(desk, actor)
        require_place(conn, officer_id=officer_id, unit_id=unit_id, day=day)
        for held_in in {item.unit_id, unit_id}:
            require_head(conn, actor, held_in, day)

    return change(
        desk,
        actor,
        work_id,
        allow=allow,
        act=lambda conn, item, at: transitions.reassign(
            item, officer_id=officer_id, unit_id=unit_id, due_at=due_at, at=at
        ),
    )


@retried
def hand_back_task(desk: Desk, actor: Actor, *, work_id: str, reason: str) -> Item:
    """The holder cannot do it; the unit holds it until it is reassigned (L9)."""
    return change(
        desk,
        actor,
        work_id,
        allow=lambda conn, item: require_holder(actor, item),
        act=lambda conn, item, at: transitions.hand_back(item, reason=reason),
    )


@retried
def change_due(desk: Desk, actor: Actor, *, work_id: str, due_at: datetime | None, reason: str) -> Item:
    """Another due time by a head who does not hold the item (L4)."""

    def act(conn: Connection, item: Item, at: datetime) -> Fact:
        product = find_product(conn, desk, item.product_code, item.assigned_at or at) if item.ours else None
        return transitions.change_due(desk.calendar, item, due_at=due_at, reason=reason, at=at, product=product)

    return change(desk, actor, work_id, allow=other_head(desk, actor), act=act)


@retried
def decide_product(desk: Desk, actor: Actor, *, work_id: str, product_code: str) -> Item:
    """Decides the product of an item without one, as the catalogue has it now (L19)."""

    def act(conn: Connection, item: Item, at: datetime) -> Fact:
        product = find_product(conn, desk, product_code, at)
        if product is None:
            raise InvalidInput("product_code is missing: name the product.", field="product_code")
        return transitions.decide_product(item, product)

    return change(desk, actor, work_id, allow=other_head(desk, actor), act=act)


def other_head(desk: Desk, actor: Actor) -> Allow:
    """Lets heads of the item's unit or above who do not hold the item."""
    return lambda conn, item: require_other_head(conn, actor, item, today(desk, actor))
