"""What an event of a system outside has to satisfy, and what is filled in where it is silent."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from work.domain.catalogue import MOST_UNITS, Catalogue, Product
from work.domain.facts import (
    Assigned,
    Basis,
    Cancelled,
    CitizenRated,
    DelayExcused,
    DueChangeCause,
    DueChanged,
    Event,
    Fact,
    HandedBack,
    InitiativeRecognised,
    ProductDecided,
    Reassigned,
    Reopened,
    Returned,
    ReviewExcused,
    WorkKind,
)
from work.domain.initiatives import find_wrong_authors, find_wrong_recogniser, split_evenly
from work.domain.items import Item
from work.domain.planning import find_unplanned_fault
from work.domain.terms import due_after_return, standard_due
from work.domain.texts import LONGEST_TEXT, find_wrong_id
from work.domain.transitions import find_wrong_ground
from working_calendar import WorkingCalendar

CLOCK_SKEW = timedelta(minutes=5)
# The calendar reaches no further back, and no city keeps its work in CongVu since then.
EARLIEST = datetime(2000, 1, 2, tzinfo=UTC)
LATEST_DUE = datetime(2099, 12, 31, tzinfo=UTC)
INITIATIVE = "initiative/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An event that is not taken: its place in the request from 0, the field as in the contract, and why."""

    index: int
    event_id: str
    field: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is known of the city while a batch is taken in. `heads`: unit → officers who head it or a unit above."""

    calendar: WorkingCalendar
    officers: Collection[str]
    units: Collection[str]
    catalogue: Catalogue
    heads: Mapping[str, Mapping[str, int]]


class FaultError(Exception):
    """One thing that is wrong with an event."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def take_in(event: Event, item: Item, known: Surroundings) -> Fact:
    """The fact of an event with a sound envelope, everything filled in, ready to be numbered. Raises FaultError."""
    _check_place(event, item)
    take = _TAKE.get(type(event.fact))
    return take(event.fact, event, item, known) if take else event.fact


def check_envelope(event: Event, now: datetime) -> None:
    """Refuses an event without usable ids, or at an impossible time. Raises FaultError."""
    for field, value in (("event_id", event.event_id), ("work_id", event.work_id), ("actor_id", event.actor_id)):
        if wrong := find_wrong_id(value):
            raise FaultError(field, f"{field} {wrong}")
    namespace, _, rest = event.work_id.partition("/")
    if not namespace or not rest:
        raise FaultError("work_id", "work_id names no owner: write it as document/…, dossier/… or import/…")
    if event.occurred_at > now + CLOCK_SKEW:
        raise FaultError("occurred_at", "occurred_at is more than 5 minutes in the future")
    if event.occurred_at < EARLIEST:
        raise FaultError("occurred_at", "occurred_at is before the year 2000")
    if event.recorded_at is not None and not event.occurred_at <= event.recorded_at <= now + CLOCK_SKEW:
        raise FaultError("recorded_at", "recorded_at must lie between occurred_at and now")


def _check_place(event: Event, item: Item) -> None:
    if isinstance(event.fact, InitiativeRecognised) != event.work_id.startswith(INITIATIVE):
        raise FaultError(
            "work_id", "initiative/… and the fact InitiativeRecognised belong together, and nothing else to them"
        )
    if item.ours and not isinstance(event.fact, CitizenRated):
        raise FaultError("work_id", "the item is kept by this service: use the call for what happened to it")


def _take_assigned(fact: Assigned, event: Event, item: Item, known: Surroundings) -> Fact:
    if item.assigned_at:
        raise FaultError("assigned", "the item is assigned already: send reassigned")
    if fact.kind is WorkKind.UNSPECIFIED:
        raise FaultError("assigned.kind", "kind is missing")
    if fact.basis is Basis.UNSPECIFIED:
        raise FaultError("assigned.basis", "basis is missing")
    _check_holder("assigned", fact.officer_id, fact.unit_id, known)
    if fact.requesting_unit_id and fact.requesting_unit_id not in known.units:
        raise FaultError("assigned.requesting_unit_id", f"unit {fact.requesting_unit_id} is unknown")
    _check_texts("assigned", title=fact.title, basis_reason=fact.basis_reason)
    _check_ids("assigned", product_code=fact.product_code, whole_id=fact.whole_id, waiting_work_id=fact.waiting_work_id)
    product = _product(fact.product_code, event, known)
    units = _units("assigned", fact.product_code, fact.standard_units, product)
    if fact.whole_id and product and units > product.standard_units:
        raise FaultError("assigned.standard_units", f"a share has more units than product {fact.product_code} (L13)")
    if fault := find_unplanned_fault(kind=fact.kind, basis=fact.basis, reason=fact.basis_reason, product=product):
        raise FaultError("assigned.basis", f"the work {fault}")
    due_at = fact.due_at or _standard_due(event, product, known)
    _check_due("assigned.due_at", due_at, event.occurred_at)
    is_complete = fact.standard_units == units and fact.due_at == due_at
    return fact if is_complete else replace(fact, standard_units=units, due_at=due_at)


def _take_reassigned(fact: Reassigned, event: Event, item: Item, known: Surroundings) -> Fact:
    _check_holder("reassigned", fact.officer_id, fact.unit_id, known)
    if fact.due_at is not None:
        _check_due("reassigned.due_at", fact.due_at, event.occurred_at)
    return fact


def _take_due_changed(fact: DueChanged, event: Event, item: Item, known: Surroundings) -> Fact:
    if fact.due_at is None or fact.due_at > LATEST_DUE:
        raise FaultError("due_changed.due_at", "due_at is missing or beyond all calendars")
    if fact.cause is DueChangeCause.UNSPECIFIED:
        raise FaultError("due_changed.cause", "cause is missing")
    if fact.cause is not DueChangeCause.ASSIGNER and fact.replaces_due_at is None:
        raise FaultError(
            "due_changed.replaces_due_at", "replaces_due_at is missing; only the assigner's change needs none"
        )
    _check_texts("due_changed", reason=fact.reason)
    return fact


def _take_review(fact: Returned | Reopened, event: Event, item: Item, known: Surroundings) -> Fact:
    name = "returned" if isinstance(fact, Returned) else "reopened"
    if fault := find_wrong_ground(item.kind, fact.grounds):
        raise FaultError(f"{name}.grounds", f"the review {fault}")
    _check_texts(name, note=fact.note)
    if fact.due_at is None:
        due_at = due_after_return(known.calendar, returned_at=event.occurred_at, old_due=item.due_at)
        return replace(fact, due_at=due_at)
    _check_due(f"{name}.due_at", fact.due_at, event.occurred_at)
    return fact


def _take_delay_excused(fact: DelayExcused, event: Event, item: Item, known: Surroundings) -> Fact:
    if fact.missed_due_at is None:
        raise FaultError("delay_excused.missed_due_at", "missed_due_at is missing")
    if fact.due_at is not None and fact.due_at <= fact.missed_due_at:
        raise FaultError("delay_excused.due_at", "due_at is not later than the due time that was missed")
    _check_texts("delay_excused", required=True, reason=fact.reason)
    return fact


def _take_review_excused(fact: ReviewExcused, event: Event, item: Item, known: Surroundings) -> Fact:
    if wrong := find_wrong_id(fact.review_event_id):
        raise FaultError("review_excused.review_event_id", f"review_event_id {wrong}")
    _check_texts("review_excused", required=True, reason=fact.reason)
    return fact


def _take_reason(fact: HandedBack | Cancelled, event: Event, item: Item, known: Surroundings) -> Fact:
    _check_texts("handed_back" if isinstance(fact, HandedBack) else "cancelled", reason=fact.reason)
    return fact


def _take_product_decided(fact: ProductDecided, event: Event, item: Item, known: Surroundings) -> Fact:
    if wrong := find_wrong_id(fact.product_code):
        raise FaultError("product_decided.product_code", f"product_code {wrong}")
    product = _product(fact.product_code, event, known)
    units = _units("product_decided", fact.product_code, fact.standard_units, product)
    return replace(fact, standard_units=units)


def _take_rating(fact: CitizenRated, event: Event, item: Item, known: Surroundings) -> Fact:
    if not 1 <= fact.stars <= 5:
        raise FaultError("citizen_rated.stars", f"stars is {fact.stars}: give 1 to 5")
    return fact


def _take_initiative(fact: InitiativeRecognised, event: Event, item: Item, known: Surroundings) -> Fact:
    if item.revision:
        raise FaultError("initiative_recognised", "the initiative is recognised already")
    authors = split_evenly(fact.authors)
    if fault := find_wrong_authors(authors):
        raise FaultError("initiative_recognised.authors", f"the initiative {fault}")
    for author in authors:
        _check_holder("initiative_recognised.authors", author.officer_id, author.unit_id, known)
        if not author.officer_id:
            raise FaultError("initiative_recognised.authors.officer_id", "officer_id is missing")
    if fault := find_wrong_recogniser(event.actor_id, authors, known.heads):
        raise FaultError("actor_id", fault)
    _check_texts("initiative_recognised", title=fact.title)
    return replace(fact, authors=authors)


def _check_holder(fact: str, officer_id: str, unit_id: str, known: Surroundings) -> None:
    if not unit_id:
        raise FaultError(f"{fact}.unit_id", "unit_id is missing")
    if unit_id not in known.units:
        raise FaultError(f"{fact}.unit_id", f"unit {unit_id} is unknown")
    if officer_id and officer_id not in known.officers:
        raise FaultError(f"{fact}.officer_id", f"officer {officer_id} is unknown")


def _check_due(field: str, due_at: datetime, occurred_at: datetime) -> None:
    if due_at < occurred_at:
        raise FaultError(field, f"{field.partition('.')[2]} lies before the moment from which it counts")
    if due_at > LATEST_DUE:
        raise FaultError(field, f"{field.partition('.')[2]} lies beyond all calendars")


def _check_texts(fact: str, *, required: bool = False, **texts: str) -> None:
    for field, value in texts.items():
        if len(value) > LONGEST_TEXT:
            raise FaultError(f"{fact}.{field}", f"{field} is longer than {LONGEST_TEXT} characters")
        if "\0" in value:
            raise FaultError(f"{fact}.{field}", f"{field} has a NUL character")
        if required and not value.strip():
            raise FaultError(f"{fact}.{field}", f"{field} is missing")


def _check_ids(fact: str, **ids: str) -> None:
    for field, value in ids.items():
        if value and (wrong := find_wrong_id(value)):
            raise FaultError(f"{fact}.{field}", f"{field} {wrong}")


def _product(code: str, event: Event, known: Surroundings) -> Product | None:
    if not code:
        return None
    return known.catalogue.product_on(code, known.calendar.local_day(event.occurred_at))


def _units(fact: str, code: str, units: int, product: Product | None) -> int:
    field = f"{fact}.standard_units"
    if not 0 <= units <= MOST_UNITS:
        raise FaultError(field, f"standard_units is {units}: give 0 to {MOST_UNITS} thousandths")
    if not code and units:
        raise FaultError(field, "standard_units must be 0 while no product is decided (L19)")
    if code and not units:
        if product is None:
            raise FaultError(
                f"{fact}.product_code", f"product {code} is not in the catalogue on that day: give its units"
            )
        return product.standard_units
    return units


def _standard_due(event: Event, product: Product | None, known: Surroundings) -> datetime:
    if product is None:
        raise FaultError(
            "assigned.due_at", "due_at is missing, and no product of the catalogue gives a standard term (L5)"
        )
    return standard_due(known.calendar, assigned_at=event.occurred_at, term_hours=product.standard_term_hours)


_TAKE: Mapping[type, Callable[[Any, Event, Item, Surroundings], Fact]] = {
    Assigned: _take_assigned,
    Reassigned: _take_reassigned,
    HandedBack: _take_reason,
    Cancelled: _take_reason,
    DueChanged: _take_due_changed,
    Returned: _take_review,
    Reopened: _take_review,
    DelayExcused: _take_delay_excused,
    ReviewExcused: _take_review_excused,
    ProductDecided: _take_product_decided,
    CitizenRated: _take_rating,
    InitiativeRecognised: _take_initiative,
}
