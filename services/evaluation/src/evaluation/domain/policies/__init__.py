"""Policies: data that turns sums of measures into points and a band. A file is refused with its line."""

from evaluation.domain.policies.documents import PolicyError
from evaluation.domain.policies.model import (
    Band,
    Expression,
    Indicator,
    Level,
    Policies,
    Policy,
    Rule,
    Sheet,
    Text,
)
from evaluation.domain.policies.reading import FACT_NAMES, MEASURE_NAMES, load_policies

__all__ = [
    "FACT_NAMES",
    "MEASURE_NAMES",
    "Band",
    "Expression",
    "Indicator",
    "Level",
    "Policies",
    "Policy",
    "PolicyError",
    "Rule",
    "Sheet",
    "Text",
    "load_policies",
]
