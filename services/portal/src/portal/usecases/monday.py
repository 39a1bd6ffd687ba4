"""The five questions of a Monday morning, answered for a unit as far as there are data."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.clients import (
    Doors,
    get_person,
    list_changes,
    list_proposed_initiatives,
)
from portal.domain.desk import DeskItem
from portal.domain.people import PersonRow, find_idle, find_overloaded, median_units
from portal.domain.ratings import Rating
from portal.domain.tree import Tree
from portal.domain.week import last_monday
from portal.store import Session
from portal.usecases.city import read_ranks
from portal.usecases.scores import Score
from portal.usecases.units import UnitBelow, UnitWork, list_units_below, read_people, read_unit_score, read_unit_work
from portal.usecases.work import find_names
from runtime.errors import Denied, InvalidInput, NotFound
from working_calendar import WorkingCalendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a unit stands among those of its kind that are ranked."""

    rank: int
    ranked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """Who has too much, nothing, or is away; `median` is in thousandths of a unit."""

    overloaded: Sequence[PersonRow]
    idle: Sequence[PersonRow]
    absent: Sequence[PersonRow]
    median: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Monday:
    """What the page shows. `reviews` and `initiatives` wait for the visitor, the longest first; `authors` are the names
    of theirs by officer. Changes are messages of the contract.

    Of a large unit there are no changes (`months` is None), but the `units_below` with pages of their own, those with
    the most overdue items of the month first.
    `asked` are overdue requests of other units; `from_above` is what heads above have assigned and is late or due by
    Friday. `place` is None when the caller does not see the units beside this one.
    """

    score: Score
    work: UnitWork
    reviews: Sequence[DeskItem]
    initiatives: Sequence[Any]
    authors: Mapping[str, str]
    staff: Staff
    since: datetime
    months: tuple[str, str] | None
    heading_down: Sequence[Any]
    fallen: Sequence[Any]
    risen: int
    ratings: Sequence[Rating]
    asked: Sequence[DeskItem]
    from_above: Sequence[DeskItem]
    place: Place | None
    units_below: Sequence[UnitBelow]


def read_monday(doors: Doors, session: Session, unit_id: str, *, now: datetime, calendar: WorkingCalendar) -> Monday:
    """All of it. NotFound; Denied for who does not head the unit."""
    score = read_unit_score(doors, unit_id)
    work = read_unit_work(doors, unit_id, now=now, calendar=calendar)
    people = read_people(doors, unit_id, period=score.period, now=now, calendar=calendar)
    since = last_monday(calendar, now)
    told = list_changes(doors, unit_id, since=since) if people.with_below else None
    changes = told.changes if told else []
    urgent = [*work.urgent.late, *work.urgent.soon]
    initiatives = _others_initiatives(doors, unit_id, session.officer_id)
    return Monday(
        score=score,
        work=work,
        reviews=[item for item in work.for_review if item.officer_id != session.officer_id],
        initiatives=initiatives,
        authors=find_names(doors, (author.officer_id for one in initiatives for author in one.authors)),
        staff=_staff(people.rows),
        since=since,
        months=(told.period_before, told.period) if told else None,
        heading_down=[one for one in changes if one.heading_down],
        fallen=[one for one in changes if not one.heading_down and _difference(one) < 0],
        risen=sum(_difference(one) > 0 for one in changes),
        ratings=_ratings(changes),
        asked=[item for item in work.urgent.late if item.asking],
        from_above=_from_above(doors, urgent, unit_id, work.tree, now=now, calendar=calendar),
        place=_place(doors, unit_id, work.tree),
        units_below=[] if people.with_below else _worst_first(list_units_below(doors, unit_id)),
    )


def _worst_first(units: Sequence[UnitBelow]) -> list[UnitBelow]:
    return sorted(units, key=lambda unit: -(unit.month.items_overdue if unit.month else 0))


def _staff(people: Sequence[PersonRow]) -> Staff:
    return Staff(
        overloaded=find_overloaded(people),
        idle=find_idle(people),
        absent=[person for person in people if person.load.absent],
        median=median_units(people),
    )


def _others_initiatives(doors: Doors, unit_id: str, officer_id: str) -> list[Any]:
    """Those of which the visitor is no author; who may recognise them, work decides."""
    proposed = reversed(list_proposed_initiatives(doors, unit_id))
    return [one for one in proposed if officer_id not in {author.officer_id for author in one.authors}]


def _difference(change: Any) -> int:
    if not (change.HasField("points") and change.HasField("points_before")):
        return 0
    return int(change.points - change.points_before)


def _ratings(changes: Iterable[Any]) -> list[Rating]:
    """What citizens said of the work of those whose points have changed; several people may have worked for one."""
    found = {
        item.work_id: Rating(
            work_id=item.work_id,
            title=item.title,
            count=item.measures["ratings"],
            stars=item.measures["rating_stars"],
        )
        for change in changes
        for item in change.items
        if item.measures.get("ratings", 0) > 0
    }
    return sorted(found.values(), key=lambda one: (one.average, one.work_id))


def _from_above(
    doors: Doors, items: Iterable[DeskItem], unit_id: str, tree: Tree, *, now: datetime, calendar: WorkingCalendar
) -> list[DeskItem]:
    """What officers of the units above have assigned."""
    above, tasks = set(tree.above(unit_id)) - {unit_id}, [item for item in items if not item.asking]
    assigners = {
        assigner
        for assigner in {item.assigner_id for item in tasks if item.assigner_id}
        if above & set(_units_of(doors, assigner, now=now, calendar=calendar))
    }
    return [item for item in tasks if item.assigner_id in assigners]


def _units_of(doors: Doors, officer_id: str, *, now: datetime, calendar: WorkingCalendar) -> tuple[str, ...]:
    try:
        return get_person(doors, officer_id, calendar.local_day(now)).unit_ids
    except (NotFound, InvalidInput):
        # A system outside.
        return ()


def _place(doors: Doors, unit_id: str, tree: Tree) -> Place | None:
    unit = tree.units.get(unit_id)
    if unit is None or not unit.parent_id:
        return None
    try:
        ranks = read_ranks(doors, unit.parent_id)
    except (Denied, NotFound):
        return None
    return Place(rank=ranks[unit_id], ranked=len(ranks)) if unit_id in ranks else None
