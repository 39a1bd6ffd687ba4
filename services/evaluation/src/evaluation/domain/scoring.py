"""From sums of measures to points and a band: one formula, the policy is its data (docs/scoring.md, section 4).

Everything is exact until the one rounding at the end, half up, to hundredths of a point (L22).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

import cel

from evaluation.domain.policies import Band, Indicator, Rule, Sheet, Text

ON_LEAVE: Final = Text(vi="nghỉ cả tháng", en="on leave all month")
GENERAL_MISSING: Final = Text(vi="chưa chấm điểm tiêu chí chung", en="general criteria not scored")
NO_LEVEL: Final = Text(vi="chưa đủ điều kiện của mức nào", en="no level fits")

# If nothing more is done, what is pending becomes due and is missed.
_PENDING: Final = (
    ("planned", "pending_planned"),
    ("due_units", "pending_units"),
    ("due_items", "pending_items"),
    ("missed_items", "pending_items"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known about a subject in a month besides its measures."""

    # Thousandths of a point; None while not even self-scored.
    general_points: int | None = None
    # "staff", "head", "deputy"; None without a post, and for units.
    post: str | None = None
    # Anyone whom a head or deputy answers for has points below "completed" (Article 15.3.a).
    subordinate_failing: bool = False
    # Written findings (Article 15.3.b, c; of a unit: Article 8.1.c, 8.4.a).
    lasting_delay: bool = False
    lasting_disunity: bool = False
    on_leave_all_month: bool = False
    # A unit directly below is at "not completed" (Article 8.1.b).
    failing_sub_unit: bool = False


class IndicatorResult(NamedTuple):
    """An indicator of the policy with its numbers."""

    indicator: Indicator
    numerator: int
    denominator: int

    @property
    def counted(self) -> int:
        """As much of the numerator as the indicator's limit lets count."""
        limit = self.indicator.at_most
        return self.numerator if limit is None else min(self.numerator, limit * self.denominator)

    @property
    def ratio(self) -> Fraction | None:
        """None without a denominator."""
        return Fraction(self.counted, self.denominator) if self.denominator > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a sheet makes of the measures. Without `exact_points`, or where a rule sets the band, `reason` says why."""

    indicators: tuple[IndicatorResult, ...]
    exact_points: Fraction | None
    # Hundredths of a point; this number is shown and meets the thresholds.
    points: int | None
    band: Band | None
    reason: Text | None
    # The ids of the rules that hold.
    rules: tuple[str, ...]
    # Hundredths; only beside general criteria.
    result_points: int | None


def prefixed(work: Mapping[str, int], request: Mapping[str, int]) -> dict[str, int]:
    """The measures of both classes by the names of expressions: `work_x`, `request_x`, `all_x`; absent ones are 0."""
    named: dict[str, int] = {}
    for part, measures in (("work_", work), ("request_", request)):
        for name, value in measures.items():
            if value:
                named[part + name] = value
                named["all_" + name] = named.get("all_" + name, 0) + value
    return named


def nothing_more(work: Mapping[str, int], request: Mapping[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """The measures of both classes at the end of the month if nothing more is done (L20)."""
    return _with_pending(work), _with_pending(request)


def has_pending(measures: Mapping[str, int]) -> bool:
    """Whether the measures differ from those if nothing more is done."""
    return any(measures.get(pending) for _, pending in _PENDING)


def score(sheet: Sheet, measures: Mapping[str, int], context: Context) -> Result:
    """Scores one subject by one sheet; `measures` has the names of `prefixed`."""
    values = _values(sheet, measures, context)
    indicators = tuple(
        _measure(indicator, values)
        for indicator in sheet.indicators
        if not indicator.posts or context.post in indicator.posts
    )
    rules = [rule for rule in sheet.rules if rule.when.program.execute(values)]
    result = None if context.on_leave_all_month else _combine(sheet, indicators)
    missing = _why_no_points(sheet, result, context)
    exact = None if result is None or missing else result + _general(sheet, context)
    points = None if exact is None else hundredths(exact)
    band, reason = (None, missing) if points is None else _judge(sheet, points, rules, values)
    return Result(
        indicators=indicators,
        exact_points=exact,
        points=points,
        band=band,
        reason=reason,
        rules=tuple(rule.rule_id for rule in rules),
        result_points=hundredths(result) if sheet.general and result is not None else None,
    )


def hundredths(exact: Fraction) -> int:
    """Rounded to hundredths, half up (L22)."""
    return (200 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def _with_pending(measures: Mapping[str, int]) -> dict[str, int]:
    total = dict(measures)
    for name, pending in _PENDING:
        if value := measures.get(pending):
            total[name] = total.get(name, 0) + value
    return total


def _values(sheet: Sheet, measures: Mapping[str, int], context: Context) -> cel.Context:
    # Only what the sheet reads: handing a variable over to CEL costs as much as an expression.
    values: dict[str, int | bool] = {name: measures.get(name, 0) for name in sheet.measures}
    for name in sheet.facts:
        values[name] = getattr(context, name)
    return cel.Context(variables=values)


def _measure(indicator: Indicator, values: cel.Context) -> IndicatorResult:
    numerator: int = indicator.numerator.program.execute(values)
    denominator: int = indicator.denominator.program.execute(values)
    return IndicatorResult(indicator, numerator, denominator)


def _combine(sheet: Sheet, indicators: Iterable[IndicatorResult]) -> Fraction | None:
    """The weighted mean of the ratios times the scale; None when the policy gives no points for so little."""
    # In integers, reduced once: fractions that are added up one by one are reduced at each step.
    numerator, denominator, weights, work = 0, 1, 0, False
    for one in indicators:
        if one.denominator <= 0:
            if sheet.spread:
                continue
            return None
        weights += one.indicator.weight
        work = work or one.indicator.shows_work
        share, whole = one.counted * one.indicator.weight, one.denominator
        if whole == denominator:
            numerator += share
        else:
            numerator, denominator = numerator * whole + share * denominator, denominator * whole
    if not work:
        return None
    denominator *= weights
    if sheet.at_most is not None and numerator > sheet.at_most * denominator:
        return Fraction(sheet.at_most * sheet.scale)
    return Fraction(numerator * sheet.scale, denominator)


def _why_no_points(sheet: Sheet, result: Fraction | None, context: Context) -> Text | None:
    if context.on_leave_all_month:
        return ON_LEAVE
    if result is None:
        return sheet.without
    return GENERAL_MISSING if sheet.general and context.general_points is None else None


def _general(sheet: Sheet, context: Context) -> Fraction:
    return Fraction(context.general_points or 0, 1000) if sheet.general else Fraction(0)


def _judge(sheet: Sheet, points: int, rules: Iterable[Rule], values: cel.Context) -> tuple[Band | None, Text | None]:
    """The band and its reason: of the rules that set one, the worst; else the first level that fits."""
    forced = [(rule.band, rule.text) for rule in rules if rule.band is not None]
    if forced:
        return min(forced, key=lambda one: one[0])
    for level in sheet.levels:
        in_range = level.at_least <= points and (level.below is None or points < level.below)
        if in_range and (level.when is None or level.when.program.execute(values)):
            return level.band, None
    return None, NO_LEVEL
