"""The batch door for systems outside: each event is taken, known already, or refused; the others stand."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from opentelemetry.trace import Span, get_current_span, use_span

from runtime.errors import InvalidInput
from runtime.faults import crash_point
from runtime.postgres import Connection
from work.domain.catalogue import Catalogue
from work.domain.facts import Assigned, Event, InitiativeRecognised, ProductDecided, Reassigned
from work.domain.intake import FaultError, Refusal, Surroundings, check_envelope, take_in
from work.domain.items import Item
from work.store.items import lock_items
from work.store.questions import Question, look_up
from work.store.replica import find_heads_above
from work.usecases.desk import BACKDATING, Actor, Desk, changing, retried
from work.usecases.journal import Journal

MOST_EVENTS = 2_000
KNOWN_OTHERWISE = "the event_id is known with other content: give the new fact its own id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a batch; refusals in the order of the batch."""

    accepted: int
    repeated: int
    refused: Sequence[Refusal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What one call brings: events that can be looked at, each with its place in the batch, and those that cannot.

    `span` is the call's: its events carry its trace, whoever records them.
    """

    now: datetime
    span: Span
    events: Sequence[tuple[int, Event]]
    refused: Sequence[Refusal]


@dataclass(slots=True)
class _Tally:
    refused: list[Refusal]
    accepted: int = 0
    repeated: int = 0

    def refuse(self, index: int, event: Event, name: str, reason: str) -> None:
        self.refused.append(Refusal(index=index, event_id=event.event_id, field=name, reason=reason))

    def outcome(self) -> Outcome:
        refused = sorted(self.refused, key=lambda refusal: refusal.index)
        return Outcome(accepted=self.accepted, repeated=self.repeated, refused=refused)


def delivery_of(actor: Actor, batch: Sequence[Event | Refusal]) -> Delivery:
    """A batch of at most 2,000 events as it is to be recorded; those that could not even be read come as refusals.

    recorded_at counts only from callers who may backfill, else it is now. An event without an actor is the caller's.
    """
    if len(batch) > MOST_EVENTS:
        raise InvalidInput(f"The batch has {len(batch)} events: send at most {MOST_EVENTS} at once.", field="events")
    tally = _Tally([each for each in batch if isinstance(each, Refusal)])
    events = list(_sound(actor, batch, tally))
    return Delivery(now=actor.now, span=get_current_span(), events=events, refused=tally.refused)


def _sound(actor: Actor, batch: Sequence[Event | Refusal], tally: _Tally) -> Iterator[tuple[int, Event]]:
    backfills = bool(actor.caller.roles & BACKDATING)
    for index, event in enumerate(batch):
        if isinstance(event, Refusal):
            continue
        if not event.actor_id or (event.recorded_at and not backfills):
            recorded_at = event.recorded_at if backfills else None
            event = event._replace(actor_id=event.actor_id or actor.actor_id, recorded_at=recorded_at)
        try:
            check_envelope(event, actor.now)
        except FaultError as fault:
            tally.refuse(index, event, fault.field, fault.reason)
        else:
            yield index, event


@retried
def record_deliveries(desk: Desk, deliveries: Sequence[Delivery]) -> list[Outcome]:
    """Takes in the deliveries, one after the other, in one transaction; the outcomes are true once this returns."""
    tallies = [_Tally(list(delivery.refused)) for delivery in deliveries]
    if any(delivery.events for delivery in deliveries):
        with changing(desk) as conn:
            _record(conn, desk, deliveries, tallies)
            crash_point("intake.before-commit")
        crash_point("intake.after-commit")
    return [tally.outcome() for tally in tallies]


def _record(conn: Connection, desk: Desk, deliveries: Sequence[Delivery], tallies: Sequence[_Tally]) -> None:
    events = [event for delivery in deliveries for _, event in delivery.events]
    items = lock_items(conn, {event.work_id for event in events})
    answer = look_up(conn, _question(events, items.values()))
    today = desk.calendar.local_day(max(delivery.now for delivery in deliveries))
    known = Surroundings(
        calendar=desk.calendar,
        officers=answer.officers,
        units=answer.units,
        catalogue=Catalogue(answer.products),
        heads=_find_heads(conn, events, today),
    )
    journal = Journal(conn, desk.calendar, items.values())
    journal.surround(answer)
    journal.recall(_items_with_late_facts(items, [each for each in events if each.event_id not in answer.fingerprints]))
    for delivery, tally in zip(deliveries, tallies, strict=True):
        with use_span(delivery.span):
            _take_all(journal, known, delivery, tally, answer.fingerprints)
    journal.write()


def _take_all(
    journal: Journal, known: Surroundings, delivery: Delivery, tally: _Tally, fingerprints: dict[str, int]
) -> None:
    """Adds what is new and right to the journal, and its fingerprint to those that are known."""
    for index, event in delivery.events:
        fingerprint = fingerprints.get(event.event_id)
        if fingerprint == event.fingerprint:
            tally.repeated += 1
        elif fingerprint is not None:
            tally.refuse(index, event, "event_id", KNOWN_OTHERWISE)
        else:
            try:
                fact = take_in(event, journal.item(event.work_id), known)
            except FaultError as fault:
                tally.refuse(index, event, fault.field, fault.reason)
                continue
            recorded_at = event.recorded_at or max(delivery.now, event.occurred_at)
            journal.add(event if fact is event.fact else event._replace(fact=fact), recorded_at=recorded_at)
            fingerprints[event.event_id] = event.fingerprint
            tally.accepted += 1


def _question(events: Iterable[Event], items: Iterable[Item]) -> Question:
    """What has to be known of the city to take in these events of these items."""
    holders = {item.officer_id for item in items}
    officers, units, codes = set[str](), set[str](), set[str]()
    for event in events:
        match event.fact:
            case Assigned() as fact:
                officers.add(fact.officer_id)
                units |= {fact.unit_id, fact.requesting_unit_id}
                codes.add(fact.product_code)
            case Reassigned() as fact:
                officers.add(fact.officer_id)
                units.add(fact.unit_id)
            case ProductDecided() as fact:
                codes.add(fact.product_code)
            case InitiativeRecognised() as fact:
                officers |= {author.officer_id for author in fact.authors}
                units |= {author.unit_id for author in fact.authors}
    return Question(
        event_ids=[event.event_id for event in events],
        officer_ids=_usable(officers),
        unit_ids=_usable(units),
        product_codes=_usable(codes),
        holder_ids=_usable(officers | holders),
    )


def _find_heads(conn: Connection, events: Iterable[Event], day: date) -> Mapping[str, Mapping[str, int]]:
    initiatives = [event.fact for event in events if isinstance(event.fact, InitiativeRecognised)]
    units = {author.unit_id for fact in initiatives for author in fact.authors}
    return find_heads_above(conn, _usable(units), day) if units else {}


def _usable(ids: Iterable[str]) -> list[str]:
    # The database refuses a NUL character; nothing known has one.
    return [each for each in ids if each and "\0" not in each]


def _items_with_late_facts(items: dict[str, Item], events: Sequence[Event]) -> list[str]:
    late = {
        event.work_id for event in events if event.work_id in items and event.occurred_at < items[event.work_id].latest
    }
    return sorted(late)
