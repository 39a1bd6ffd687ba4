"""From spells to what they add, by subject, unit, month and class (docs/scoring.md, section 3)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from oracle import facts as f
from oracle.months import CutOff, earliest_month_read_at_or_after, month_of, months_between, shift
from oracle.spells import Item, Spell, credit_month, follow, in_order, month_of_spell

FLOWS = ("carried_planned", "carried_items", "initiative_credit")
"""Measures that are read as running sums over months."""

RATINGS = ("ratings", "rating_stars")
"""What citizens say is no amendment of the month."""

MEASURES = (
    "planned",
    "pending_planned",
    "carried_planned",
    "carried_items",
    "done",
    *(f"done_failed_{n}" for n in range(1, 5)),
    *(f"done_late_{n}" for n in range(1, 5)),
    "due_units",
    "due_items",
    "missed_items",
    "on_time_units",
    "on_time_items",
    "pending_units",
    "pending_items",
    "completed_items",
    "proactive_items",
    "undecided_items",
    "ratings",
    "rating_stars",
    "amended_items",
    "initiative_credit",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Where something is added; `kind` is "work" or "request"."""

    subject: str
    unit: str
    month: str
    kind: str


Rows = dict[Row, Counter[str]]


def rows_of(facts: Iterable[f.Fact], cut_off: CutOff, t: datetime) -> Rows:
    """What all facts add, as of t."""
    items: defaultdict[str, list[f.Fact]] = defaultdict(list)
    for fact in facts:
        items[fact.work_id].append(fact)
    total: Rows = {}
    for of_item in items.values():
        for row, added in rows_of_item(of_item, cut_off, t).items():
            total.setdefault(row, Counter()).update(added)
    return total


def rows_of_item(facts: Sequence[f.Fact], cut_off: CutOff, t: datetime) -> Rows:
    """What the facts of one item add, as of t, with what was amended after its month was read (L21)."""
    ordered = in_order(facts)
    rows = _rows_as_of(ordered, cut_off, t)
    amended = _amended(ordered, rows, cut_off, t)
    for row, initiative in _initiative_rows(ordered, t):
        rows.setdefault(row, Counter()).update(initiative)
    for row in amended:
        rows.setdefault(row, Counter())["amended_items"] += 1
    return rows


def _rows_as_of(ordered: Sequence[f.Fact], cut_off: CutOff, t: datetime) -> Rows:
    item = follow(ordered, cut_off, t)
    if item is None:
        return {}
    rows: Rows = {}
    for spell in item.spells:
        for month, name, amount in _additions(item, spell, t):
            if amount:
                kind = "request" if item.assigned.kind == "request" else "work"
                row = Row(subject=spell.subject, unit=spell.unit, month=month, kind=kind)
                rows.setdefault(row, Counter())[name] += amount
    return rows


def _amended(ordered: Sequence[f.Fact], rows: Rows, cut_off: CutOff, t: datetime) -> list[Row]:
    """Rows of months already read that stood otherwise when they were read."""
    if not ordered:
        return []
    first = shift(min([month_of(ordered[0].occurred_at), *(row.month for row in rows)]), -1)
    found = []
    for month in months_between(first, month_of(t)):
        read_at = cut_off(month)
        if not read_at < t:
            break
        known = _rows_as_of([fact for fact in ordered if fact.recorded_at <= read_at], cut_off, read_at)
        before, after = _of_month(known, month), _of_month(rows, month)
        found += [row for row in before.keys() | after.keys() if before.get(row) != after.get(row)]
    return found


def _of_month(rows: Rows, month: str) -> dict[Row, dict[str, int]]:
    found = {}
    for row, added in rows.items():
        stocks = {name: amount for name, amount in added.items() if amount and name not in (*FLOWS, *RATINGS)}
        if row.month == month and stocks:
            found[row] = stocks
    return found


def _initiative_rows(ordered: Sequence[f.Fact], t: datetime) -> list[tuple[Row, Mapping[str, int]]]:
    """A share in the month of recognition, taken away twelve months later (L16)."""
    rows: list[tuple[Row, Mapping[str, int]]] = []
    for fact in ordered:
        if isinstance(fact.fact, f.InitiativeRecognised) and fact.occurred_at <= t:
            begins = month_of(fact.occurred_at)
            for author in fact.fact.authors:
                for month, share in ((begins, author.share), (shift(begins, 12), -author.share)):
                    row = Row(subject=author.officer_id, unit=author.unit_id, month=month, kind="work")
                    rows.append((row, {"initiative_credit": share}))
    return rows


Addition = tuple[str, str, int]
"""Month, measure, amount."""


def _additions(item: Item, spell: Spell, t: datetime) -> list[Addition]:
    month = month_of_spell(spell)
    if month is None:
        return []
    if spell.ended_by:
        return _additions_of_ended(item, spell, month)
    ripe = spell.completed or spell.pin is not None or (spell.due is not None and t >= spell.due)
    undecided = (month, "undecided_items", 0 if item.decided else 1)
    if not ripe:
        return [*_pending(item, spell, month), undecided, *_ratings(spell, month)]
    added = [(month, "planned", item.units if spell.planned else 0), *_due(item, spell, month), undecided]
    if not spell.completed:
        return [*added, *_carried(item, spell, None), *_ratings(spell, month)]
    credit = credit_month(spell, item.cut_off)
    assert credit is not None
    return [*added, *_carried(item, spell, credit), *_ratings(spell, credit), *_done(item, spell, credit)]


def _additions_of_ended(item: Item, spell: Spell, month: str) -> list[Addition]:
    planned = (month, "planned", item.units if spell.planned else 0)
    if spell.pin is not None:
        assert spell.ended_at is not None
        left = earliest_month_read_at_or_after(spell.ended_at, spell.pin, item.cut_off)
        return [planned, *_due(item, spell, month), *_carried(item, spell, left)]
    return [planned] if spell.ended_by == "handed_back" else []


def _pending(item: Item, spell: Spell, month: str) -> list[Addition]:
    return [
        (month, "pending_planned", item.units if spell.planned else 0),
        (month, "pending_units", item.units),
        (month, "pending_items", 1),
    ]


def _due(item: Item, spell: Spell, month: str) -> list[Addition]:
    return [
        (month, "due_units", item.units),
        (month, "due_items", 1),
        (month, "missed_items", 0 if spell.pin is None else 1),
    ]


def _carried(item: Item, spell: Spell, left: str | None) -> list[Addition]:
    """In from the month after the pin on, out after the month in which it ended, if it did (L3)."""
    if spell.pin is None:
        return []
    planned = item.units if spell.planned else 0
    enters = shift(spell.pin, 1)
    flow = [(enters, "carried_planned", planned), (enters, "carried_items", 1)]
    if left is not None:
        leaves = shift(left, 1)
        flow += [(leaves, "carried_planned", -planned), (leaves, "carried_items", -1)]
    return flow


def _done(item: Item, spell: Spell, credit: str) -> list[Addition]:
    failed = sum(1 for review in spell.failed if review not in item.excused_reviews)
    added = [(credit, "done", item.units), (credit, "completed_items", 1)]
    if failed:
        added.append((credit, f"done_failed_{min(failed, 4)}", item.units))
    if spell.misses:
        added.append((credit, f"done_late_{min(spell.misses, 4)}", item.units))
    else:
        added += [(credit, "on_time_units", item.units), (credit, "on_time_items", 1)]
    if _is_proactive(item, spell):
        added.append((credit, "proactive_items", 1))
    return added


def _is_proactive(item: Item, spell: Spell) -> bool:
    if item.assigned.basis == "self_initiated" and spell is item.spells[0]:
        return True
    if spell.due is None or spell.completion is None:
        return False
    return 2 * (spell.completion - spell.begun_at) < spell.due - spell.begun_at


def _ratings(spell: Spell, month: str) -> list[Addition]:
    return [(month, "ratings", len(spell.stars)), (month, "rating_stars", sum(spell.stars))]
