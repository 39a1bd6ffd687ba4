"""A scorecard taken apart: from the facts of items to the points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from portal.clients import Doors, explain_scorecard, list_policies
from portal.domain.evidence import Adding, Breakdown, break_down, name_measures, unexplained


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """An indicator (a message of the contract) with what stands behind it."""

    indicator: Any
    ratio: Fraction | None
    breakdown: Breakdown | None

    @property
    def weighted(self) -> Fraction | None:
        """Ratio × weight."""
        return None if self.ratio is None else self.ratio * int(self.indicator.weight)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A scorecard with its indicators, and the policies in force. `rest` is what the items do not explain."""

    card: Any
    policies: Sequence[Any]
    items: int
    indicators: Sequence[Explained]
    rest: Mapping[str, int]

    @property
    def weight(self) -> int:
        """The weights of the indicators that count."""
        return sum(each.indicator.weight for each in self.indicators if each.ratio is not None)

    @property
    def weighted(self) -> Fraction:
        """The sum of ratio × weight."""
        return sum((each.weighted for each in self.indicators if each.weighted is not None), Fraction(0))


def read_evidence(doors: Doors, subject: str, *, period: str, policy: str) -> Evidence:
    """The evidence of a month ("" is the current one) by a policy ("" is the leading one). NotFound, Denied."""
    answer = explain_scorecard(doors, subject, period=period, policy=policy or doors.policy)
    card = answer.scorecard
    items = [
        Adding(work_id=one.work_id, measures=name_measures(one.measures, is_request=one.request), source=one)
        for one in answer.contributions
    ]
    return Evidence(
        card=card,
        policies=list_policies(doors, card.period),
        items=len({item.work_id for item in items}),
        indicators=[_explain(indicator, items) for indicator in card.now.indicators],
        rest=unexplained(card.measures, items),
    )


def _explain(indicator: Any, items: Sequence[Adding]) -> Explained:
    ratio = indicator.ratio if indicator.HasField("ratio") else None
    return Explained(
        indicator=indicator,
        ratio=None if ratio is None else Fraction(int(ratio.numerator), int(ratio.denominator)),
        breakdown=break_down(
            items,
            numerator=(indicator.numerator_expression, indicator.numerator),
            denominator=(indicator.denominator_expression, indicator.denominator),
        ),
    )
