"""One item of work for whoever may see it, with what they may do to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.clients import (
    Doors,
    Order,
    Person,
    carry_out,
    find_name,
    find_product_names,
    get_person,
    get_work,
    is_assigned,
    is_request,
    list_people,
    list_products,
    read_past,
    read_tree,
    status_of,
)
from portal.domain.commands import Command, Standing, Status, commands_for
from portal.domain.history import Happening, failed_reviews, held_since, holders, missed_due_times
from portal.domain.sorting import name_key
from portal.domain.tree import Tree
from portal.store import Session
from runtime.errors import Denied, NotFound
from working_calendar import WorkingCalendar


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkView:
    """An item with its facts (messages of the contract), the names in them, and what the visitor may do.

    `people` by unit and `products` are there when a command needs them; `waiting` is the item that waits for this
    request, when the visitor may see it.
    """

    work: Any
    events: Sequence[Any]
    status: Status
    is_request: bool
    is_overdue: bool
    names: Mapping[str, str]
    product_names: Mapping[str, str]
    tree: Tree
    commands: Sequence[Command]
    missed: Sequence[datetime]
    failed: Sequence[Happening]
    people: Sequence[tuple[str, Sequence[Person]]]
    products: Sequence[Any]
    waiting: Any


def read_work(doors: Doors, session: Session, work_id: str, *, now: datetime, calendar: WorkingCalendar) -> WorkView:
    """The item. NotFound; Denied when it is not theirs to see."""
    answer = get_work(doors, work_id)
    work, past, tree = answer.work, read_past(answer.events), read_tree(doors)
    missed, failed = missed_due_times(past, now), failed_reviews(past)
    commands: list[Command] = []
    if "officer" in session.roles and is_assigned(work):
        standing = _standing(doors, session, work, past, tree=tree, now=now, calendar=calendar)
        commands = commands_for(standing)
    today = calendar.local_day(now)
    may_reassign = Command.REASSIGN in commands
    return WorkView(
        work=work,
        events=answer.events,
        status=status_of(work),
        is_request=is_request(work),
        is_overdue=status_of(work) is Status.OPEN and 0 < work.due_at.seconds < now.timestamp(),
        names=find_names(doors, _officers_in(work, answer.events)),
        product_names=find_product_names(doors) if work.product_code else {},
        tree=tree,
        commands=commands,
        missed=missed,
        failed=failed,
        people=_people_to_choose(doors, session, work.unit_id, tree, now, calendar) if may_reassign else [],
        products=list_products(doors, today) if Command.DECIDE_PRODUCT in commands else [],
        waiting=_waiting(doors, work.waiting_work_id),
    )


def give_command(doors: Doors, order: Order) -> set[str]:
    """Gives the command to an item that the caller sees; returns the officers and units that it concerns.

    Their scores need not move by it: facts of months to come move none yet. Raises what work raises.
    """
    # All that can fail comes before what cannot be taken back.
    tree, before = read_tree(doors), get_work(doors, order.work_id).work
    return _concerned(tree, before, carry_out(doors, order))


def take_work(doors: Doors, work_id: str) -> set[str]:
    """Takes work that nobody holds and that the caller need not see; returns whom it concerns, like the others."""
    tree = read_tree(doors)
    return _concerned(tree, carry_out(doors, Order(command=Command.TAKE, work_id=work_id)))


def _concerned(tree: Tree, *works: Any) -> set[str]:
    units = {unit_id for work in works for unit_id in (work.unit_id, work.requesting_unit_id)}
    return {work.officer_id for work in works if work.officer_id} | {
        above for unit_id in units for above in tree.above(unit_id)
    }


def find_names(doors: Doors, officer_ids: Iterable[str]) -> Mapping[str, str]:
    """The names of officers by id; systems outside are called by their id."""
    return {officer_id: find_name(doors, officer_id) for officer_id in set(officer_ids) if officer_id}


def _standing(
    doors: Doors,
    session: Session,
    work: Any,
    past: Sequence[Happening],
    *,
    tree: Tree,
    now: datetime,
    calendar: WorkingCalendar,
) -> Standing:
    own = get_person(doors, session.officer_id, calendar.local_day(now)).unit_ids if session.officer_id else ()
    return Standing(
        status=status_of(work),
        is_request=is_request(work),
        is_held=bool(work.officer_id),
        has_product=bool(work.product_code),
        holds=bool(session.officer_id) and work.officer_id == session.officer_id,
        has_held=session.officer_id in holders(past),
        heads=tree.is_in(work.unit_id, session.headed),
        belongs=any(tree.is_in(unit_id, [work.unit_id]) for unit_id in own),
        can_be_refused=_can_be_refused(past, now, calendar),
        has_missed=bool(missed_due_times(past, now)),
        has_failed=bool(failed_reviews(past)),
    )


def _can_be_refused(past: Sequence[Happening], now: datetime, calendar: WorkingCalendar) -> bool:
    """Misdirected work: until the end of the first working day after it came (L10)."""
    since = held_since(past)
    return since is not None and now <= calendar.end_of_day(calendar.next_working_day(calendar.local_day(since)))


def _people_to_choose(
    doors: Doors, session: Session, unit_id: str, tree: Tree, now: datetime, calendar: WorkingCalendar
) -> list[tuple[str, Sequence[Person]]]:
    """Those below the nearest unit above the item that the visitor heads, by unit; never of the whole city."""
    top = next((above for above in tree.above(unit_id) if above in session.headed), unit_id)
    if tree.is_city(top):
        top = unit_id
    chosen: dict[str, list[Person]] = {top: []}
    for person in list_people(doors, top, calendar.local_day(now)):
        for own in person.unit_ids:
            if tree.is_in(own, [top]):
                chosen.setdefault(own, []).append(person)
    return [(unit, sorted(people, key=lambda person: name_key(person.name))) for unit, people in chosen.items()]


def _waiting(doors: Doors, work_id: str) -> Any:
    if not work_id:
        return None
    try:
        return get_work(doors, work_id).work
    except (Denied, NotFound):
        return None


def _officers_in(work: Any, events: Sequence[Any]) -> set[str]:
    named = {work.officer_id, work.assigner_id}
    for event in events:
        fact = getattr(event, event.WhichOneof("fact") or "", None)
        named |= {event.actor_id, getattr(fact, "officer_id", "")}
        named |= {author.officer_id for author in getattr(fact, "authors", ())}
    return named
