"""The batch door for systems outside: each event is taken, known already, or refused; the others stand."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from runtime.errors import InvalidInput
from runtime.faults import crash_point
from runtime.postgres import Connection
from work.domain.catalogue import Catalogue
from work.domain.facts import Assigned, Event, InitiativeRecognised, ProductDecided, Reassigned
from work.domain.intake import FaultError, Refusal, Surroundings, check_envelope, take_in
from work.domain.items import Item
from work.store.catalogue import load_products
from work.store.events import load_fingerprints
from work.store.items import lock_items
from work.store.replica import find_heads_above, find_known_officers, find_known_units
from work.usecases.desk import BACKDATING, Actor, Desk, changing, retried, today
from work.usecases.journal import Journal

MOST_EVENTS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a batch; refusals in the order of the batch."""

    accepted: int
    repeated: int
    refused: Sequence[Refusal]


@dataclass(slots=True)
class _Tally:
    accepted: int = 0
    repeated: int = 0
    refused: list[Refusal] = field(default_factory=list)


Numbered = Sequence[tuple[int, Event]]


@retried
def record_events(desk: Desk, actor: Actor, batch: Sequence[Event | Refusal]) -> Outcome:
    """Takes in a batch of at most 2,000 events; those that could not even be read come as refusals.

    recorded_at counts only from callers who may backfill, else it is now. An event without an actor is the caller's.
    """
    if len(batch) > MOST_EVENTS:
        raise InvalidInput(f"The batch has {len(batch)} events: send at most {MOST_EVENTS} at once.", field="events")
    tally = _Tally(refused=[each for each in batch if isinstance(each, Refusal)])
    events = list(_sound(actor, batch, tally))
    if events:
        with changing(desk) as conn:
            _record(conn, desk, actor, events, tally)
            crash_point("intake.before-commit")
        crash_point("intake.after-commit")
    tally.refused.sort(key=lambda refusal: refusal.index)
    return Outcome(accepted=tally.accepted, repeated=tally.repeated, refused=tally.refused)


def _sound(actor: Actor, batch: Sequence[Event | Refusal], tally: _Tally) -> Iterator[tuple[int, Event]]:
    backfills = bool(actor.caller.roles & BACKDATING)
    for index, event in enumerate(batch):
        if isinstance(event, Refusal):
            continue
        if not event.actor_id or (event.recorded_at and not backfills):
            recorded_at = event.recorded_at if backfills else None
            event = replace(event, actor_id=event.actor_id or actor.actor_id, recorded_at=recorded_at)
        try:
            check_envelope(event, actor.now)
        except FaultError as fault:
            tally.refused.append(_refusal(index, event, fault.field, fault.reason))
        else:
            yield index, event


def _record(conn: Connection, desk: Desk, actor: Actor, events: Numbered, tally: _Tally) -> None:
    items = lock_items(conn, {event.work_id for _, event in events})
    new = list(_unknown(conn, events, tally))
    if not new:
        return
    known = _look_up(conn, desk, actor, [event for _, event in new])
    journal = Journal(conn, desk.calendar, items.values())
    journal.look_around(known.officers)
    journal.recall(_items_with_late_facts(items, new))
    for index, event in new:
        try:
            fact = take_in(event, journal.item(event.work_id), known)
        except FaultError as fault:
            tally.refused.append(_refusal(index, event, fault.field, fault.reason))
        else:
            recorded_at = event.recorded_at or max(actor.now, event.occurred_at)
            journal.add(event if fact is event.fact else replace(event, fact=fact), recorded_at=recorded_at)
            tally.accepted += 1
    journal.write()


def _unknown(conn: Connection, events: Numbered, tally: _Tally) -> Iterator[tuple[int, Event]]:
    """The events whose ids are new; a repeat counts, the same id with other content is refused."""
    fingerprints = load_fingerprints(conn, {event.event_id for _, event in events})
    for index, event in events:
        known = fingerprints.get(event.event_id)
        if known is None:
            fingerprints[event.event_id] = event.fingerprint
            yield index, event
        elif known == event.fingerprint:
            tally.repeated += 1
        else:
            reason = "the event_id is known with other content: give the new fact its own id"
            tally.refused.append(_refusal(index, event, "event_id", reason))


def _look_up(conn: Connection, desk: Desk, actor: Actor, events: Sequence[Event]) -> Surroundings:
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
    initiatives = [event.fact for event in events if isinstance(event.fact, InitiativeRecognised)]
    authors = [author for fact in initiatives for author in fact.authors]
    author_units = set(_usable(author.unit_id for author in authors))
    return Surroundings(
        calendar=desk.calendar,
        now=actor.now,
        officers=find_known_officers(conn, _usable(officers | {author.officer_id for author in authors})),
        units=find_known_units(conn, _usable(units | author_units)),
        catalogue=Catalogue(load_products(conn, _usable(codes))),
        heads=find_heads_above(conn, author_units, today(desk, actor)) if authors else {},
    )


def _usable(ids: Iterable[str]) -> list[str]:
    # The database refuses a NUL character; nothing known has one.
    return [each for each in ids if each and "\0" not in each]


def _items_with_late_facts(items: dict[str, Item], events: Numbered) -> list[str]:
    late = {
        event.work_id
        for _, event in events
        if event.work_id in items and event.occurred_at < items[event.work_id].latest
    }
    return sorted(late)


def _refusal(index: int, event: Event, name: str, reason: str) -> Refusal:
    return Refusal(index=index, event_id=event.event_id, field=name, reason=reason)
