"""From the facts of one item to its spells as of an instant (docs/scoring.md, section 2)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from oracle import facts as f
from oracle.months import CutOff, earliest_month_read_at_or_after, month_of, window


@dataclass(slots=True, kw_only=True)
class Spell:
    """One holder's part of an item. `due` is None while it is excused to a completion that has not come."""

    subject: str
    unit: str
    planned: bool
    begun_at: datetime
    due: datetime | None
    due_recorded_at: datetime
    due_missed: bool = False
    pin: str | None = None
    misses: int = 0
    failed: list[str] = field(default_factory=list)
    stars: list[int] = field(default_factory=list)
    submitted_at: datetime | None = None
    completed_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str = ""

    @property
    def open(self) -> bool:
        """Neither accepted nor ended; it may wait for review."""
        return self.completed_at is None and not self.ended_by

    @property
    def completion(self) -> datetime | None:
        """When it was accepted, or handed in and presumed accepted (L7)."""
        if self.ended_by:
            return None
        return self.completed_at or self.submitted_at

    @property
    def completed(self) -> bool:
        """Accepted or presumed so."""
        return self.completion is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redating:
    """A due time that stands in the place of another; an excuse does so only for a missed one."""

    replaces: datetime | None
    due: datetime | None
    recorded_at: datetime
    excuse: bool


@dataclass(slots=True, kw_only=True)
class Item:
    """An assigned item: its spells in order, the last one being the open one if any is."""

    assigned: f.Assigned
    units: int
    decided: bool
    cut_off: CutOff
    redatings: tuple[Redating, ...]
    excused_reviews: frozenset[str]
    spells: list[Spell]

    @property
    def last(self) -> Spell:
        """The spell that holds the item, or the last that did."""
        return self.spells[-1]


def month_of_spell(spell: Spell) -> str | None:
    """The month in which it counts (L1); None while it has neither a due time nor a completion."""
    if spell.pin is not None:
        return spell.pin
    moment = spell.due or spell.completion or (spell.ended_at if spell.ended_by == "handed_back" else None)
    return None if moment is None else month_of(moment)


def credit_month(spell: Spell, cut_off: CutOff) -> str | None:
    """The month that its completion counts in (L3)."""
    if spell.pin is None:
        return month_of_spell(spell)
    if spell.completion is None:
        return None
    return earliest_month_read_at_or_after(spell.completion, spell.pin, cut_off)


def in_order(facts: Sequence[f.Fact]) -> list[f.Fact]:
    """The order in which facts count."""
    return sorted(facts, key=lambda fact: (fact.occurred_at, fact.revision))


def follow(ordered: Sequence[f.Fact], cut_off: CutOff, t: datetime) -> Item | None:
    """The item as of t out of its facts in order; None while it has no assignment."""
    known = [fact for fact in ordered if fact.occurred_at <= t]
    first = next((n for n, fact in enumerate(known) if isinstance(fact.fact, f.Assigned)), None)
    if first is None:
        return None
    item = _begin(known[first], known[first + 1 :], cut_off)
    for fact in known[first + 1 :]:
        _pass_due_times(item, fact.occurred_at)
        _apply(item, fact)
    _pass_due_times(item, t)
    return item


def _begin(first: f.Fact, later: Sequence[f.Fact], cut_off: CutOff) -> Item:
    assigned = first.fact
    assert isinstance(assigned, f.Assigned)
    spell = Spell(
        subject=assigned.officer_id or assigned.unit_id,
        unit=assigned.unit_id,
        planned=_is_planned(assigned),
        begun_at=first.occurred_at,
        due=assigned.due_at,
        due_recorded_at=first.recorded_at,
    )
    return Item(
        assigned=assigned,
        units=assigned.standard_units if assigned.product_code else 0,
        decided=bool(assigned.product_code),
        cut_off=cut_off,
        redatings=tuple(_redatings(later)),
        excused_reviews=frozenset(x.fact.review_event_id for x in later if isinstance(x.fact, f.ReviewExcused)),
        spells=[spell],
    )


def _is_planned(assigned: f.Assigned) -> bool:
    if assigned.basis == "taken_over":
        return False
    return assigned.basis != "extra" or assigned.kind in ("dossier", "incoming_document")


def _redatings(facts: Sequence[f.Fact]) -> list[Redating]:
    found = []
    for fact in facts:
        what = fact.fact
        if isinstance(what, f.DelayExcused):
            found.append(
                Redating(replaces=what.missed_due_at, due=what.due_at, recorded_at=fact.recorded_at, excuse=True)
            )
        elif isinstance(what, f.DueChanged) and what.cause != "assigner":
            found.append(
                Redating(replaces=what.replaces_due_at, due=what.due_at, recorded_at=fact.recorded_at, excuse=False)
            )
    # One that takes time away does nothing.
    return [one for one in found if one.due is None or one.replaces is None or one.due > one.replaces]


def _pass_due_times(item: Item, x: datetime) -> None:
    """Judges the due times in force that passed before x: re-dated, missed, or harmless while review is awaited."""
    spell = item.last
    while spell.open and spell.due is not None and spell.due < x and not spell.due_missed:
        waits = spell.submitted_at is not None
        others = [one for one in item.redatings if one.replaces == spell.due and not (waits and one.excuse)]
        if others:
            _set_due(spell, others[-1].due, others[-1].recorded_at)
        elif waits:
            break
        else:
            _miss(spell, spell.due, item.cut_off)


def _miss(spell: Spell, due: datetime, cut_off: CutOff) -> None:
    spell.due_missed = True
    spell.misses += 1
    if spell.pin is None:
        month = month_of(due)
        late = spell.due_recorded_at > cut_off(month)
        spell.pin = window(spell.due_recorded_at, cut_off) if late else month


def _set_due(spell: Spell, due: datetime | None, recorded_at: datetime) -> None:
    spell.due = due
    spell.due_recorded_at = recorded_at
    spell.due_missed = False


def _apply(item: Item, fact: f.Fact) -> None:
    what = fact.fact
    if isinstance(what, f.Returned | f.Reopened):
        _send_back(item, fact, what)
    elif isinstance(what, f.ProductDecided):
        item.units, item.decided = what.standard_units, True
    elif isinstance(what, f.CitizenRated):
        if not item.last.ended_by:
            item.last.stars.append(what.stars)
    elif item.last.open and type(what) in _ON_AN_OPEN_SPELL:
        _ON_AN_OPEN_SPELL[type(what)](item, fact, what)


def _send_back(item: Item, fact: f.Fact, what: f.Returned | f.Reopened) -> None:
    """Before the cut-off of the month that it counts in, or after it (L7, L8, L21)."""
    spell = item.last
    if not spell.completed:
        return
    credit = credit_month(spell, item.cut_off)
    assert credit is not None
    failed = [fact.event_id] if what.grounds else []
    if fact.recorded_at <= item.cut_off(credit):
        spell.submitted_at = spell.completed_at = None
        spell.failed += failed
        _set_due(spell, what.due_at, fact.recorded_at)
        return
    spell.completed_at = spell.completion
    item.spells.append(
        Spell(
            subject=spell.subject,
            unit=spell.unit,
            planned=True,
            begun_at=fact.occurred_at,
            due=what.due_at,
            due_recorded_at=fact.recorded_at,
            failed=failed,
        )
    )


def _change_due(item: Item, fact: f.Fact, what: f.DueChanged) -> None:
    replaces = what.replaces_due_at is not None and what.replaces_due_at == item.last.due
    later = what.due_at is not None and what.replaces_due_at is not None and what.due_at > what.replaces_due_at
    if what.cause == "assigner" or (replaces and later and not item.last.due_missed):
        _set_due(item.last, what.due_at, fact.recorded_at)


def _submit(item: Item, fact: f.Fact, what: f.Submitted) -> None:
    item.last.submitted_at = fact.occurred_at


def _complete(item: Item, fact: f.Fact, what: f.Completed) -> None:
    item.last.completed_at = item.last.submitted_at or fact.occurred_at


def _cancel(item: Item, fact: f.Fact, what: f.Cancelled) -> None:
    _end(item.last, fact, "cancelled")


def _hand_back(item: Item, fact: f.Fact, what: f.HandedBack) -> None:
    old = item.last
    _end(old, fact, "handed_back")
    _hand_over(item, fact, subject=old.unit, unit=old.unit, planned=False, due=old.due)


def _reassign(item: Item, fact: f.Fact, what: f.Reassigned) -> None:
    old = item.last
    _end(old, fact, "reassigned")
    planned = old.planned and old.pin is None
    _hand_over(
        item,
        fact,
        subject=what.officer_id or what.unit_id,
        unit=what.unit_id,
        planned=planned,
        due=what.due_at or old.due,
    )


def _end(spell: Spell, fact: f.Fact, by: str) -> None:
    spell.ended_at, spell.ended_by = fact.occurred_at, by


def _hand_over(item: Item, fact: f.Fact, *, subject: str, unit: str, planned: bool, due: datetime | None) -> None:
    """The next holder's spell; its due time is in force by this fact, so a miss counts from when this one was known."""
    item.spells.append(
        Spell(
            subject=subject,
            unit=unit,
            planned=planned,
            begun_at=fact.occurred_at,
            due=due,
            due_recorded_at=fact.recorded_at,
        )
    )


_ON_AN_OPEN_SPELL: Mapping[type, Callable[[Item, f.Fact, Any], None]] = {
    f.DueChanged: _change_due,
    f.Submitted: _submit,
    f.Completed: _complete,
    f.Cancelled: _cancel,
    f.HandedBack: _hand_back,
    f.Reassigned: _reassign,
}
