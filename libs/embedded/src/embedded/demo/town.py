"""The city as the life cycles see it: who works where and when, who reviews whom, what each office works on."""

import random
from collections.abc import Mapping, Sequence

from embedded.demo.catalogue import ProductPlan, Shelf, shelf_for, topics_for
from embedded.demo.habits import TIERS, Habits
from embedded.demo.hours import Frame
from embedded.demo.population import Absence, City, Person
from embedded.demo.units import UnitPlan

# Leave: first mark off, first mark back, mark of registration.
Away = tuple[int, int, int]


class Worker:
    """An officer on the line of marks."""

    __slots__ = ("away", "habits", "leads", "load", "moves", "officer_id", "stays")

    def __init__(self, person: Person, frame: Frame) -> None:
        opening = frame.hours.opening
        self.officer_id = person.officer_id
        self.habits: Habits = TIERS[person.tier]
        self.load = person.load
        self.leads = person.stays[-1].role != "staff"
        self.stays = tuple((opening(stay.since), stay.unit_id) for stay in person.stays)
        self.moves = self.stays[1:]
        self.away = tuple(_away(absence, frame) for absence in person.absences)

    def unit_at(self, mark: int) -> str:
        """The unit in which they work at this mark."""
        unit_id = self.stays[0][1]
        for since, moved_to in self.moves:
            if mark >= since:
                unit_id = moved_to
        return unit_id

    def is_away(self, mark: int) -> bool:
        """Whether they are on leave."""
        return any(first <= mark < back for first, back, _ in self.away)


class Office:
    """A unit: its people by the posts they ever had there, its head, and its work."""

    __slots__ = ("agency_id", "head", "mates", "requests", "review_days", "shelves", "topics", "unit_id")

    def __init__(self, unit: UnitPlan, products: Sequence[ProductPlan], review_days: float) -> None:
        self.unit_id = unit.unit_id
        self.agency_id = unit.parent_id if unit.kind == "division" else unit.unit_id
        self.mates: list[Worker] = []
        self.head = ""
        self.review_days = review_days
        self.shelves: dict[str, Shelf] = {}
        for kind in ("task", "document", "dossier", "lead", "request"):
            shelf = shelf_for(products, kind, unit.tags)
            if shelf is not None:
                self.shelves[kind] = shelf
        self.topics = topics_for(unit.tags)


class Town:
    """All workers and offices."""

    def __init__(self, *, city: City, products: Sequence[ProductPlan], frame: Frame, rng: random.Random) -> None:
        self.products = {product.code: product for product in products}
        self.parents: Mapping[str, str] = {unit.unit_id: unit.parent_id for unit in city.units}
        self.offices = {unit.unit_id: Office(unit, products, _review_days(rng)) for unit in city.units}
        self.workers = [Worker(person, frame) for person in city.people]
        for worker, person in zip(self.workers, city.people, strict=True):
            self._seat(worker, person)
        self.divisions = [unit.unit_id for unit in city.units if unit.kind == "division" and unit.valid_to is None]
        self.counters = [unit.unit_id for unit in city.units if unit.unit_id.endswith("-HCC")]

    def _seat(self, worker: Worker, person: Person) -> None:
        for stay in person.stays:
            office = self.offices[stay.unit_id]
            office.mates.append(worker)
            if stay.role == "head":
                office.head = person.officer_id

    def reviewer_of(self, unit_id: str, officer_id: str) -> str:
        """Who assigns and reviews an officer's work: the unit's head; for heads the one above, if there is one."""
        while unit_id:
            head = self.offices[unit_id].head
            if head and head != officer_id:
                return head
            unit_id = self.parents[unit_id]
        return officer_id

    def mate_of(self, rng: random.Random, unit_id: str, besides: Worker | None, mark: int) -> Worker | None:
        """Somebody else with planned work who is in the unit and not on leave; None after a few tries."""
        mates = self.offices[unit_id].mates
        for _ in range(4):
            mate = mates[int(rng.random() * len(mates))]
            if mate is not besides and mate.load and mate.unit_at(mark) == unit_id and not mate.is_away(mark):
                return mate
        return None


def _review_days(rng: random.Random) -> float:
    """Mean days until a head reviews: most the same day, one in twelve only after days."""
    return rng.uniform(2.0, 4.0) if rng.random() < 0.08 else rng.uniform(0.1, 0.7)


def _away(absence: Absence, frame: Frame) -> Away:
    hours = frame.hours
    first = hours.opening(absence.first)
    registered = min(first, hours.opening(absence.registered))
    day_after = next((day for day in hours.days if day > absence.last), hours.days[-1])
    return first, hours.opening(day_after), registered
