"""How facts come to items: numbered under the item's lock, folded into its state, written and published at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import uuid4

from runtime.events import Record
from runtime.outbox import enqueue
from runtime.postgres import Connection
from work.domain.facts import Event, Fact, KeptEvent, NumberedEvent
from work.domain.items import Item, apply, fold, is_late
from work.domain.terms import DueMove, LeaveTaken, Outage, moves_of_due
from work.events.reading import decode_event
from work.events.writing import fact_record, keep_event
from work.store.events import load_values
from work.store.journal import write_facts
from work.store.questions import Answer, Question, look_up
from working_calendar import WorkingCalendar

# Who moves due times out of leave and outages.
SYSTEM = "work"


class Journal:
    """The items that a transaction has locked, and the facts that it adds to them.

    Due times that fall into the holder's leave (L12) or an outage (L23) are moved on the way.
    """

    def __init__(self, conn: Connection, calendar: WorkingCalendar, items: Iterable[Item]) -> None:
        self._conn = conn
        self._calendar = calendar
        self._items = {item.work_id: item for item in items}
        self._locked = list(self._items)
        self._bases = dict(self._items)
        self._added: dict[str, list[NumberedEvent]] = {}
        self._kept: list[KeptEvent] = []
        self._records: list[Record] = []
        self._leaves: Mapping[str, Sequence[LeaveTaken]] = {}
        self._outages: Sequence[Outage] = ()

    def look_around(self, officer_ids: Iterable[str]) -> None:
        """Loads outages, and the leaves of these officers and of the holders of the items."""
        holders = {item.officer_id for item in self._items.values()} | set(officer_ids)
        self.surround(look_up(self._conn, Question(holder_ids=list(holders))))

    def surround(self, known: Answer) -> None:
        """Takes leaves and outages out of what was looked up already."""
        self._leaves, self._outages = known.leaves, known.outages

    def recall(self, work_ids: Sequence[str]) -> None:
        """Loads all facts of items to which facts of the past will be added, so that they can be folded anew."""
        if not work_ids:
            return
        for work_id in work_ids:
            self._bases[work_id] = Item(work_id=work_id, ours=self._items[work_id].ours)
            self._added[work_id] = []
        for value in load_values(self._conn, work_ids):
            event = decode_event(value)
            self._added[event.work_id].append(event)

    def item(self, work_id: str) -> Item:
        """The item as it is by now; a blank one while it has no facts."""
        return self._items.get(work_id) or Item(work_id=work_id)

    def add(self, event: Event, *, recorded_at: datetime, ours: bool = False) -> Item:
        """Numbers the fact and adds it, with what follows from it for the due time; gives the item after that."""
        before = self._items.get(event.work_id) or self._open(event.work_id, ours)
        after = self._append(before, event, recorded_at)
        if after.due_at != before.due_at or after.officer_id != before.officer_id:
            for move in self._moves_of(after):
                after = self._append_move(after, move, at=after.latest, recorded_at=recorded_at)
        return after

    def move_due(self, item: Item, *, recorded_at: datetime) -> Item:
        """Moves the item's due time out of leave and outages that became known after it was set."""
        for move in self._moves_of(item):
            at = max(item.latest, min(move.known_since, recorded_at))
            item = self._append_move(item, move, at=at, recorded_at=recorded_at)
        return item

    def _moves_of(self, item: Item) -> list[DueMove]:
        leaves = self._leaves.get(item.officer_id, ())
        if not leaves and not self._outages:
            return []
        return moves_of_due(self._calendar, item, leaves=leaves, outages=self._outages)

    def _append_move(self, item: Item, move: DueMove, *, at: datetime, recorded_at: datetime) -> Item:
        return self._append(item, event_of(item, move.change, actor_id=SYSTEM, at=at), max(recorded_at, at))

    def write(self) -> None:
        """Writes items, facts and outbox, in the caller's transaction. Raises RacedError."""
        if self._kept:
            changed = {kept.event.work_id: self._items[kept.event.work_id] for kept in self._kept}
            write_facts(self._conn, changed.values(), self._kept, locked=self._locked)
            enqueue(self._conn, self._records)

    @property
    def moved(self) -> int:
        """How many items have facts to write."""
        return len({kept.event.work_id for kept in self._kept})

    def _open(self, work_id: str, ours: bool) -> Item:
        item = Item(work_id=work_id, ours=ours)
        self._items[work_id] = self._bases[work_id] = item
        return item

    def _append(self, item: Item, event: Event, recorded_at: datetime) -> Item:
        numbered = NumberedEvent(
            event_id=event.event_id,
            work_id=event.work_id,
            revision=item.revision + 1,
            occurred_at=event.occurred_at,
            recorded_at=recorded_at,
            actor_id=event.actor_id,
            fact=event.fact,
            fingerprint=event.fingerprint,
        )
        added = self._added.setdefault(event.work_id, [])
        added.append(numbered)
        kept = keep_event(numbered)
        self._kept.append(kept)
        self._records.append(fact_record(kept))
        after = fold(self._bases[event.work_id], added) if is_late(item, numbered) else apply(item, numbered)
        self._items[event.work_id] = after
        return after


def event_of(item: Item, fact: Fact, *, actor_id: str, at: datetime) -> Event:
    """An event of this service's own."""
    return Event(event_id=uuid4().hex, work_id=item.work_id, occurred_at=at, actor_id=actor_id, fact=fact)
