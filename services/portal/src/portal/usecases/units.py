"""A unit as its head sees it: people with their loads, what lies on the desks, the units below."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.clients import (
    Doors,
    Person,
    find_load,
    find_name,
    find_unit_points,
    has_more_people,
    list_desk,
    list_loads,
    list_people,
    list_people_points,
    list_points,
    read_tree,
)
from portal.domain.desk import DeskItem, Urgent, find_for_review, find_later, find_unheld, find_urgent
from portal.domain.months import months_until
from portal.domain.people import Load, PersonRow
from portal.domain.sorting import sorting_key
from portal.domain.tree import Tree
from portal.domain.week import end_of_week, last_day_of_week
from portal.usecases.city import comparable_points
from portal.usecases.scores import Score, read_score
from runtime.errors import Denied, NotFound
from working_calendar import WorkingCalendar

MONTHS_SHOWN = 6
# Of a larger unit the page has its own people and work only; the rest stands on the pages of the units below.
MOST_PEOPLE = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The people of a unit and of the units below, or of the unit itself when they are too many."""

    rows: Sequence[PersonRow]
    with_below: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitWork:
    """What is not finished in a unit, and below it unless it is large.

    What is urgent is due by `last_day`, what is `later` after it; `names` by officer.
    """

    items: Sequence[DeskItem]
    urgent: Urgent
    later: Sequence[DeskItem]
    for_review: Sequence[DeskItem]
    unheld: Sequence[DeskItem]
    last_day: date
    names: Mapping[str, str]
    tree: Tree
    with_below: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitBelow:
    """A unit right below another, with its points of the current month (a message of the contract, or None)."""

    unit_id: str
    name: str
    month: Any


def read_unit_score(doors: Doors, unit_id: str) -> Score:
    """The unit's score of the current month. NotFound; Denied when it is not theirs to see."""
    score = read_score(doors, unit_id, period="")
    if score.is_officer:
        raise NotFound(f"There is no unit {unit_id}.")
    return score


def read_people(doors: Doors, unit_id: str, *, period: str, now: datetime, calendar: WorkingCalendar) -> People:
    """The people in no order. Denied, NotFound."""
    with_below, tree = not is_large(doors, unit_id), read_tree(doors)
    loads = list_loads(doors, unit_id, below=with_below)
    points = list_people_points(doors, unit_id, below=with_below, months=MONTHS_SHOWN)
    rows = [
        _to_row(person, loads.get(person.officer_id), _points_of(doors, person, points), tree, period)
        for person in list_people(doors, unit_id, calendar.local_day(now), below=with_below)
    ]
    return People(rows=rows, with_below=with_below)


def read_person(doors: Doors, officer_id: str) -> PersonRow:
    """One of them, as things stand. NotFound without a score."""
    found = next(list_points(doors, subject_id=officer_id, months=MONTHS_SHOWN), None)
    if found is None:
        raise NotFound(f"{officer_id} has no score.")
    load = find_load(doors, officer_id)
    person = Person(officer_id=officer_id, name=found.name, unit_ids=(found.unit_id,))
    return _to_row(person, load, found, read_tree(doors), found.months[-1].period)


def read_unit_work(doors: Doors, unit_id: str, *, now: datetime, calendar: WorkingCalendar) -> UnitWork:
    """What lies on the desks. Denied, NotFound."""
    with_below = not is_large(doors, unit_id)
    people = list_people(doors, unit_id, calendar.local_day(now), below=with_below)
    items = list_desk(doors, unit_id, below=with_below)
    until = end_of_week(calendar, now)
    urgent, later = find_urgent(items, now=now, until=until), find_later(items, until=until)
    for_review = find_for_review(items)
    known = {one.officer_id: one.name for one in people}
    shown = [*urgent.late, *urgent.soon, *later, *for_review]
    return UnitWork(
        items=items,
        urgent=urgent,
        later=later,
        for_review=for_review,
        unheld=find_unheld(items),
        last_day=last_day_of_week(calendar, now),
        names=_name_all(doors, known, (item.officer_id for item in shown)),
        tree=read_tree(doors),
        with_below=with_below,
    )


def list_units_below(doors: Doors, unit_id: str) -> list[UnitBelow]:
    """The units right below, by name."""
    tree = read_tree(doors)
    points, _ = find_unit_points(doors, unit_id, period="", months=1, policy="")
    months = {one.subject_id: one.months[-1] for one in points}
    below = [
        UnitBelow(unit_id=unit.unit_id, name=unit.name, month=months.get(unit.unit_id))
        for unit in tree.units.values()
        if unit.parent_id == unit_id
    ]
    return sorted(below, key=lambda unit: sorting_key(unit.name))


def is_large(doors: Doors, unit_id: str) -> bool:
    """Whether the unit with those below has too many people for one page. NotFound."""
    return has_more_people(doors, unit_id, MOST_PEOPLE)


def _points_of(doors: Doors, person: Person, known: Mapping[str, Any]) -> Any:
    """A message of the contract; whoever has their main post elsewhere is asked for by name. None without points."""
    if person.officer_id in known:
        return known[person.officer_id]
    try:
        return next(list_points(doors, subject_id=person.officer_id, months=MONTHS_SHOWN), None)
    except (Denied, NotFound):
        return None


def _name_all(doors: Doors, known: Mapping[str, str], officer_ids: Iterable[str]) -> Mapping[str, str]:
    """Names of the unit's people, and of those who hold its work from elsewhere."""
    others = {officer_id for officer_id in officer_ids if officer_id and officer_id not in known}
    return {**known, **{officer_id: find_name(doors, officer_id) for officer_id in others}}


def _to_row(person: Person, load: Load | None, found: Any, tree: Tree, period: str) -> PersonRow:
    """`found` is a message of the contract, or None without points; its months up to `period` are shown."""
    unit_id = found.unit_id if found else person.unit_ids[0]
    months = {one.period: one for one in found.months} if found else {}
    now, comparable = months.get(period), comparable_points(months.values())
    return PersonRow(
        officer_id=person.officer_id,
        name=person.name,
        unit_id=unit_id,
        unit_name=tree.name_of(unit_id),
        leads=person.leads,
        points=_points(now),
        band=now.band if now else 0,
        points_later=now.points_if_nothing_more if now and now.HasField("points_if_nothing_more") else None,
        band_later=now.band_if_nothing_more if now else 0,
        small_sample=bool(now and now.small_sample),
        trend=tuple(comparable.get(month) for month in months_until(period, MONTHS_SHOWN)),
        reason=(now.reason, now.reason_en) if now else ("", ""),
        reason_later=(now.reason_if_nothing_more, now.reason_if_nothing_more_en) if now else ("", ""),
        load=load or Load(officer_id=person.officer_id, unit_id=unit_id),
    )


def _points(month: Any) -> int | None:
    return month.points if month is not None and month.HasField("points") else None
