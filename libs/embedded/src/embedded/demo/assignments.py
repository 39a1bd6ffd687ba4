"""How items begin: tasks and documents, dossiers in steps, shares of a product, requests to other units."""

import random

from congvu.work.v1 import events_pb2 as work
from embedded.demo.catalogue import HOUR, ProductPlan
from embedded.demo.lifecycle import SYSTEM, Life, Sheet
from embedded.demo.scripts import Script
from embedded.demo.town import Office, Town, Worker

_KINDS = {
    "task": (work.WORK_KIND_TASK, "task"),
    "lead": (work.WORK_KIND_TASK, "task"),
    "document": (work.WORK_KIND_INCOMING_DOCUMENT, "document"),
    "dossier": (work.WORK_KIND_DOSSIER, "dossier"),
    "request": (work.WORK_KIND_REQUEST, "request"),
}
_CITY_COUNTER = "TTHCC-TNTKQ"
# What receiving and digitising a dossier is worth of its procedure's units, in hundredths (L18).
_RECEPTION_SHARE = 15


class Desk:
    """Gives items to officers and plays them through."""

    def __init__(self, *, town: Town, sheet: Sheet, rng: random.Random) -> None:
        self._town, self._sheet, self._rng = town, sheet, rng
        self._day = sheet.frame.hours.day
        self._script = Script(town)

    def do_task(self, office: Office, worker: Worker, product: ProductPlan, start: int, due: int) -> None:
        """A task or document, perhaps held by the unit first, without a product, or waiting for another unit."""
        rng = self._rng
        life = self._new_life(product, office, start)
        fact = self._describe(product, office)
        actor = self._set_basis(fact, worker, office, product)
        holder = None if fact.basis == work.BASIS_OWN and worker.habits.miss and rng.random() < 0.03 else worker
        undecided = rng.random() < 0.02
        if undecided:
            fact.product_code, fact.standard_units = "", 0
        life.assign(mark=start, actor_id=actor, holder=holder, due=due, fact=fact)
        if undecided:
            self._decide(life, product)
        elif holder is not None and product.kind == "task" and product.term_hours >= 24 and rng.random() < 0.5:
            self._ask_elsewhere(life)
        self._script.play(life, reviewed=product.kind != "document" or rng.random() < 0.7)

    def process_dossier(self, office: Office, worker: Worker, product: ProductPlan, start: int, due: int) -> None:
        """A dossier: received at the one-stop shop, often as a step of its own, then processed."""
        number = self._sheet.next_item()
        fact = self._describe(product, office)
        fact.title = f"{product.name} – hồ sơ {self._dossier_code(office, start, number)}"
        fact.whole_id = f"dossier/{self._sheet.tag}-{number:06d}"
        if not worker.load:
            fact.basis = work.BASIS_TAKEN_OVER
        if not office.unit_id.endswith("-HCC") and worker.load and self._rng.random() < 0.3:
            self._receive(fact, office, product, start, number)
        life = self._new_life(product, office, start, number=number, part=2)
        actor = self._town.reviewer_of(office.unit_id, worker.officer_id)
        life.assign(mark=start, actor_id=actor, holder=worker, due=due, fact=fact)
        self._script.play(life, reviewed=self._rng.random() < 0.35, rated=True)

    def share_out(self, office: Office, worker: Worker, product: ProductPlan, start: int, due: int) -> None:
        """Two or three colleagues share a product; the shares add up to its units (L13)."""
        tries = [self._town.mate_of(self._rng, office.unit_id, worker, start) for _ in range(self._rng.randint(1, 2))]
        sharers = list(dict.fromkeys([worker, *(mate for mate in tries if mate is not None)]))
        number, share = self._sheet.next_item(), product.units // len(sharers)
        title = self._describe(product, office).title
        for place, sharer in enumerate(sharers):
            life = self._new_life(product, office, start + place * 60, number=number, part=place + 1)
            fact = self._describe(product, office)
            fact.title, fact.whole_id = title, f"task/{self._sheet.tag}-{number:06d}"
            fact.standard_units = share if place else product.units - share * (len(sharers) - 1)
            actor = self._town.reviewer_of(office.unit_id, sharer.officer_id)
            life.assign(mark=start + place * 60, actor_id=actor, holder=sharer, due=due + place * self._day, fact=fact)
            self._script.play(life, reviewed=True)

    def _receive(self, whole: work.Assigned, office: Office, product: ProductPlan, start: int, number: int) -> None:
        """The step at the counter of the commune or of the city."""
        counter = self._town.offices.get(f"{office.agency_id}-HCC") or self._town.offices[_CITY_COUNTER]
        begun = start - 6 * HOUR
        clerk = self._town.mate_of(self._rng, counter.unit_id, None, begun)
        if clerk is None:
            return
        fact = work.Assigned()
        fact.CopyFrom(whole)
        fact.standard_units = product.units * _RECEPTION_SHARE // 100
        whole.standard_units -= fact.standard_units
        life = self._new_life(product, counter, begun, number=number, part=1)
        life.assign(mark=begun, actor_id=SYSTEM, holder=clerk, due=begun + 8 * HOUR, fact=fact)
        self._script.play(life, reviewed=False)

    def _ask_elsewhere(self, task: Life) -> None:
        """Another unit is asked to answer before the task is due."""
        rng, town = self._rng, self._town
        office = town.offices[town.divisions[int(rng.random() * len(town.divisions))]]
        product = office.shelves["request"].draw(rng)
        start = task.at + 60 + int((task.due - task.at) * rng.uniform(0.01, 0.1))
        due = task.evening(start, -(-product.term // self._day))
        answerer = town.mate_of(rng, office.unit_id, None, start)
        if answerer is None or office.unit_id == task.unit_id or due >= task.due:
            return
        life = self._new_life(product, office, start)
        fact = self._describe(product, office)
        fact.requesting_unit_id, fact.waiting_work_id = task.unit_id, task.work_id
        actor = task.holder.officer_id if task.holder else SYSTEM
        holder = answerer if rng.random() < 0.9 or not answerer.habits.miss else None
        life.assign(mark=start, actor_id=actor, holder=holder, due=due, fact=fact)
        self._script.play(life, reviewed=False)
        self._wait_for_answer(task, life, due)

    def _wait_for_answer(self, task: Life, request: Life, due: int) -> None:
        """A late answer moves the due time of who waits by its lateness in working time (L15)."""
        lateness = (request.done or 0) - due
        if request.done is not None and 0 < lateness < 6 * self._day:
            reason = self._script.text(task, "lateness")
            new_due = task.due + lateness
            task.change_due(request.done + 60, SYSTEM, new_due, work.DUE_CHANGE_CAUSE_COORDINATION, reason)

    def _decide(self, life: Life, product: ProductPlan) -> None:
        """The product is decided while the item is young; one in eight waits for it still (L19)."""
        if self._rng.random() < 0.12:
            return
        mark = life.at + int((life.due - life.at) * self._rng.uniform(0.05, 0.4))
        fact = life.say(mark, self._script.reviewer(life)).product_decided
        fact.product_code, fact.standard_units = product.code, product.units
        life.units = product.units

    def _set_basis(self, fact: work.Assigned, worker: Worker, office: Office, product: ProductPlan) -> str:
        """Own work mostly; only work that is no routine can be extra (L6). Returns who assigns."""
        chance = self._rng.random()
        if chance < worker.habits.begin and worker.load:
            fact.basis = work.BASIS_SELF_INITIATED
            return worker.officer_id
        if chance > 0.975 or not worker.load:
            fact.basis = work.BASIS_TAKEN_OVER
        elif chance > 0.92 and product.kind == "task" and not product.recurring:
            fact.basis, fact.basis_reason = work.BASIS_EXTRA, self._script.choose_text(self._rng, "extra")
        return self._town.reviewer_of(office.unit_id, worker.officer_id)

    def _describe(self, product: ProductPlan, office: Office) -> work.Assigned:
        topic = office.topics[int(self._rng.random() * len(office.topics))]
        return work.Assigned(
            kind=_KINDS[product.kind][0],
            product_code=product.code,
            standard_units=product.units,
            basis=work.BASIS_OWN,
            title=f"{product.name} {topic}",
        )

    def _dossier_code(self, office: Office, start: int, number: int) -> str:
        day = self._sheet.frame.hours.day_of(start)
        return f"000.{office.agency_id}.H57-{day:%y%m%d}-{number % 10000:04d}"

    def _new_life(self, product: ProductPlan, office: Office, start: int, *, number: int = 0, part: int = 0) -> Life:
        name = f"{_KINDS[product.kind][1]}/{self._sheet.tag}-{number or self._sheet.next_item():06d}"
        work_id = f"{name}-{part}" if part else name
        return Life(sheet=self._sheet, rng=self._rng, work_id=work_id, unit_id=office.unit_id, start=start)
