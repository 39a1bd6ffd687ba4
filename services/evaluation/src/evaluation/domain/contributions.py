"""What an item adds to the months of its holders (docs/scoring.md, section 3)."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from evaluation.domain.facts import Fact, InitiativeRecognised
from evaluation.domain.items import End, Item, Spell, fold_item
from evaluation.domain.measures import FLOWS
from evaluation.domain.periods import Instant, Month, Periods

# Months for which a recognised initiative counts (L16).
INITIATIVE_MONTHS: Final = 12
# Bins of failed reviews and delays; the last one is "four or more": there the factor is zero.
_BINS: Final = 4
# Not a result of the month but of time (flows) or of others (ratings): no amendment.
_NEVER_AMENDED: Final = FLOWS | {"ratings", "rating_stars", "amended_items"}


class Key(NamedTuple):
    """Whose month an item adds to: the officer, or the unit while no officer holds it; in which unit; which class."""

    subject: str
    unit: str
    month: Month
    request: bool


Contributions = dict[Key, dict[str, int]]


class Evaluated(NamedTuple):
    """An item at an instant: what it adds, and when that changes by the clock alone (None: never)."""

    item: Item
    contributions: Contributions
    next_tick: Instant | None


def evaluate(facts: Sequence[Fact], *, at: Instant, periods: Periods) -> Evaluated:
    """What the facts of one item add as of an instant; never earlier than its own last fact says."""
    at = max(at, max(max(fact.occurred_at, fact.recorded_at) for fact in facts))
    item = fold_item(facts, at=at, periods=periods)
    contributions = contribute(item, at=at, periods=periods)
    mark_amended(contributions, facts, item, at=at, periods=periods)
    return Evaluated(item, contributions, _next_tick(item, at))


def contribute(item: Item, *, at: Instant, periods: Periods) -> Contributions:
    """The sums that an item adds as of an instant, amendments aside."""
    if item.initiative is not None:
        return _credit_initiative(item.initiative, periods)
    adding = _Adding(item, at, periods)
    for spell in item.spells:
        adding.add_spell(spell)
    return {key: measures for key, measures in adding.contributions.items() if measures}


def _next_tick(item: Item, at: Instant) -> Instant | None:
    """It is ripe at its due time; right after it it is missed or re-dated (re-dated even while review is awaited)."""
    spell = item.holder
    if spell is None or spell.due is None:
        return None
    return next((moment for moment in (spell.due, spell.due + 1) if at < moment), None)


def _credit_initiative(fact: Fact, periods: Periods) -> Contributions:
    """L16: the share counts for twelve months from the month of recognition."""
    contributions: Contributions = {}
    assert isinstance(fact.body, InitiativeRecognised)
    month = periods.month_of(fact.occurred_at)
    for author in fact.body.authors:
        for when, share in ((month, author.share), (month + INITIATIVE_MONTHS, -author.share)):
            measures = contributions.setdefault(Key(author.officer, author.unit, when, False), {})
            measures["initiative_credit"] = measures.get("initiative_credit", 0) + share
    return contributions


class _Adding:
    def __init__(self, item: Item, at: Instant, periods: Periods) -> None:
        self.item = item
        self.at = at
        self.periods = periods
        self.contributions: Contributions = {}

    def add_spell(self, spell: Spell) -> None:
        if spell.end is not None:
            self._add_ended(spell)
        elif spell.handed_in_at is not None:
            self._add_completed(spell)
        else:
            self._add_open(spell)
        self._add_asides(spell)

    def _add(self, spell: Spell, month: Month, **measures: int) -> None:
        key = Key(spell.officer or spell.unit, spell.unit, month, self.item.request)
        row = self.contributions.setdefault(key, {})
        for name, value in measures.items():
            total = row.get(name, 0) + value
            if total:
                row[name] = total
            else:
                row.pop(name, None)

    def _add_planned(self, spell: Spell, month: Month) -> None:
        if spell.planned:
            self._add(spell, month, planned=self.item.units)

    def _add_due(self, spell: Spell, month: Month) -> None:
        self._add_planned(spell, month)
        self._add(spell, month, due_units=self.item.units, due_items=1, missed_items=0 if spell.pin is None else 1)

    def _add_open(self, spell: Spell) -> None:
        month = spell.month(self.periods)
        if month is None:
            return
        if spell.pin is not None:
            self._add_due(spell, month)
            self._carry(spell, spell.pin, None)
        elif spell.due is not None and self.at >= spell.due:
            self._add_due(spell, month)
        else:
            units = self.item.units
            self._add(spell, month, pending_units=units, pending_items=1)
            self._add(spell, month, pending_planned=units if spell.planned else 0)

    def _add_completed(self, spell: Spell) -> None:
        month, credit, units = spell.month(self.periods), spell.credit_month(self.periods), self.item.units
        assert month is not None
        self._add_due(spell, month)
        self._add(spell, credit, done=units, completed_items=1, proactive_items=int(_is_proactive(spell)))
        failed = sum(review not in self.item.excused_reviews for review in spell.failed_reviews)
        if failed:
            self._add(spell, credit, **{f"done_failed_{min(failed, _BINS)}": units})
        if spell.misses:
            self._add(spell, credit, **{f"done_late_{min(spell.misses, _BINS)}": units})
        else:
            self._add(spell, credit, on_time_units=units, on_time_items=1)
        if spell.pin is not None:
            self._carry(spell, spell.pin, credit)

    def _add_ended(self, spell: Spell) -> None:
        """L9, L10, L11: what leaves before its due time leaves no trace, but for planned work handed back."""
        if spell.pin is not None:
            self._add_due(spell, spell.pin)
            self._carry(spell, spell.pin, self.periods.window_of(spell.ended_at, earliest=spell.pin))
        elif spell.end is End.HANDED_BACK:
            month = spell.month(self.periods)
            self._add_planned(spell, self.periods.month_of(spell.ended_at) if month is None else month)

    def _carry(self, spell: Spell, pin: Month, last: Month | None) -> None:
        """L3: open at a cut-off, it is in the next month as well; in flows, from pin + 1 to the exit month."""
        if last == pin:
            return
        units = self.item.units if spell.planned else 0
        self._add(spell, pin + 1, carried_planned=units, carried_items=1)
        if last is not None:
            self._add(spell, last + 1, carried_planned=-units, carried_items=-1)

    def _add_asides(self, spell: Spell) -> None:
        month = spell.month(self.periods)
        if month is None or spell.end is not None:
            return
        if not self.item.product:
            self._add(spell, month, undecided_items=1)
        if spell.stars:
            if spell.handed_in_at is not None:
                month = spell.credit_month(self.periods)
            self._add(spell, month, ratings=len(spell.stars), rating_stars=sum(spell.stars))


def _is_proactive(spell: Spell) -> bool:
    """Before half of its time was used, or self-initiated (pilot, group proactiveness)."""
    if spell.self_initiated:
        return True
    if spell.excused_to_completion or spell.due is None or spell.handed_in_at is None:
        return False
    return (spell.handed_in_at - spell.began_at) * 2 < spell.due - spell.began_at


def mark_amended(
    contributions: Contributions, facts: Sequence[Fact], item: Item, *, at: Instant, periods: Periods
) -> None:
    """L21: marks the months in which what was known at the cut-off differs from what counts now."""
    if item.initiative is not None or not item.spells:
        return
    last_recorded = max(fact.recorded_at for fact in facts)
    # A due time may be set to before the assignment.
    month = min([periods.month_of(item.spells[0].began_at), *(key.month for key in contributions)])
    while (cut_off := periods.cut_off(month)) < min(at, last_recorded):
        _mark_month(contributions, month, [fact for fact in facts if fact.recorded_at <= cut_off], periods)
        month += 1


def _mark_month(contributions: Contributions, month: Month, known: list[Fact], periods: Periods) -> None:
    cut_off = periods.cut_off(month)
    then = contribute(fold_item(known, at=cut_off, periods=periods), at=cut_off, periods=periods) if known else {}
    for key in {*then, *contributions}:
        if key.month == month and _results(then.get(key)) != _results(contributions.get(key)):
            contributions.setdefault(key, {})["amended_items"] = 1


def _results(measures: dict[str, int] | None) -> dict[str, int]:
    return {name: value for name, value in (measures or {}).items() if name not in _NEVER_AMENDED}
