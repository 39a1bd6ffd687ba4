"""The facts of two months: which officer gets how much, when it is due, and what comes of it."""

import random
from collections.abc import Sequence
from datetime import datetime

from congvu.work.v1 import events_pb2 as work
from embedded.demo.assignments import Desk
from embedded.demo.catalogue import ProductPlan, read_products
from embedded.demo.datafiles import read_yaml
from embedded.demo.hours import Frame
from embedded.demo.lifecycle import Life, Sheet
from embedded.demo.population import City
from embedded.demo.town import Town, Worker

# Facts that one planned item leaves on average, its requests and shares included; rounds make up for what is short.
_FACTS_PER_ITEM = 3.5
# Kinds and their weights, for those who lead and for those who do not.
_MIX = {True: (("lead", 40), ("task", 32), ("document", 28)), False: (("task", 42), ("document", 28), ("dossier", 40))}
# So many working days after today work already given out may be due.
_AHEAD = 8
_SHARED = 0.1
# Whose heads recognise initiatives: somebody other than the authors and their heads (L16).
_JUDGES = ("SKHCN", "SNV")


class Planner:
    """Gives out the work of one town and writes it down on one sheet."""

    def __init__(self, *, town: Town, sheet: Sheet, rng: random.Random) -> None:
        self._town, self._sheet, self._rng = town, sheet, rng
        self._desk = Desk(town=town, sheet=sheet, rng=rng)
        self._day = sheet.frame.hours.day
        self._first = sheet.frame.opened // self._day
        self._days = sheet.frame.horizon // self._day + _AHEAD - self._first

    def fill(self, facts: int) -> None:
        """Plays items until at least so many facts are there before today."""
        missing = facts
        while missing > 0:
            self._give_out(missing / _FACTS_PER_ITEM / len(self._town.workers))
            missing = facts - self._sheet.count_before_today()

    def _give_out(self, items: float) -> None:
        for worker in self._town.workers:
            for _ in range(int(items * (worker.load or 0.15) + self._rng.random())):
                self._begin(worker)

    def _begin(self, worker: Worker) -> None:
        """One item of this officer; none when it would begin after today or on their leave."""
        unit_id = worker.unit_at(self._sheet.frame.turned)
        product = self._choose_product(worker, unit_id)
        start, due = self._choose_times(product)
        if start >= self._sheet.frame.horizon or worker.is_away(start):
            return
        office = self._town.offices[worker.unit_at(start)]
        if product.kind == "dossier":
            self._desk.process_dossier(office, worker, product, start, due)
        elif product.is_big and worker.load and self._rng.random() < _SHARED:
            self._desk.share_out(office, worker, product, start, due)
        else:
            self._desk.do_task(office, worker, product, start, due)

    def _choose_product(self, worker: Worker, unit_id: str) -> ProductPlan:
        shelves = self._town.offices[unit_id].shelves
        kinds = [(kind, weight) for kind, weight in _MIX[worker.leads] if kind in shelves]
        kind = self._rng.choices([kind for kind, _ in kinds], weights=[weight for _, weight in kinds])[0]
        return shelves[kind].draw(self._rng)

    def _choose_times(self, product: ProductPlan) -> tuple[int, int]:
        """Marks of assignment and due time, the standard term or more apart; most are due at the end of a day."""
        rng = self._rng
        due = (self._first + int(rng.random() * self._days) + 1) * self._day - 1
        if product.kind == "dossier":
            due -= int(rng.random() * self._day)
        return due - int(product.term * (1.0 + 0.6 * rng.random())) - 1, due


def make_facts(*, city: City, frame: Frame, seed: int, facts: int, now: datetime) -> list[work.WorkEvent]:
    """At least `facts` facts of last month and this one up to `now`, in the order of recording.

    The same for the same city, seed and local day of `now`; a later time of the day only adds to the end.
    """
    rng = random.Random(seed)  # noqa: S311 - a demo, not a secret
    sheet = Sheet(frame=frame, seed=seed)
    town = Town(city=city, products=read_products(), frame=frame, rng=rng)
    _recognise_initiatives(town, sheet, rng)
    Planner(town=town, sheet=sheet, rng=rng).fill(facts)
    latest = int(now.timestamp())
    return [event for recorded, _, event in sorted(sheet.facts, key=_by_recording) if recorded <= latest]


def _by_recording(fact: tuple[int, int, work.WorkEvent]) -> tuple[int, int]:
    return fact[0], fact[1]


def _recognise_initiatives(town: Town, sheet: Sheet, rng: random.Random) -> None:
    """Initiatives of both months, most of them by those who do well."""
    titles: Sequence[str] = read_yaml("texts.yaml")["initiative"]
    frame = sheet.frame
    for worker in town.workers:
        if rng.random() < worker.habits.initiative:
            mark = rng.randrange(frame.opened, frame.horizon)
            _recognise(town, sheet, rng, worker, mark, rng.choice(titles))


def _recognise(town: Town, sheet: Sheet, rng: random.Random, worker: Worker, mark: int, title: str) -> None:
    unit_id = worker.unit_at(mark)
    mate = town.mate_of(rng, unit_id, worker, mark) if rng.random() < 0.35 else None
    work_id = f"initiative/{sheet.tag}-{sheet.next_item():06d}"
    life = Life(sheet=sheet, rng=rng, work_id=work_id, unit_id=unit_id, start=mark)
    judge = _JUDGES[1] if town.offices[unit_id].agency_id == _JUDGES[0] else _JUDGES[0]
    fact = life.say(mark, town.offices[judge].head).initiative_recognised
    fact.title = title
    shares = ((worker, 600), (mate, 400)) if mate else ((worker, 1000),)
    for author, share in shares:
        fact.authors.add(officer_id=author.officer_id, unit_id=unit_id, share=share)
