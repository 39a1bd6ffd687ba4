"""The fold: from the facts of one item to its spells (docs/scoring.md, section 2)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from evaluation.domain.facts import (
    Assigned,
    Body,
    Cancelled,
    CitizenRated,
    Completed,
    DueChanged,
    Fact,
    HandedBack,
    InitiativeRecognised,
    ProductDecided,
    Reassigned,
    Redated,
    Returned,
    ReviewExcused,
    Submitted,
)
from evaluation.domain.periods import Instant, Month, Periods


class End(Enum):
    """How a spell ended without completion."""

    HANDED_BACK = "handed_back"
    REASSIGNED = "reassigned"
    CANCELLED = "cancelled"


@dataclass(slots=True)
class Spell:
    """One holder's part of an item. Mutable while the facts are folded, read only afterwards."""

    officer: str
    unit: str
    planned: bool
    began_at: Instant
    due: Instant | None
    due_recorded_at: Instant
    self_initiated: bool = False
    failed_reviews: tuple[str, ...] = ()
    misses: int = 0
    pin: Month | None = None
    # The due time in force has been missed; it is not missed again.
    due_missed: bool = False
    handed_in_at: Instant | None = None
    accepted: bool = False
    excused_to_completion: bool = False
    end: End | None = None
    ended_at: Instant = 0
    stars: tuple[int, ...] = ()

    @property
    def is_open(self) -> bool:
        """Neither accepted nor ended; may wait for review."""
        return self.end is None and not self.accepted

    def month(self, periods: Periods) -> Month | None:
        """L1, L3; None when excused to a completion that has not come."""
        if self.pin is not None:
            return self.pin
        return None if self.due is None else periods.month_of(self.due)

    def credit_month(self, periods: Periods) -> Month:
        """The month in which a completed spell counts as done (L3)."""
        if self.pin is None:
            assert self.due is not None
            return periods.month_of(self.due)
        assert self.handed_in_at is not None
        return periods.window_of(self.handed_in_at, earliest=self.pin)


@dataclass(slots=True, kw_only=True)
class Item:
    """All that the facts of one item say at one instant."""

    title: str = ""
    request: bool = False
    product: str = ""
    units: int = 0
    spells: list[Spell] = field(default_factory=list)
    excused_reviews: frozenset[str] = frozenset()
    initiative: Fact | None = None

    @property
    def holder(self) -> Spell | None:
        """The open spell, if any."""
        return self.spells[-1] if self.spells and self.spells[-1].is_open else None


def fold_item(facts: Iterable[Fact], *, at: Instant, periods: Periods) -> Item:
    """The item as of an instant; facts that occurred later are not there yet. Facts in any order."""
    ordered = sorted(facts)
    if ordered and ordered[-1].occurred_at > at:
        ordered = [fact for fact in ordered if fact.occurred_at <= at]
    return _Fold(ordered, periods).run(at)


class _Fold:
    def __init__(self, facts: list[Fact], periods: Periods) -> None:
        self.facts = facts
        self.periods = periods
        self.item = Item()
        self.redatings: dict[Instant, list[tuple[Redated, Instant]]] = {}

    def run(self, at: Instant) -> Item:
        spells = self.item.spells
        for fact in self.facts:
            if type(fact.body) in _FORESEEN:
                self._foresee(fact)
        for fact in self.facts:
            body = fact.body
            change = _CHANGES.get(type(body))
            if change is None:
                # An excused review or a decided product, foreseen above, changes nothing at its own time.
                self._open(fact)
            elif spells:
                spell = spells[-1]
                self._pass_due(spell, fact.occurred_at)
                if spell.is_open or type(body) in _CHANGE_ANY:
                    change(self, spell, fact, body)
        if spells:
            self._pass_due(spells[-1], at)
        return self.item

    def _foresee(self, fact: Fact) -> None:
        """What counts from before it was said: excuses, re-datings, decided products."""
        body = fact.body
        if isinstance(body, Redated):
            # A re-dating never takes time away.
            if body.due is None or body.due > body.replaces:
                self.redatings.setdefault(body.replaces, []).append((body, fact.recorded_at))
        elif isinstance(body, ReviewExcused):
            self.item.excused_reviews |= {body.review_event_id}
        elif isinstance(body, ProductDecided):
            self.item.product, self.item.units = body.product, body.units

    def _open(self, fact: Fact) -> None:
        item, body = self.item, fact.body
        if isinstance(body, InitiativeRecognised):
            item.initiative, item.title = fact, body.title
        elif isinstance(body, Assigned):
            item.title, item.request = body.title, body.request
            if body.product and not item.product:
                item.product, item.units = body.product, body.units
            spell = self._begin(fact, body.officer, body.unit, body.due, planned=body.planned)
            spell.self_initiated = body.self_initiated

    def _pass_due(self, spell: Spell, instant: Instant) -> None:
        """Misses the due time in force if it has passed, is not re-dated (L4) and no review is awaited (L7)."""
        while spell.due is not None and spell.due < instant and not spell.due_missed and spell.is_open:
            waits = spell.handed_in_at is not None
            standing = [one for one in self.redatings.get(spell.due, ()) if not (waits and one[0].excuse)]
            if standing:
                redated, spell.due_recorded_at = standing[-1]
                spell.due = redated.due
            elif waits:
                return
            else:
                self._miss(spell, spell.due)

    def _miss(self, spell: Spell, due: Instant) -> None:
        spell.misses += 1
        spell.due_missed = True
        if spell.pin is None:
            spell.pin = self.periods.month_of(due)
            # L21: against the officer only when it was known.
            if spell.due_recorded_at > self.periods.cut_off(spell.pin):
                spell.pin = self.periods.window_of(spell.due_recorded_at)

    def _hand_in(self, spell: Spell, fact: Fact, _body: Submitted | Completed) -> None:
        spell.handed_in_at = fact.occurred_at
        if spell.due is None or spell.excused_to_completion:
            spell.due, spell.excused_to_completion = fact.occurred_at, True

    def _complete(self, spell: Spell, fact: Fact, body: Completed) -> None:
        if spell.handed_in_at is None:
            self._hand_in(spell, fact, body)
        spell.accepted = True

    def _rate(self, spell: Spell, _fact: Fact, body: CitizenRated) -> None:
        spell.stars += (body.stars,)

    def _change_due(self, spell: Spell, fact: Fact, body: DueChanged) -> None:
        _set_due(spell, body.due, fact.recorded_at)

    def _redate(self, spell: Spell, fact: Fact, body: Redated) -> None:
        """Ahead of the due time that it replaces; one that has passed was looked up when it passed."""
        in_force = spell.due == body.replaces and not spell.due_missed and not body.excuse
        if in_force and body.due is not None and body.due > body.replaces:
            _set_due(spell, body.due, fact.recorded_at)

    def _rework(self, spell: Spell, fact: Fact, body: Returned) -> None:
        """L7 before the cut-off of the credit month, L8 after it; what is recorded later counts later (L21)."""
        if spell.handed_in_at is None or spell.end is not None:
            return
        failed = (fact.event_id,) if body.failed else ()
        if fact.recorded_at <= self.periods.cut_off(spell.credit_month(self.periods)):
            spell.failed_reviews += failed
            spell.handed_in_at, spell.accepted = None, False
            _set_due(spell, body.due, fact.recorded_at)
            return
        spell.accepted = True
        again = self._begin(fact, spell.officer, spell.unit, body.due, planned=True)
        again.failed_reviews = failed

    def _hand_back(self, spell: Spell, fact: Fact, _body: HandedBack) -> None:
        """L9."""
        self._end(spell, fact, End.HANDED_BACK)
        self._begin(fact, "", spell.unit, spell.due, planned=False)

    def _reassign(self, spell: Spell, fact: Fact, body: Reassigned) -> None:
        """L11."""
        self._end(spell, fact, End.REASSIGNED)
        self._begin(fact, body.officer, body.unit, body.due or spell.due, planned=spell.planned and spell.pin is None)

    def _cancel(self, spell: Spell, fact: Fact, _body: Cancelled) -> None:
        """L10."""
        self._end(spell, fact, End.CANCELLED)

    def _end(self, spell: Spell, fact: Fact, end: End) -> None:
        spell.end = end
        spell.handed_in_at, spell.ended_at = None, fact.occurred_at
        if spell.excused_to_completion:
            # It was handed in and is not completed after all: it has no due time again (L4).
            spell.due, spell.excused_to_completion = None, False

    def _begin(self, fact: Fact, officer: str, unit: str, due: Instant | None, *, planned: bool) -> Spell:
        spell = Spell(officer, unit, planned, fact.occurred_at, due, fact.recorded_at)
        self.item.spells.append(spell)
        return spell


def _set_due(spell: Spell, due: Instant, recorded_at: Instant) -> None:
    spell.due, spell.due_recorded_at, spell.due_missed = due, recorded_at, False
    spell.excused_to_completion = False


_FORESEEN: Final = frozenset({Redated, ReviewExcused, ProductDecided})

# What a fact does to the last spell; only the last two to one that is not open any more.
_CHANGES: Final[dict[type[Body], Callable[[_Fold, Spell, Fact, Any], None]]] = {
    Submitted: _Fold._hand_in,
    Completed: _Fold._complete,
    DueChanged: _Fold._change_due,
    Redated: _Fold._redate,
    HandedBack: _Fold._hand_back,
    Reassigned: _Fold._reassign,
    Cancelled: _Fold._cancel,
    Returned: _Fold._rework,
    CitizenRated: _Fold._rate,
}
_CHANGE_ANY: Final = frozenset({Returned, CitizenRated})
