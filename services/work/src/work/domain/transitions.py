"""What may be done to an item in its state; each verb gives the fact that it leaves behind, or refuses."""

from collections.abc import Collection, Sequence
from datetime import datetime

from runtime.errors import Conflict, InvalidInput
from work.domain.catalogue import Product
from work.domain.facts import (
    Cancelled,
    Completed,
    DueChangeCause,
    DueChanged,
    HandedBack,
    ProductDecided,
    Reassigned,
    Reopened,
    Returned,
    ReviewGround,
    Submitted,
    WorkKind,
)
from work.domain.items import Item, WorkStatus, has_missed
from work.domain.terms import due_after_return, standard_due
from work.domain.texts import check_text
from working_calendar import WorkingCalendar

_OF_DOSSIERS = frozenset(
    {
        ReviewGround.REVOKED,
        ReviewGround.SECOND_SUPPLEMENT,
        ReviewGround.UNLAWFUL_REFUSAL,
        ReviewGround.COMPLAINT_UPHELD,
    }
)


def reassign(item: Item, *, officer_id: str, unit_id: str, due_at: datetime | None, at: datetime) -> Reassigned:
    """Gives the item to another holder; after a missed due time a new one is required (L11)."""
    _require(item, "reassigned", WorkStatus.OPEN)
    if (officer_id, unit_id) == (item.officer_id, item.unit_id):
        raise Conflict(f"{item.work_id} is held by {officer_id or unit_id} already: name another holder.")
    if due_at is None and has_missed(item, at):
        raise InvalidInput(
            f"{item.work_id} missed its due time {_written(item.due_at)}: give the next holder a new one (L11).",
            field="due_at",
        )
    _require_later(due_at, at)
    return Reassigned(officer_id=officer_id, unit_id=unit_id, due_at=due_at)


def take(
    calendar: WorkingCalendar, item: Item, *, officer_id: str, product: Product | None, at: datetime
) -> Reassigned:
    """An officer takes what nobody holds; after a missed due time it gets its standard term anew (L5, L11)."""
    _require(item, "taken", WorkStatus.OPEN)
    if item.officer_id:
        raise Conflict(f"{item.work_id} has a holder already: look for other work that nobody holds.")
    due_at = None
    if has_missed(item, at):
        if product is None:
            raise Conflict(
                f"{item.work_id} missed its due time {_written(item.due_at)}, and no product gives it a standard term: "
                f"its head gives it out with a new due time (L11)."
            )
        due_at = standard_due(calendar, assigned_at=at, term_hours=product.standard_term_hours)
    return Reassigned(officer_id=officer_id, unit_id=item.unit_id, due_at=due_at)


def hand_back(item: Item, *, reason: str) -> HandedBack:
    """The holder cannot do it (L9)."""
    _require(item, "handed back", WorkStatus.OPEN)
    check_text(reason, "reason", required=True)
    if not item.officer_id:
        raise Conflict(f"{item.work_id} is held by unit {item.unit_id}, by no officer: nobody can hand it back.")
    return HandedBack(reason=reason)


def change_due(
    calendar: WorkingCalendar,
    item: Item,
    *,
    due_at: datetime | None,
    reason: str,
    at: datetime,
    product: Product | None,
) -> DueChanged:
    """Another due time by the assigner (L4); never earlier than both the old one and the standard term (L5)."""
    _require(item, "re-dated", WorkStatus.OPEN)
    check_text(reason, "reason", required=True)
    if due_at is None:
        raise InvalidInput("due_at is missing: give the new due time.", field="due_at")
    _require_later(due_at, at)
    if due_at == item.due_at:
        raise Conflict(f"{item.work_id} is due at {_written(due_at)} already.")
    if product and item.assigned_at and item.due_at and due_at < item.due_at:
        standard = standard_due(calendar, assigned_at=item.assigned_at, term_hours=product.standard_term_hours)
        if due_at < standard:
            raise InvalidInput(
                f"due_at lies before the end of the standard term at {_written(standard)}: give a later one (L5).",
                field="due_at",
            )
    return DueChanged(due_at=due_at, cause=DueChangeCause.ASSIGNER, reason=reason)


def submit(item: Item) -> Submitted:
    """Hands the work in for review."""
    _require(item, "submitted", WorkStatus.OPEN)
    return Submitted()


def return_work(
    calendar: WorkingCalendar,
    item: Item,
    *,
    grounds: Sequence[ReviewGround],
    due_at: datetime | None,
    note: str,
    at: datetime,
) -> Returned:
    """The reviewer returns a submission, at most once (L7, L17)."""
    _require(item, "returned", WorkStatus.SUBMITTED)
    due_at = _due_of_review(calendar, item, grounds=grounds, due_at=due_at, note=note, at=at)
    return Returned(grounds=tuple(grounds), due_at=due_at, note=note)


def accept(item: Item) -> Completed:
    """Accepts the submission; without one the work is completed and accepted at once."""
    _require(item, "accepted", WorkStatus.SUBMITTED, WorkStatus.OPEN)
    return Completed()


def reopen(
    calendar: WorkingCalendar,
    item: Item,
    *,
    grounds: Sequence[ReviewGround],
    due_at: datetime | None,
    note: str,
    at: datetime,
) -> Reopened:
    """Opens accepted work again (L8)."""
    _require(item, "reopened", WorkStatus.COMPLETED)
    due_at = _due_of_review(calendar, item, grounds=grounds, due_at=due_at, note=note, at=at)
    return Reopened(grounds=tuple(grounds), due_at=due_at, note=note)


def cancel(item: Item, *, reason: str) -> Cancelled:
    """The work is no longer wanted (L10)."""
    _require(item, "cancelled", WorkStatus.OPEN, WorkStatus.SUBMITTED)
    check_text(reason, "reason", required=True)
    return Cancelled(reason=reason)


def refuse_misdirected(calendar: WorkingCalendar, item: Item, *, reason: str, at: datetime) -> Cancelled:
    """The receiver refuses misdirected work, within one working day of getting it (L10)."""
    _require(item, "refused", WorkStatus.OPEN)
    check_text(reason, "reason", required=True)
    received = item.held_since or at
    last = calendar.end_of_day(calendar.next_working_day(calendar.local_day(received)))
    if at > last:
        raise Conflict(
            f"{item.work_id} could be refused as misdirected until {_written(last)}: ask its head to cancel it (L10)."
        )
    return Cancelled(reason=reason)


def decide_product(item: Item, product: Product) -> ProductDecided:
    """Decides the product of an item without one; its units apply from the assignment (L19)."""
    if item.assigned_at is None or item.status is WorkStatus.CANCELLED:
        raise Conflict(f"{item.work_id} is {item.status.name.lower()}: only assigned work gets a product.")
    if item.product_code:
        raise Conflict(f"{item.work_id} has product {item.product_code} already.")
    return ProductDecided(product_code=product.product_code, standard_units=product.standard_units)


def find_wrong_ground(kind: WorkKind, grounds: Collection[ReviewGround]) -> str:
    """Why these are no grounds of a failed review of this kind of work, or the empty string (L17)."""
    for ground in grounds:
        if ground is ReviewGround.UNSPECIFIED:
            return "names a ground that is none of L17's"
        if ground is ReviewGround.WITHDRAWN_AFTER_ISSUE and kind is WorkKind.DOSSIER:
            return f"names ground {ground.name}, which only documents have (L17)"
        if ground in _OF_DOSSIERS and kind not in (WorkKind.DOSSIER, WorkKind.UNSPECIFIED):
            return f"names ground {ground.name}, which only dossiers have (L17)"
    return ""


def _due_of_review(
    calendar: WorkingCalendar,
    item: Item,
    *,
    grounds: Sequence[ReviewGround],
    due_at: datetime | None,
    note: str,
    at: datetime,
) -> datetime:
    if fault := find_wrong_ground(item.kind, grounds):
        raise InvalidInput(f"The review {fault}.", field="grounds")
    check_text(note, "note", required=bool(grounds))
    if due_at is None:
        return due_after_return(calendar, returned_at=at, old_due=item.due_at)
    _require_later(due_at, at)
    if item.due_at and due_at < item.due_at:
        raise InvalidInput(
            f"due_at lies before the old due time {_written(item.due_at)}: give a later one (L7).", field="due_at"
        )
    return due_at


def _require(item: Item, done: str, *statuses: WorkStatus) -> None:
    if item.status not in statuses:
        needed = " or ".join(status.name.lower() for status in statuses)
        raise Conflict(f"{item.work_id} is {item.status.name.lower()}: only {needed} work can be {done}.")


def _require_later(due_at: datetime | None, at: datetime) -> None:
    if due_at is not None and due_at <= at:
        raise InvalidInput(f"due_at {_written(due_at)} has passed: give a later time.", field="due_at")


def _written(moment: datetime | None) -> str:
    return moment.isoformat(timespec="minutes") if moment else "(none)"
