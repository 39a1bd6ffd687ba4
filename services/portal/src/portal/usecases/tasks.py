"""An officer's own work: what is open, what they can take, what is finished, and what they proposed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from portal.clients import (
    Doors,
    Person,
    get_person,
    list_own_initiatives,
    list_own_proposals,
    list_people,
    list_work,
    propose_initiative,
    read_tree,
    status_of,
)
from portal.domain.commands import Status
from portal.domain.sorting import name_key
from portal.domain.tree import Tree, read_label
from runtime.errors import InvalidInput, NotFound
from runtime.timestamps import from_timestamp
from working_calendar import WorkingCalendar

FINISHED_SHOWN = 10
FINISHED = (Status.COMPLETED, Status.CANCELLED)
SOON_WORKING_DAYS = 5
# Of an initiative.
MOST_OTHERS = 19


class Urgency(StrEnum):
    """How an open item stands to its due time; soon: due by the end of the fifth working day after today."""

    OVERDUE = "overdue"
    SOON = "soon"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTask:
    """An open item of the officer's; `work` is a message of the contract."""

    work: Any
    urgency: Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """The officer's work in lists; items are messages of the contract."""

    tree: Tree
    open: Sequence[OpenTask]
    submitted: Sequence[Any]
    finished: Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeWork:
    """What nobody holds in `unit_ids`, the officer's units and those above them below the city."""

    tree: Tree
    unit_ids: Sequence[str]
    works: Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """What the officer proposed (messages of the contract), and those with whom they may do so."""

    initiatives: Sequence[Any]
    products: Sequence[Any]
    colleagues: Sequence[Person]


def read_tasks(doors: Doors, officer_id: str, *, now: datetime, calendar: WorkingCalendar) -> Tasks:
    """Open work by due time, finished work with the latest due time first."""
    today = calendar.local_day(now)
    works = _by_due(list_work(doors, officer_id=officer_id, include_finished=True))
    soon = calendar.end_of_day(calendar.add_working_days(today, SOON_WORKING_DAYS))
    finished = [work for work in works if status_of(work) in FINISHED and _due(work)]
    return Tasks(
        tree=read_tree(doors),
        open=[
            OpenTask(work=work, urgency=_urgency(_due(work), now=now, soon=soon))
            for work in works
            if status_of(work) is Status.OPEN
        ],
        submitted=[work for work in works if status_of(work) is Status.SUBMITTED],
        finished=finished[: -FINISHED_SHOWN - 1 : -1],
    )


def read_free_work(doors: Doors, officer_id: str, today: date) -> FreeWork:
    """What the officer can take, by due time."""
    unit_ids = list_places_to_take(doors, officer_id, today)
    works = [work for unit_id in unit_ids for work in list_work(doors, unit_id=unit_id, unheld=True)]
    return FreeWork(tree=read_tree(doors), unit_ids=unit_ids, works=_by_due(works))


def list_places_to_take(doors: Doors, officer_id: str, today: date) -> list[str]:
    """The units whose free work the officer may take: their own and those above them, below the city."""
    tree, own = read_tree(doors), get_person(doors, officer_id, today).unit_ids
    return list(dict.fromkeys(above for unit_id in own for above in tree.above(unit_id) if not tree.is_city(above)))


def read_proposals(doors: Doors, officer_id: str, tree: Tree, today: date) -> Proposals:
    """What the officer proposed, the latest first; the colleagues are those of the same department or commune."""
    return Proposals(
        initiatives=list_own_initiatives(doors, officer_id),
        products=list_own_proposals(doors, officer_id),
        colleagues=_colleagues(doors, get_person(doors, officer_id, today), tree, today),
    )


def propose(
    doors: Doors, officer_id: str, *, initiative_id: str, title: str, others: Iterable[str], now: datetime, zone: Any
) -> None:
    """Proposes an initiative of the officer and of those named by label or id, with even shares. InvalidInput."""
    today = now.astimezone(zone).date()
    authors = [get_person(doors, officer_id, today)]
    labels = list(filter(str.strip, others))
    if len(labels) > MOST_OTHERS:
        raise InvalidInput("The initiative has too many authors.", field="authors")
    for label in labels:
        try:
            authors.append(get_person(doors, read_label(label), today))
        except NotFound:
            raise InvalidInput(f"Officer {label!r} is unknown: choose one of the list.", field="authors") from None
    named = [(author.officer_id, author.unit_ids[0] if author.unit_ids else "") for author in authors]
    propose_initiative(doors, initiative_id=initiative_id, title=title, authors=named)


def _colleagues(doors: Doors, person: Person, tree: Tree, today: date) -> list[Person]:
    found: dict[str, Person] = {}
    for own in person.unit_ids[:1]:
        top = [above for above in tree.above(own) if not tree.is_city(above)][-1:] or [own]
        found |= {one.officer_id: one for one in list_people(doors, top[0], today)}
    found.pop(person.officer_id, None)
    return sorted(found.values(), key=lambda one: name_key(one.name))


def _urgency(due_at: datetime | None, *, now: datetime, soon: datetime) -> Urgency:
    if due_at is None or due_at > soon:
        return Urgency.LATER
    return Urgency.OVERDUE if due_at < now else Urgency.SOON


def _by_due(works: Iterable[Any]) -> list[Any]:
    return sorted(works, key=lambda work: (not work.due_at.seconds, work.due_at.seconds, work.work_id))


def _due(work: Any) -> datetime | None:
    return from_timestamp(work.due_at) if work.due_at.seconds else None
