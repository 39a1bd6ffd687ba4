"""The people of the demo city: posts, transfers and leave, drawn from a seed."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from embedded.demo.habits import draw_levels, draw_tier
from embedded.demo.hours import FIRST_DAY, Frame
from embedded.demo.names import Names
from embedded.demo.units import UnitPlan, plan_units

_TRANSFERS = 10
_IDLE = 15
_STAFF_TITLES = ("Chuyên viên", "Chuyên viên", "Chuyên viên", "Chuyên viên", "Chuyên viên chính", "Cán sự")
# Leave: kind, how many take it, and the shortest and longest number of days.
_LEAVES = (("annual", 90, 1, 4), ("sick", 14, 1, 5), ("unpaid", 2, 2, 4), ("maternity", 5, 180, 180))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A post in a unit for a half-open period. `role` is head, deputy or staff."""

    unit_id: str
    role: str
    title: str
    since: date = FIRST_DAY
    until: date | None = None
    field: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Leave: both days included, registered on a day before it or at 07:30 of its first day."""

    kind: str
    first: date
    last: date
    registered: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An officer. `load` scales their number of items; 0 means no planned work at all."""

    officer_id: str
    name: str
    category: str
    tier: str
    load: float
    stays: tuple[Stay, ...]
    absences: tuple[Absence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """Units and people; `levels` of the departments, the communes and some divisions."""

    units: tuple[UnitPlan, ...]
    people: tuple[Person, ...]
    levels: Mapping[str, str]
    merged_on: date


def populate(*, rng: random.Random, frame: Frame) -> City:
    """The whole city as of the frame's day."""
    days = [day for day in frame.hours.days if frame.last_month <= day < frame.this_month]
    merged_on = days[len(days) // 2 + 1]
    units = plan_units(renamed_on=days[len(days) // 3], merged_on=merged_on)
    levels = draw_levels(rng, _lasting_divisions(units))
    seats = list(_seats(rng, units))
    people = _employ(rng, seats, {unit.unit_id: unit for unit in units}, levels)
    people = _merge_posts(people, units, merged_on)
    usual = [unit_id for below in _lasting_divisions(units).values() for unit_id in below if unit_id not in levels]
    people = _transfer(rng, people, usual, days[len(days) // 2 - 2 : len(days) // 2 + 3])
    people = _send_on_leave(rng, people, frame)
    return City(units=units, people=tuple(_rest(rng, people)), levels=levels, merged_on=merged_on)


def _lasting_divisions(units: Sequence[UnitPlan]) -> dict[str, list[str]]:
    """The divisions of each department and commune but those that change."""
    below: dict[str, list[str]] = {unit.unit_id: [] for unit in units if unit.kind in ("department", "commune")}
    for unit in units:
        if unit.kind == "division" and unit.is_lasting:
            below[unit.parent_id].append(unit.unit_id)
    return below


def _seats(rng: random.Random, units: Sequence[UnitPlan]) -> Iterator[Stay]:
    """The posts to fill, all but those of a unit that a merge makes."""
    children: dict[str, list[str]] = {}
    for unit in units:
        children.setdefault(unit.parent_id, []).append(unit.unit_id)
    for unit in units:
        if unit.valid_from <= FIRST_DAY:
            yield Stay(unit_id=unit.unit_id, role="head", title=unit.head_title)
            yield from _deputies(rng, unit, children.get(unit.unit_id, []))
            yield from _staff(rng, unit)


def _deputies(rng: random.Random, unit: UnitPlan, below: list[str]) -> Iterator[Stay]:
    count = {"city": 4, "commune": 2, "department": rng.choice((2, 3))}.get(unit.kind, rng.random() < 0.65)
    for place in range(count):
        field = tuple(below[place::count])
        yield Stay(unit_id=unit.unit_id, role="deputy", title=unit.deputy_title, field=field)


def _staff(rng: random.Random, unit: UnitPlan) -> Iterator[Stay]:
    if unit.kind != "division":
        return
    smallest, largest = (3, 5) if unit.unit_id[0].isdigit() else (3, 6)
    for _ in range(rng.randint(smallest, largest)):
        yield Stay(unit_id=unit.unit_id, role="staff", title=rng.choice(_STAFF_TITLES))


def _employ(
    rng: random.Random, seats: Sequence[Stay], units: Mapping[str, UnitPlan], levels: Mapping[str, str]
) -> list[Person]:
    names = Names()
    people = []
    for number, seat in enumerate(seats, start=1):
        unit = units[seat.unit_id]
        level = levels.get(unit.unit_id) or levels.get(unit.parent_id, "ordinary")
        since = FIRST_DAY + timedelta(days=rng.choice((0, 0, 0, 0, 0, 0, 3, 14, 31)))
        person = Person(
            officer_id=f"HUE-{number:05d}",
            name=names.draw(rng),
            category=_category(rng, seat, unit),
            tier=draw_tier(rng, level),
            load=_load(rng, seat),
            stays=(replace(seat, since=since),),
        )
        people.append(person)
    return people


def _category(rng: random.Random, seat: Stay, unit: UnitPlan) -> str:
    if seat.role == "head" and unit.kind in ("city", "commune"):
        return "cadre"
    if seat.role == "staff" and unit.unit_id.endswith("-HCC"):
        return rng.choice(("civil_servant", "civil_servant", "civil_servant", "public_employee", "contract"))
    return "civil_servant" if rng.random() < 0.95 else "contract"


def _load(rng: random.Random, seat: Stay) -> float:
    basis = {"head": 0.8, "deputy": 0.85, "staff": 1.1}[seat.role]
    return basis * rng.uniform(0.75, 1.25) * (0.15 if rng.random() < 0.01 else 1.0)


def _merge_posts(people: Sequence[Person], units: Sequence[UnitPlan], merged_on: date) -> list[Person]:
    """Moves the posts of merged units; the first head leads the new unit, the others become deputies."""
    into = {unit.unit_id: unit.successors[0] for unit in units if unit.successors}
    chiefs = {unit.unit_id: unit for unit in units}
    first = next(iter(into), "")
    moved = []
    for person in people:
        old = person.stays[-1]
        if old.unit_id in into:
            stays = _move_stay(old, chiefs[into[old.unit_id]], merged_on, leads=old.unit_id == first)
            moved.append(replace(person, stays=stays))
        else:
            field = tuple(dict.fromkeys(unit for part in old.field for unit in (part, into.get(part, part))))
            moved.append(replace(person, stays=(replace(old, field=field),)))
    return moved


def _move_stay(old: Stay, unit: UnitPlan, day: date, *, leads: bool) -> tuple[Stay, Stay]:
    role = "deputy" if old.role == "head" and not leads else old.role
    title = {"head": unit.head_title, "deputy": unit.deputy_title}.get(role, old.title)
    return replace(old, until=day), Stay(unit_id=unit.unit_id, role=role, title=title, since=day)


def _transfer(rng: random.Random, people: list[Person], unit_ids: Sequence[str], days: Sequence[date]) -> list[Person]:
    """Sends some staff of these divisions to another of them in mid-month."""
    movable = [n for n, person in enumerate(people) if _may_move(person, unit_ids)]
    for place in rng.sample(movable, _TRANSFERS):
        old = people[place].stays[-1]
        target = rng.choice([unit_id for unit_id in unit_ids if unit_id != old.unit_id])
        day = rng.choice(days)
        stays = (replace(old, until=day), replace(old, unit_id=target, since=day))
        people[place] = replace(people[place], stays=stays)
    return people


def _may_move(person: Person, unit_ids: Sequence[str]) -> bool:
    stay = person.stays[-1]
    return len(person.stays) == 1 and stay.role == "staff" and stay.unit_id in unit_ids


def _send_on_leave(rng: random.Random, people: list[Person], frame: Frame) -> list[Person]:
    settled = [n for n, person in enumerate(people) if len(person.stays) == 1]
    chosen = iter(rng.sample(settled, sum(count for _, count, _, _ in _LEAVES)))
    for kind, count, shortest, longest in _LEAVES:
        for _ in range(count):
            place = next(chosen)
            absence = _draw_absence(rng, kind, rng.randint(shortest, longest), frame)
            people[place] = replace(people[place], absences=(absence,))
    return people


def _draw_absence(rng: random.Random, kind: str, length: int, frame: Frame) -> Absence:
    if kind == "maternity":
        first = max(FIRST_DAY, frame.last_month - timedelta(days=rng.randint(5, 40)))
        return Absence(kind=kind, first=first, last=first + timedelta(days=length - 1), registered=first)
    days = [day for day in frame.hours.days if frame.last_month <= day < frame.today]
    start = rng.randrange(len(days))
    last = days[min(start + length, len(days)) - 1]
    ahead = 0 if kind == "sick" else rng.randint(1, 7)
    return Absence(kind=kind, first=days[start], last=last, registered=days[start] - timedelta(days=ahead))


def _rest(rng: random.Random, people: Sequence[Person]) -> Iterator[Person]:
    """Leaves a few staff without planned work."""
    staff = [person.officer_id for person in people if person.stays[-1].role == "staff"]
    idle = set(rng.sample(staff, _IDLE))
    for person in people:
        yield replace(person, load=0.0) if person.officer_id in idle else person
