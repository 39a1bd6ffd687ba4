"""What scores would be if items added something else: the sums of a month are shifted, and scored by the same rules."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from evaluation.domain.contributions import Contributions, evaluate
from evaluation.domain.facts import Fact
from evaluation.domain.measures import add_measures, counting
from evaluation.domain.periods import Instant, Month, Periods
from evaluation.domain.scorecards import MonthInputs

# Subject, unit, whether of the class request.
Row = tuple[str, str, bool]
Shift = dict[Row, dict[str, int]]
"""What is added to the rows of a month; subtracted, where a number is below 0."""


def count(contributions: Contributions, *, month: Month, carrying: bool) -> Shift:
    """What of the contributions counts in a month; `carrying`: see `measures.counting`."""
    shift: Shift = {}
    for key, measures in contributions.items():
        if key.month <= month:
            counted = counting(measures, own=key.month == month, carrying=carrying)
            add_shift(shift, {(key.subject, key.unit, key.request): counted})
    return shift


def add_shift(total: Shift, shift: Mapping[Row, Mapping[str, int]]) -> None:
    """Adds a shift to another one in place."""
    for row, measures in shift.items():
        add_measures(total.setdefault(row, {}), measures)


def subtract(minuend: Shift, subtrahend: Shift) -> Shift:
    """The difference; without what is equal."""
    found: Shift = {}
    for row in minuend | subtrahend:
        one, other = minuend.get(row, {}), subtrahend.get(row, {})
        difference = {name: one.get(name, 0) - other.get(name, 0) for name in one | other}
        if any(difference.values()):
            found[row] = {name: value for name, value in difference.items() if value}
    return found


def shift_inputs(inputs: MonthInputs, shift: Shift) -> MonthInputs:
    """The same month with the shift in its rows."""
    work, request = dict(inputs.work), dict(inputs.request)
    for (subject, unit, is_request), measures in shift.items():
        rows = request if is_request else work
        total = dict(rows.get((subject, unit), {}))
        add_measures(total, measures)
        rows[subject, unit] = total
    return replace(inputs, work=work, request=request)


def shift_if_missed(
    facts: Sequence[Fact], adds: Contributions, *, due: Instant, month: Month, periods: Periods, carrying: bool
) -> Shift:
    """What an item adds to a month right after its due time beyond what it adds at present, if nobody does anything."""
    missed = evaluate(facts, at=due + 1, periods=periods).contributions
    now = count(adds, month=month, carrying=carrying)
    return subtract(count(missed, month=month, carrying=carrying), now)
