"""Folding: records of the log and the clock change items, and the difference of what they add goes into the sums."""

from collections.abc import Iterable, Mapping, Sequence

from evaluation.domain.contributions import Contributions, Evaluated, Key, evaluate
from evaluation.domain.items import Item
from evaluation.domain.ledger import Ledger, Mending, Received
from evaluation.domain.measures import FLOWS, add_measures
from evaluation.domain.periods import Instant, Periods
from evaluation.store import items as store
from evaluation.store import marks as mark_store
from evaluation.store import parked as parked_store
from runtime.postgres import Connection

# Items ticked with one set of statements.
_TICK_BATCH = 500


def fold_records(
    conn: Connection,
    *,
    partition: int,
    records: Sequence[tuple[str, Received | Mending]],
    at: Instant,
    periods: Periods,
) -> None:
    """Folds records of one partition, in order, in the caller's transaction. `at` is the partition's watermark."""
    ledgers = store.load_ledgers(conn, list({work_id for work_id, _ in records}))
    for work_id, record in records:
        if isinstance(record, Received):
            ledgers[work_id].receive(record)
        else:
            ledgers[work_id].mend(record)
    parked = [ledger for ledger in ledgers.values() if ledger.parked_changed]
    if parked:
        parked_store.save_parked(conn, partition=partition, ledgers=parked)
    _apply(conn, partition, [ledger for ledger in ledgers.values() if ledger.facts_changed], at, periods)


def tick_partition(conn: Connection, *, partition: int, at: Instant, periods: Periods) -> None:
    """Lets the clock alone change the items whose time has come; applied late or twice, nothing more changes."""
    while ledgers := store.load_ticking(conn, partition=partition, at=at, limit=_TICK_BATCH):
        _apply(conn, partition, list(ledgers.values()), at, periods)


def _apply(conn: Connection, partition: int, ledgers: Sequence[Ledger], at: Instant, periods: Periods) -> None:
    if not ledgers:
        return
    applied = store.load_contributions(conn, [ledger.work_id for ledger in ledgers])
    changed: list[tuple[str, Key, Mapping[str, int]]] = []
    deltas: dict[Key, dict[str, int]] = {}
    rows = []
    for ledger in ledgers:
        evaluated = evaluate(ledger.facts, at=at, periods=periods) if ledger.facts else Evaluated(Item(), {}, None)
        rows.append(_to_row(ledger, partition, evaluated))
        changed += _collect(ledger.work_id, applied[ledger.work_id], evaluated.contributions, deltas)
    store.save_items(conn, rows)
    store.save_contributions(conn, changed)
    deltas = {key: delta for key, delta in deltas.items() if any(delta.values())}
    if deltas:
        store.add_sums(conn, partition=partition, deltas=deltas)
        mark_store.mark_scores(conn, partition=partition, marks=_marks(deltas))


def _marks(deltas: Mapping[Key, Mapping[str, int]]) -> set[mark_store.Mark]:
    """A subject's month moves; so do its later months when a flow moved."""
    return {
        mark_store.Mark(key.subject, key.month, any(delta.get(flow) for flow in FLOWS)) for key, delta in deltas.items()
    } | {mark_store.Mark(key.unit, key.month, any(delta.get(flow) for flow in FLOWS)) for key, delta in deltas.items()}


def _collect(
    work_id: str, applied: Contributions, wanted: Contributions, deltas: dict[Key, dict[str, int]]
) -> Iterable[tuple[str, Key, Mapping[str, int]]]:
    for key in {*applied, *wanted}:
        old, new = applied.get(key, {}), wanted.get(key, {})
        if old != new:
            delta = deltas.setdefault(key, {})
            add_measures(delta, new)
            add_measures(delta, {name: -value for name, value in old.items()})
            yield work_id, key, new


def _to_row(ledger: Ledger, partition: int, evaluated: Evaluated) -> store.ItemRow:
    item, spell = evaluated.item, evaluated.item.spells[-1] if evaluated.item.spells else None
    return store.ItemRow(
        work_id=ledger.work_id,
        partition=partition,
        last_revision=ledger.last_revision,
        facts=ledger.facts,
        title=item.title,
        state=_state(item),
        officer_id=spell.officer if spell else "",
        unit_id=spell.unit if spell else "",
        due_at=spell.due if spell else None,
        next_tick=evaluated.next_tick,
    )


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
