"""What may happen next, one fact at a time: new work, and the next step of work that is open. For the living demo."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from congvu.work.v1 import events_pb2 as work
from embedded.demo.catalogue import ProductPlan, Shelf
from embedded.demo.datafiles import read_yaml
from runtime.timestamps import to_timestamp
from working_calendar import WorkingCalendar

_KINDS = {
    "task": work.WORK_KIND_TASK,
    "lead": work.WORK_KIND_TASK,
    "document": work.WORK_KIND_INCOMING_DOCUMENT,
    "dossier": work.WORK_KIND_DOSSIER,
}
_PREFIXES = {
    work.WORK_KIND_TASK: "task",
    work.WORK_KIND_INCOMING_DOCUMENT: "document",
    work.WORK_KIND_DOSSIER: "dossier",
}
_REVIEWED = (work.WORK_KIND_TASK, work.WORK_KIND_INCOMING_DOCUMENT)
_GROUNDS = (work.REVIEW_GROUND_LAW, work.REVIEW_GROUND_FACTS, work.REVIEW_GROUND_FIGURES)


@dataclass(slots=True, kw_only=True)
class OpenItem:
    """An item that is not finished, as far as its next step needs it. Without an officer the unit holds it."""

    work_id: str
    kind: work.WorkKind.ValueType
    officer_id: str
    unit_id: str
    due_at: datetime
    is_submitted: bool = False
    is_finished: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """Who is there today: officers by unit, heads by unit, and the unit above each."""

    officers: Mapping[str, Sequence[str]]
    heads: Mapping[str, str]
    parents: Mapping[str, str]

    def reviewer_of(self, unit_id: str, officer_id: str) -> str:
        """The head of the unit or of one above, other than the officer."""
        while unit_id:
            head = self.heads.get(unit_id, "")
            if head and head != officer_id:
                return head
            unit_id = self.parents.get(unit_id, "")
        return officer_id


class Steps:
    """Makes facts of this moment. `new_id` gives an id that nobody has."""

    def __init__(
        self,
        *,
        rng: random.Random,
        crew: Crew,
        products: Sequence[ProductPlan],
        calendar: WorkingCalendar,
        new_id: Callable[[], str],
    ) -> None:
        self._rng, self._crew, self._calendar, self._new_id = rng, crew, calendar, new_id
        self._units = tuple(crew.officers)
        self._shelf = Shelf([product for product in products if "*" in product.used_by and product.kind in _KINDS])
        self._topics: Sequence[str] = read_yaml("topics.yaml")["*"]

    def begin(self, now: datetime) -> tuple[work.WorkEvent, OpenItem]:
        """Gives an officer something new to do, due after the standard term."""
        unit_id = self._rng.choice(self._units)
        product = self._shelf.draw(self._rng)
        item = OpenItem(
            work_id=f"{_PREFIXES[_KINDS[product.kind]]}/live-{self._new_id()}",
            kind=_KINDS[product.kind],
            officer_id=self._rng.choice(self._crew.officers[unit_id]),
            unit_id=unit_id,
            due_at=self._calendar.add_working_hours(now, product.term_hours),
        )
        event = self._event(item, now, self._reviewer(item))
        fact = event.assigned
        fact.officer_id, fact.unit_id, fact.kind = item.officer_id, unit_id, item.kind
        fact.product_code, fact.standard_units = product.code, product.units
        fact.basis, fact.title = work.BASIS_OWN, f"{product.name} {self._rng.choice(self._topics)}"
        _set_due(fact, item.due_at)
        return event, item

    def go_on(self, item: OpenItem, now: datetime) -> work.WorkEvent:
        """The next fact of an open item; the item is changed to what it is then."""
        if not item.officer_id:
            return self._give_out(item, now)
        if item.is_submitted:
            return self._review(item, now)
        chance = self._rng.random()
        if chance < 0.03:
            return self._hand_back(item, now)
        if chance < 0.08:
            return self._change_due(item, now)
        if item.kind in _REVIEWED:
            item.is_submitted = True
            event = self._event(item, now, item.officer_id)
            event.submitted.SetInParent()
            return event
        return self._complete(item, now, item.officer_id)

    def _give_out(self, item: OpenItem, now: datetime) -> work.WorkEvent:
        event = self._event(item, now, self._reviewer(item))
        item.officer_id = self._rng.choice(self._crew.officers.get(item.unit_id) or self._all_officers())
        event.reassigned.officer_id, event.reassigned.unit_id = item.officer_id, item.unit_id
        if now > item.due_at:
            item.due_at = self._days_after(now, 4)
            _set_due(event.reassigned, item.due_at)
        return event

    def _review(self, item: OpenItem, now: datetime) -> work.WorkEvent:
        if self._rng.random() < 0.8:
            return self._complete(item, now, self._reviewer(item))
        event = self._event(item, now, self._reviewer(item))
        item.is_submitted = False
        item.due_at = max(item.due_at, self._days_after(now, 2))
        has_ground = self._rng.random() < 0.6
        event.returned.note = "Số liệu chưa khớp" if has_ground else "Diễn đạt lại cho gọn"
        event.returned.grounds.extend([self._rng.choice(_GROUNDS)] if has_ground else [])
        _set_due(event.returned, item.due_at)
        return event

    def _hand_back(self, item: OpenItem, now: datetime) -> work.WorkEvent:
        event = self._event(item, now, item.officer_id)
        event.handed_back.reason = "Không đúng chuyên môn được giao"
        item.officer_id = ""
        return event

    def _change_due(self, item: OpenItem, now: datetime) -> work.WorkEvent:
        event = self._event(item, now, self._reviewer(item))
        item.due_at = self._days_after(max(now, item.due_at), 2)
        event.due_changed.cause = work.DUE_CHANGE_CAUSE_ASSIGNER
        event.due_changed.reason = "Bổ sung phạm vi công việc"
        _set_due(event.due_changed, item.due_at)
        return event

    def _complete(self, item: OpenItem, now: datetime, actor_id: str) -> work.WorkEvent:
        event = self._event(item, now, actor_id)
        event.completed.SetInParent()
        item.is_finished = True
        return event

    def _event(self, item: OpenItem, now: datetime, actor_id: str) -> work.WorkEvent:
        return work.WorkEvent(
            event_id=self._new_id(), work_id=item.work_id, actor_id=actor_id, occurred_at=to_timestamp(now)
        )

    def _reviewer(self, item: OpenItem) -> str:
        return self._crew.reviewer_of(item.unit_id, item.officer_id)

    def _days_after(self, moment: datetime, days: int) -> datetime:
        day = self._calendar.add_working_days(self._calendar.local_day(moment), days)
        return self._calendar.end_of_day(day)

    def _all_officers(self) -> Sequence[str]:
        return self._crew.officers[self._units[0]]


def _set_due(fact: work.Assigned | work.Reassigned | work.Returned | work.DueChanged, due_at: datetime) -> None:
    fact.due_at.FromDatetime(due_at)
