"""What a policy is, once read."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import cel

from evaluation.domain.periods import Month


class Band(IntEnum):
    """The levels, from the worst to the best; the numbers are those of the contract."""

    NOT_COMPLETED = 1
    COMPLETED = 2
    GOOD = 3
    EXCELLENT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text in both languages."""

    vi: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A compiled CEL expression over integers and booleans."""

    source: str
    program: cel.Program

    @property
    def names(self) -> frozenset[str]:
        """The measures and facts that it reads."""
        return frozenset(self.program.variables())


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One ratio of a sheet: numerator / denominator, at most `at_most`. Without `posts` it holds for everyone."""

    indicator_id: str
    name: Text
    weight: int
    numerator: Expression
    denominator: Expression
    at_most: int | None
    posts: frozenset[str]
    legal_reference: str
    # A constant denominator (a target) is no sign that there was any work.
    shows_work: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A band with its thresholds in hundredths of a point, `below` excluded, and its condition."""

    band: Band
    at_least: int
    below: int | None
    when: Expression | None
    legal_reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Holds or not, whatever the points; without a band it is only a warning."""

    rule_id: str
    when: Expression
    band: Band | None
    text: Text
    legal_reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """How officers, or units, are scored: the weighted mean of the indicators times `scale`, and general criteria."""

    indicators: tuple[Indicator, ...]
    scale: int
    at_most: int | None
    general: bool
    # An indicator without a denominator gives its weight to the others; else there are no points.
    spread: bool
    without: Text
    levels: tuple[Level, ...]
    rules: tuple[Rule, ...]
    # What the expressions read.
    measures: tuple[str, ...]
    facts: tuple[str, ...]
    # Hundredths; who has less is failing (Decree 335/2025, Article 15.3.a).
    passing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of a policy, in force from the month `valid_from` until before `valid_to`."""

    name: str
    version: str
    title: Text
    legal_reference: str
    valid_from: Month
    valid_to: Month | None
    officer: Sheet
    unit: Sheet

    def holds_in(self, month: Month) -> bool:
        """Whether this version is in force in the month."""
        return self.valid_from <= month and (self.valid_to is None or month < self.valid_to)


class Policies:
    """All versions of all policies."""

    def __init__(self, versions: Iterable[Policy]) -> None:
        self.versions = tuple(versions)
        self.names = tuple(dict.fromkeys(policy.name for policy in self.versions))

    def in_force(self, name: str, month: Month) -> Policy | None:
        """The version of a policy in force in a month; None when there is none."""
        return next((policy for policy in self.versions if policy.name == name and policy.holds_in(month)), None)

    def all_in_force(self, month: Month) -> tuple[Policy, ...]:
        """The versions in force in a month, in the order of `names`."""
        return tuple(policy for name in self.names if (policy := self.in_force(name, month)))
