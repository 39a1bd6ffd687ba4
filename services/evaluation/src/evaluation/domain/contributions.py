"""What an item adds to the months of its holders (docs/scoring.md, section 3)."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Final, NamedTuple

from evaluation.domain.facts import Fact, InitiativeRecognised
from evaluation.domain.items import End, Item, Spell, fold_item
from evaluation.domain.measures import FLOWS, add_measures
from evaluation.domain.periods import Instant, Month, Periods

# Months for which a recognised initiative counts (L16).
INITIATIVE_MONTHS: Final = 12
# Bins of failed reviews and delays; the last one is "four or more": there the factor is zero.
_BINS: Final = 4
# Not a result of the month but of time (flows) or of others (ratings): no amendment.
_RECORDED_AT: Final = attrgetter("recorded_at")
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
    last_recorded = max(map(_RECORDED_AT, facts))
    at = max(at, last_recorded)
    item = fold_item(facts, at=at, periods=periods)
    contributions = contribute(item, at=at, periods=periods)
    _mark_months(contributions, facts, item, last_recorded, periods)
    return Evaluated(item, contributions, _next_tick(item, at))


def contribute(item: Item, *, at: Instant, periods: Periods) -> Contributions:
    """The sums that an item adds as of an instant, amendments aside."""
    if item.initiative is not None:
        return _credit_initiative(item.initiative, periods)
    contributions: Contributions = {}
    for spell in item.spells:
        for month, added in _Adding(item, spell, at, periods).run().items():
            key = Key(spell.officer or spell.unit, spell.unit, month, item.request)
            measures = contributions.setdefault(key, added)
            if measures is not added:
                add_measures(measures, added)
    _take_out_zeros(contributions)
    return contributions


def _take_out_zeros(contributions: Contributions) -> None:
    for key, measures in list(contributions.items()):
        if 0 in measures.values():
            contributions[key] = {name: value for name, value in measures.items() if value}
            if not contributions[key]:
                del contributions[key]


def _next_tick(item: Item, at: Instant) -> Instant | None:
    """It is ripe at its due time; right after it it is missed or re-dated (re-dated even while review is awaited)."""
    spell = item.holder
    if spell is None or spell.due is None or at > spell.due:
        return None
    return spell.due if at < spell.due else spell.due + 1


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
    """What one spell adds, by month. It adds no measure to the same month twice; zeros are taken out at the end."""

    def __init__(self, item: Item, spell: Spell, at: Instant, periods: Periods) -> None:
        self.item = item
        self.spell = spell
        self.at = at
        self.periods = periods
        self.months: dict[Month, dict[str, int]] = {}

    def run(self) -> dict[Month, dict[str, int]]:
        if self.spell.end is not None:
            self._add_ended()
        # Nothing of what is excused to a completion that has not come.
        elif (month := self.spell.month(self.periods)) is not None:
            credit = month
            if self.spell.handed_in_at is None:
                self._add_open(month)
            else:
                credit = month if self.spell.pin is None else self.spell.credit_month(self.periods)
                self._add_completed(month, credit)
            self._add_asides(month, credit)
        return self.months

    def _measures(self, month: Month) -> dict[str, int]:
        return self.months.setdefault(month, {})

    def _add_due(self, month: Month) -> None:
        measures, units = self._measures(month), self.item.units
        measures["due_units"], measures["due_items"] = units, 1
        if self.spell.planned:
            measures["planned"] = units
        if self.spell.pin is not None:
            measures["missed_items"] = 1

    def _add_open(self, month: Month) -> None:
        spell, units = self.spell, self.item.units
        if spell.pin is not None:
            self._add_due(month)
            self._carry(spell.pin, None)
        elif spell.due is not None and self.at >= spell.due:
            self._add_due(month)
        else:
            measures = self._measures(month)
            measures["pending_units"], measures["pending_items"] = units, 1
            if spell.planned:
                measures["pending_planned"] = units

    def _add_completed(self, month: Month, credit: Month) -> None:
        self._add_due(month)
        spell, measures, units = self.spell, self._measures(credit), self.item.units
        measures["done"], measures["completed_items"] = units, 1
        if _is_proactive(spell):
            measures["proactive_items"] = 1
        failed = [review for review in spell.failed_reviews if review not in self.item.excused_reviews]
        if failed:
            measures[f"done_failed_{min(len(failed), _BINS)}"] = units
        if spell.misses:
            measures[f"done_late_{min(spell.misses, _BINS)}"] = units
        else:
            measures["on_time_units"], measures["on_time_items"] = units, 1
        if spell.pin is not None:
            self._carry(spell.pin, credit)

    def _add_ended(self) -> None:
        """L9, L10, L11: what leaves before its due time leaves no trace, but for planned work handed back."""
        spell = self.spell
        if spell.pin is not None:
            self._add_due(spell.pin)
            self._carry(spell.pin, self.periods.window_of(spell.ended_at, earliest=spell.pin))
        elif spell.end is End.HANDED_BACK and spell.planned:
            month = spell.month(self.periods)
            if month is None:
                month = self.periods.month_of(spell.ended_at)
            self._measures(month)["planned"] = self.item.units

    def _carry(self, pin: Month, last: Month | None) -> None:
        """L3: open at a cut-off, it is in the next month as well; in flows, from pin + 1 to the exit month."""
        if last == pin:
            return
        units = self.item.units if self.spell.planned else 0
        measures = self._measures(pin + 1)
        measures["carried_planned"], measures["carried_items"] = units, 1
        if last is not None:
            measures = self._measures(last + 1)
            measures["carried_planned"], measures["carried_items"] = -units, -1

    def _add_asides(self, month: Month, credit: Month) -> None:
        if not self.item.product:
            self._measures(month)["undecided_items"] = 1
        if stars := self.spell.stars:
            measures = self._measures(credit)
            measures["ratings"], measures["rating_stars"] = len(stars), sum(stars)


def _is_proactive(spell: Spell) -> bool:
    """Before half of its time was used, or self-initiated (pilot, group proactiveness)."""
    if spell.self_initiated:
        return True
    if spell.excused_to_completion or spell.due is None or spell.handed_in_at is None:
        return False
    return (spell.handed_in_at - spell.began_at) * 2 < spell.due - spell.began_at


def contribute_known(facts: Sequence[Fact], *, by: Instant, periods: Periods) -> Contributions:
    """What an item added at an instant, out of the facts recorded by then; amendments aside."""
    known = [fact for fact in facts if fact.recorded_at <= by]
    return contribute(fold_item(known, at=by, periods=periods), at=by, periods=periods) if known else {}


def find_amendments(
    contributions: Contributions, facts: Sequence[Fact], *, month: Month, periods: Periods
) -> Contributions:
    """L21: what an item adds to a month beyond what was known at its cut-off, where that is another result."""
    then, found = contribute_known(facts, by=periods.cut_off(month), periods=periods), Contributions()
    for key in sorted(_amended(contributions, then, month)):
        before, after = _results(then.get(key)), _results(contributions.get(key))
        differences = {name: after.get(name, 0) - before.get(name, 0) for name in after | before}
        found[key] = {name: value for name, value in differences.items() if value}
    return found


def mark_amended(
    contributions: Contributions, facts: Sequence[Fact], item: Item, *, at: Instant, periods: Periods
) -> None:
    """L21: marks the months in which what was known at the cut-off differs from what counts now."""
    until = min(at, max(map(_RECORDED_AT, facts), default=at))
    _mark_months(contributions, facts, item, until, periods)


def _mark_months(
    contributions: Contributions, facts: Sequence[Fact], item: Item, until: Instant, periods: Periods
) -> None:
    """After the last recording nothing new is known: no later cut-off needs a look."""
    if item.initiative is not None or not item.spells:
        return
    month = periods.month_of(item.spells[0].began_at)
    for key in contributions:
        # A due time may be set to before the assignment.
        if key.month < month:
            month = key.month
    while periods.cut_off(month) < until:
        _mark_month(contributions, month, facts, periods)
        month += 1


def _mark_month(contributions: Contributions, month: Month, facts: Sequence[Fact], periods: Periods) -> None:
    then = contribute_known(facts, by=periods.cut_off(month), periods=periods)
    for key in _amended(contributions, then, month):
        contributions.setdefault(key, {})["amended_items"] = 1


def _amended(contributions: Contributions, then: Contributions, month: Month) -> list[Key]:
    return [
        key
        for key in {*then, *contributions}
        if key.month == month and _results(then.get(key)) != _results(contributions.get(key))
    ]


def _results(measures: dict[str, int] | None) -> dict[str, int]:
    return {name: value for name, value in (measures or {}).items() if name not in _NEVER_AMENDED}
