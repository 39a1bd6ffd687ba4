"""The fold: from the facts of one item to its spells (docs/scoring.md, section 2)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from evaluation.domain.facts import (
    Assigned,
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


@dataclass(slots=True, kw_only=True)
class Spell:
    """One holder's part of an item. Mutable while the facts are folded, read only afterwards."""

    officer: str
    unit: str
    planned: bool
    began_at: Instant
    due: Instant | None
    due_recorded_at: Instant
    self_initiated: bool = False
    failed_reviews: list[str] = field(default_factory=list)
    misses: int = 0
    pin: Month | None = None
    # The due time in force has been missed; it is not missed again.
    due_missed: bool = False
    handed_in_at: Instant | None = None
    accepted: bool = False
    excused_to_completion: bool = False
    end: End | None = None
    ended_at: Instant = 0
    stars: list[int] = field(default_factory=list)

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
    return _Fold(sorted(fact for fact in facts if fact.occurred_at <= at), periods).run(at)


class _Fold:
    def __init__(self, facts: list[Fact], periods: Periods) -> None:
        self.facts = facts
        self.periods = periods
        self.item = Item()
        self.redatings: dict[Instant, list[tuple[Redated, Instant]]] = {}

    def run(self, at: Instant) -> Item:
        self._look_ahead()
        for fact in self.facts:
            self._apply(fact)
        if self.item.spells:
            self._pass_due(self.item.spells[-1], at)
        return self.item

    def _look_ahead(self) -> None:
        """What counts from before it was said: excuses, re-datings, decided products."""
        excused = []
        for fact in self.facts:
            body = fact.body
            if isinstance(body, Redated):
                # A re-dating never takes time away.
                if body.due is None or body.due > body.replaces:
                    self.redatings.setdefault(body.replaces, []).append((body, fact.recorded_at))
            elif isinstance(body, ReviewExcused):
                excused.append(body.review_event_id)
            elif isinstance(body, ProductDecided):
                self.item.product, self.item.units = body.product, body.units
        self.item.excused_reviews = frozenset(excused)

    def _apply(self, fact: Fact) -> None:
        body = fact.body
        if isinstance(body, Assigned):
            self._assign(fact, body)
        elif isinstance(body, InitiativeRecognised):
            self.item.initiative, self.item.title = fact, body.title
        elif self.item.spells:
            self._pass_due(self.item.spells[-1], fact.occurred_at)
            self._change(self.item.spells[-1], fact)

    def _assign(self, fact: Fact, body: Assigned) -> None:
        item = self.item
        item.title, item.request = body.title, body.request
        if body.product and not item.product:
            item.product, item.units = body.product, body.units
        item.spells.append(
            Spell(
                officer=body.officer,
                unit=body.unit,
                planned=body.planned,
                began_at=fact.occurred_at,
                due=body.due,
                due_recorded_at=fact.recorded_at,
                self_initiated=body.self_initiated,
            )
        )

    def _pass_due(self, spell: Spell, instant: Instant) -> None:
        """Misses the due time in force if it has passed, is not re-dated (L4) and no review is awaited (L7)."""
        while spell.is_open and spell.due is not None and not spell.due_missed and spell.due < instant:
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

    def _change(self, spell: Spell, fact: Fact) -> None:
        body = fact.body
        if isinstance(body, CitizenRated):
            spell.stars.append(body.stars)
        elif isinstance(body, Returned):
            self._rework(spell, fact, body)
        elif spell.is_open:
            self._change_open(spell, fact)

    def _change_open(self, spell: Spell, fact: Fact) -> None:
        body = fact.body
        if isinstance(body, Submitted):
            _hand_in(spell, fact.occurred_at)
        elif isinstance(body, Completed):
            if spell.handed_in_at is None:
                _hand_in(spell, fact.occurred_at)
            spell.accepted = True
        elif isinstance(body, DueChanged):
            _set_due(spell, body.due, fact.recorded_at)
        elif isinstance(body, Redated):
            self._redate(spell, body, fact.recorded_at)
        elif isinstance(body, HandedBack | Reassigned | Cancelled):
            self._end(spell, fact)

    def _redate(self, spell: Spell, body: Redated, recorded_at: Instant) -> None:
        """Ahead of the due time that it replaces; one that has passed was looked up when it passed."""
        in_force = spell.due == body.replaces and not spell.due_missed and not body.excuse
        if in_force and body.due is not None and body.due > body.replaces:
            _set_due(spell, body.due, recorded_at)

    def _rework(self, spell: Spell, fact: Fact, body: Returned) -> None:
        """L7 before the cut-off of the credit month, L8 after it; what is recorded later counts later (L21)."""
        if spell.handed_in_at is None or spell.end is not None:
            return
        failed = [fact.event_id] if body.failed else []
        if fact.recorded_at <= self.periods.cut_off(spell.credit_month(self.periods)):
            spell.failed_reviews += failed
            spell.handed_in_at, spell.accepted = None, False
            _set_due(spell, body.due, fact.recorded_at)
            return
        spell.accepted = True
        self._begin(spell, fact, due=body.due, planned=True, failed_reviews=failed)

    def _end(self, spell: Spell, fact: Fact) -> None:
        """L9, L10, L11."""
        body = fact.body
        spell.handed_in_at, spell.ended_at = None, fact.occurred_at
        if spell.excused_to_completion:
            # It was handed in and is not completed after all: it has no due time again (L4).
            spell.due, spell.excused_to_completion = None, False
        if isinstance(body, Reassigned):
            spell.end = End.REASSIGNED
            planned = spell.planned and spell.pin is None
            self._begin(spell, fact, officer=body.officer, unit=body.unit, due=body.due or None, planned=planned)
        elif isinstance(body, HandedBack):
            spell.end = End.HANDED_BACK
            self._begin(spell, fact, officer="", planned=False)
        else:
            spell.end = End.CANCELLED

    def _begin(
        self,
        old: Spell,
        fact: Fact,
        *,
        planned: bool,
        officer: str | None = None,
        unit: str | None = None,
        due: Instant | None = None,
        failed_reviews: list[str] | None = None,
    ) -> None:
        self.item.spells.append(
            Spell(
                officer=old.officer if officer is None else officer,
                unit=old.unit if unit is None else unit,
                planned=planned,
                began_at=fact.occurred_at,
                due=old.due if due is None else due,
                due_recorded_at=fact.recorded_at,
                failed_reviews=failed_reviews or [],
            )
        )


def _hand_in(spell: Spell, instant: Instant) -> None:
    spell.handed_in_at = instant
    if spell.due is None or spell.excused_to_completion:
        spell.due, spell.excused_to_completion = instant, True


def _set_due(spell: Spell, due: Instant, recorded_at: Instant) -> None:
    spell.due, spell.due_recorded_at, spell.due_missed = due, recorded_at, False
    spell.excused_to_completion = False
