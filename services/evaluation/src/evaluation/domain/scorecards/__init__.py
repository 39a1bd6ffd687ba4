"""The scorecards of a month: what they depend on, their computation, and whose can change."""

from evaluation.domain.scorecards.cards import Key, Scorecard, Standing, leaders_concerned, score_month, units_above
from evaluation.domain.scorecards.inputs import (
    LASTING_DELAY,
    LASTING_DISUNITY,
    OFFICER,
    UNIT,
    GeneralCriteria,
    MonthInputs,
    Rows,
    Sums,
)

__all__ = [
    "LASTING_DELAY",
    "LASTING_DISUNITY",
    "OFFICER",
    "UNIT",
    "GeneralCriteria",
    "Key",
    "MonthInputs",
    "Rows",
    "Scorecard",
    "Standing",
    "Sums",
    "leaders_concerned",
    "score_month",
    "units_above",
]
