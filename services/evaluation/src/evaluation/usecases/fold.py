"""Folding: records of the log and the clock change items, and the difference of what they add goes into the sums."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evaluation.domain.contributions import Contributions, Evaluated, Key, evaluate
from evaluation.domain.items import Item
from evaluation.domain.ledger import Mending, Received
from evaluation.domain.measures import FLOWS
from evaluation.domain.periods import Instant, Month, Periods
from evaluation.store import evidence as evidence_store
from evaluation.store import items as store
from evaluation.store import marks as mark_store
from evaluation.store import parked as parked_store
from evaluation.store import sums as sum_store
from evaluation.usecases.known_items import KnownItem, KnownItems
from runtime.postgres import Connection

# Items ticked with one set of statements.
_TICK_BATCH = 2000
# Nothing is expected of an item in these states; a fact that comes all the same loads it again.
_AT_REST = frozenset({"completed", "cancelled", "recognised"})


_NOTHING = Evaluated(Item(), {}, None)


@dataclass(slots=True, kw_only=True)
class Fold:
    """What folds the items of the partitions that it is given."""

    periods: Periods
    known: KnownItems
    # Whether the scorer is to be told what moved.
    marking: bool = True


@dataclass(slots=True)
class _Changes:
    """What a batch writes."""

    rows: list[store.ItemRow] = field(default_factory=list)
    ticks: list[tuple[Instant, str]] = field(default_factory=list)
    come: list[evidence_store.EvidenceKey] = field(default_factory=list)
    gone: list[evidence_store.EvidenceKey] = field(default_factory=list)
    deltas: dict[Key, dict[str, int]] = field(default_factory=dict)


def fold_records(
    conn: Connection,
    fold: Fold,
    *,
    partition: int,
    records: Sequence[tuple[str, Received | Mending]],
    at: Instant,
) -> None:
    """Folds records of one partition, in order, in the caller's transaction. `at` is the partition's watermark."""
    store.plan_by_index(conn)
    items = fold.known.take(conn, partition=partition, work_ids={work_id: None for work_id, _ in records}.keys())
    for work_id, record in records:
        item = items[work_id]
        if isinstance(record, Received):
            item.ledger.receive(record)
        elif item.ledger.mend(record):
            # It may have replaced a fact.
            item.stored_facts = 0
    parked = [item.ledger for item in items.values() if item.ledger.parked_changed]
    if parked:
        parked_store.save_parked(conn, partition=partition, ledgers=parked)
    _apply(conn, fold, partition, list(items.values()), at)


def tick_partition(conn: Connection, fold: Fold, *, partition: int, at: Instant) -> None:
    """Lets the clock alone change the items whose time has come; applied late or twice, nothing more changes."""
    while ticks := store.take_ticks(conn, partition=partition, at=at, limit=_TICK_BATCH):
        due = {work_id for work_id, next_tick in ticks if next_tick is not None and next_tick <= at}
        if due:
            store.plan_by_index(conn)
            items = fold.known.take(conn, partition=partition, work_ids=sorted(due))
            _apply(conn, fold, partition, list(items.values()), at, ticked=True)


def _apply(
    conn: Connection, fold: Fold, partition: int, items: Sequence[KnownItem], at: Instant, *, ticked: bool = False
) -> None:
    """Writes what has changed by facts, or by the clock (`ticked`), and keeps the items."""
    changes, kept = _Changes(), []
    for item in items:
        state = ""
        if ticked or item.ledger.facts_changed:
            state = _change(item, changes, fold.periods, at)
        item.ledger.facts_changed = item.ledger.parked_changed = False
        if state not in _AT_REST or item.ledger.parked:
            kept.append(item)
    _save(conn, partition, changes, marking=fold.marking)
    fold.known.keep(kept)


def _change(item: KnownItem, changes: _Changes, periods: Periods, at: Instant) -> str:
    """Folds the item's facts again, notes what is to be written, and returns the item's state."""
    ledger, work_id = item.ledger, item.ledger.work_id
    folded, adds, next_tick = _NOTHING
    if ledger.facts:
        folded, adds, next_tick = evaluate(ledger.facts, at=at, periods=periods)
    state = _state(folded)
    moved = adds != item.adds
    if moved:
        _note_difference(item.adds, adds, changes.deltas)
        if adds.keys() != item.adds.keys():
            old, new = (evidence_store.evidence_of(work_id, each) for each in (item.adds, adds))
            changes.gone.extend(old - new)
            changes.come.extend(new - old)
    if next_tick is not None and next_tick != item.next_tick:
        changes.ticks.append((next_tick, work_id))
    changes.rows.append(
        store.ItemRow(
            work_id,
            ledger.last_revision,
            next_tick,
            state,
            adds if moved else None,
            ledger.facts[item.stored_facts :],
            item.stored_facts == 0,
        )
    )
    item.adds, item.next_tick, item.stored_facts = adds, next_tick, len(ledger.facts)
    return state


def _note_difference(old: Contributions, new: Contributions, deltas: dict[Key, dict[str, int]]) -> None:
    for key, measures in new.items():
        if measures != old.get(key):
            _add(deltas, key, measures, 1)
    for key, measures in old.items():
        if measures != new.get(key):
            _add(deltas, key, measures, -1)


def _add(deltas: dict[Key, dict[str, int]], key: Key, measures: Mapping[str, int], sign: int) -> None:
    delta = deltas.get(key)
    if delta is None:
        delta = deltas[key] = {}
    for name, value in measures.items():
        delta[name] = delta.get(name, 0) + sign * value


def _save(conn: Connection, partition: int, changes: _Changes, *, marking: bool) -> None:
    if changes.rows:
        store.save_items(conn, changes.rows)
    if changes.ticks:
        store.save_ticks(conn, partition=partition, ticks=changes.ticks)
    if changes.gone:
        evidence_store.delete_evidence(conn, changes.gone)
    if changes.come:
        evidence_store.save_evidence(conn, changes.come)
    deltas = {key: delta for key, delta in changes.deltas.items() if any(delta.values())}
    if deltas:
        sum_store.add_sums(conn, partition=partition, deltas=deltas)
        if marking:
            mark_store.mark_subjects(conn, partition=partition, subjects=_subjects_moved(deltas))


def _subjects_moved(deltas: Mapping[Key, Mapping[str, int]]) -> dict[tuple[Month, bool], set[str]]:
    """Whose months move, by month; `onwards` when a flow moved: their later months do as well then."""
    moved: defaultdict[tuple[Month, bool], set[str]] = defaultdict(set)
    for key, delta in deltas.items():
        onwards = not FLOWS.isdisjoint(delta) and any(delta.get(flow) for flow in FLOWS)
        moved[key.month, onwards] |= {key.subject, key.unit}
    return moved


def _state(item: Item) -> str:
    if item.initiative is not None:
        return "recognised"
    if not item.spells:
        return "announced"
    spell = item.spells[-1]
    if spell.end is not None:
        return "cancelled"
    if spell.accepted:
        return "completed"
    return "open" if spell.handed_in_at is None else "submitted"
