"""The current state of an item, and what each fact does to it.

A state is the fold of the item's facts in the order of (occurred_at, revision), as the scores take them: a fact that
finds no work that it could change does nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, NamedTuple

from work.domain.facts import (
    Assigned,
    Basis,
    Cancelled,
    Completed,
    DelayExcused,
    DueChangeCause,
    DueChanged,
    HandedBack,
    InitiativeRecognised,
    NumberedEvent,
    ProductDecided,
    Reassigned,
    Reopened,
    Returned,
    Submitted,
    WorkKind,
)

_NEVER = datetime(1900, 1, 1, tzinfo=UTC)


class WorkStatus(IntEnum):
    """Where an item stands; the numbers are those of the contract."""

    ANNOUNCED = 1
    OPEN = 2
    SUBMITTED = 3
    COMPLETED = 4
    CANCELLED = 5


class Item(NamedTuple):
    """An item of work as its owner sees it; a tuple, because every fact makes a new one.

    `officer_id` is empty while the unit holds it; `held_since` is when the holder got it. `finished_at` is the
    submission under review or accepted, or the completion without one. `latest` is when its latest fact happened.
    `ours`: assigned by this service, not sent in by a system outside; `assigner_id`: the officer or system that
    assigned it. Units in thousandths.
    """

    work_id: str
    status: WorkStatus = WorkStatus.ANNOUNCED
    kind: WorkKind = WorkKind.UNSPECIFIED
    basis: Basis = Basis.UNSPECIFIED
    title: str = ""
    officer_id: str = ""
    unit_id: str = ""
    product_code: str = ""
    standard_units: int = 0
    assigned_at: datetime | None = None
    held_since: datetime | None = None
    due_at: datetime | None = None
    finished_at: datetime | None = None
    whole_id: str = ""
    requesting_unit_id: str = ""
    waiting_work_id: str = ""
    latest: datetime = _NEVER
    revision: int = 0
    ours: bool = False
    assigner_id: str = ""

    @property
    def submitted_at(self) -> datetime | None:
        """Since when it waits for a review; None when it does not."""
        return self.finished_at if self.status is WorkStatus.SUBMITTED else None

    @property
    def is_open(self) -> bool:
        """Whether someone still has to do, hand in or review it."""
        return self.status in _OPEN


_OPEN = (WorkStatus.OPEN, WorkStatus.SUBMITTED)


def has_missed(item: Item, now: datetime) -> bool:
    """Whether the due time in force passed without a submission that still stands (L7: waiting is nobody's delay)."""
    return item.due_at is not None and (item.finished_at or now) > item.due_at


def may_miss(item: Item) -> bool:
    """Whether moving the due time can still matter: the item is neither cancelled nor handed in on time."""
    if item.due_at is None or item.status in (WorkStatus.CANCELLED, WorkStatus.ANNOUNCED):
        return False
    return item.finished_at is None or item.finished_at > item.due_at


def is_late(item: Item, event: NumberedEvent) -> bool:
    """Whether the event happened before one that is applied already, so that the item has to be folded anew."""
    return event.occurred_at < item.latest


def fold(base: Item, events: Iterable[NumberedEvent]) -> Item:
    """The base with these facts, arrived in any order; none of them may have happened before the base's latest."""
    for event in sorted(events, key=lambda event: (event.occurred_at, event.revision)):
        base = apply(base, event)
    return base


def apply(item: Item, event: NumberedEvent) -> Item:
    """The item after a fact that is not late."""
    change = _CHANGES.get(type(event.fact), _change_nothing)
    changes = change(item, event.fact, event)
    return item._replace(
        latest=max(item.latest, event.occurred_at), revision=max(item.revision, event.revision), **changes
    )


_Changes = dict[str, Any]


def _change_nothing(item: Item, fact: object, event: NumberedEvent) -> _Changes:
    return {}


def _change_by_assigned(item: Item, fact: Assigned, event: NumberedEvent) -> _Changes:
    if item.assigned_at:
        return {}
    return {
        "status": WorkStatus.OPEN,
        "kind": fact.kind,
        "basis": fact.basis,
        "title": fact.title,
        "officer_id": fact.officer_id,
        "unit_id": fact.unit_id,
        "product_code": fact.product_code,
        "standard_units": fact.standard_units,
        "assigned_at": event.occurred_at,
        "held_since": event.occurred_at,
        "due_at": fact.due_at,
        "whole_id": fact.whole_id,
        "requesting_unit_id": fact.requesting_unit_id,
        "waiting_work_id": fact.waiting_work_id,
        "assigner_id": event.actor_id,
    }


def _change_by_reassigned(item: Item, fact: Reassigned, event: NumberedEvent) -> _Changes:
    if not item.is_open:
        return {}
    return {
        "status": WorkStatus.OPEN,
        "officer_id": fact.officer_id,
        "unit_id": fact.unit_id,
        "held_since": event.occurred_at,
        "due_at": fact.due_at or item.due_at,
        "finished_at": None,
    }


def _change_by_handed_back(item: Item, fact: HandedBack, event: NumberedEvent) -> _Changes:
    if not item.is_open:
        return {}
    return {"status": WorkStatus.OPEN, "officer_id": "", "held_since": event.occurred_at, "finished_at": None}


def _change_by_due_changed(item: Item, fact: DueChanged, event: NumberedEvent) -> _Changes:
    if fact.cause is DueChangeCause.ASSIGNER:
        return {"due_at": fact.due_at} if item.is_open else {}
    return {"due_at": fact.due_at} if item.due_at == fact.replaces_due_at else {}


def _change_by_delay_excused(item: Item, fact: DelayExcused, event: NumberedEvent) -> _Changes:
    in_force = item.due_at == fact.missed_due_at
    moves = in_force and fact.due_at and fact.missed_due_at and fact.missed_due_at < event.occurred_at
    return {"due_at": fact.due_at} if moves else {}


def _change_by_submitted(item: Item, fact: Submitted, event: NumberedEvent) -> _Changes:
    return {"status": WorkStatus.SUBMITTED, "finished_at": event.occurred_at} if item.is_open else {}


def _change_by_completed(item: Item, fact: Completed, event: NumberedEvent) -> _Changes:
    if not item.is_open:
        return {}
    return {"status": WorkStatus.COMPLETED, "finished_at": item.finished_at or event.occurred_at}


def _change_by_returned(item: Item, fact: Returned, event: NumberedEvent) -> _Changes:
    if item.status not in (WorkStatus.SUBMITTED, WorkStatus.COMPLETED):
        return {}
    return {"status": WorkStatus.OPEN, "finished_at": None, "due_at": fact.due_at}


def _change_by_reopened(item: Item, fact: Reopened, event: NumberedEvent) -> _Changes:
    if item.status is not WorkStatus.COMPLETED:
        return {}
    return {"status": WorkStatus.OPEN, "finished_at": None, "due_at": fact.due_at}


def _change_by_cancelled(item: Item, fact: Cancelled, event: NumberedEvent) -> _Changes:
    return {"status": WorkStatus.CANCELLED} if item.is_open else {}


def _change_by_product(item: Item, fact: ProductDecided, event: NumberedEvent) -> _Changes:
    if not item.assigned_at:
        return {}
    return {"product_code": fact.product_code, "standard_units": fact.standard_units}


def _change_by_recognised(item: Item, fact: InitiativeRecognised, event: NumberedEvent) -> _Changes:
    first = fact.authors[0]
    return {
        "status": WorkStatus.COMPLETED,
        "title": fact.title,
        "officer_id": first.officer_id,
        "unit_id": first.unit_id,
        "finished_at": event.occurred_at,
    }


_CHANGES: Mapping[type, Callable[[Item, Any, NumberedEvent], _Changes]] = {
    Assigned: _change_by_assigned,
    Reassigned: _change_by_reassigned,
    HandedBack: _change_by_handed_back,
    DueChanged: _change_by_due_changed,
    DelayExcused: _change_by_delay_excused,
    Submitted: _change_by_submitted,
    Completed: _change_by_completed,
    Returned: _change_by_returned,
    Reopened: _change_by_reopened,
    Cancelled: _change_by_cancelled,
    ProductDecided: _change_by_product,
    InitiativeRecognised: _change_by_recognised,
}
