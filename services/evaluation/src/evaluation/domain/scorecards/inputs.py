"""What the scores of a month depend on, and the sums of officers and units in it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from evaluation.domain.measures import add_measures
from evaluation.domain.organization import Organization, OrganizationMonth
from evaluation.domain.periods import Month
from evaluation.domain.policies import Policies, Policy

OFFICER: Final = "officer"
UNIT: Final = "unit"
LASTING_DELAY: Final = "lasting_delay"
LASTING_DISUNITY: Final = "lasting_disunity"

# The measures of one class by (subject, unit).
Rows = Mapping[tuple[str, str], Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralCriteria:
    """The general criteria of a subject: thousandths of a point, and whether they are confirmed (Article 17.2)."""

    points: int
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Sums:
    """The measures of a subject, both classes."""

    work: dict[str, int] = field(default_factory=dict)
    request: dict[str, int] = field(default_factory=dict)

    def add(self, other: "Sums") -> None:
        """Adds the measures of another subject or row in place."""
        add_measures(self.work, other.work)
        add_measures(self.request, other.request)


@dataclass(frozen=True, kw_only=True)
class MonthInputs:
    """All that the scores of a month depend on. Rows have running sums applied to their flows."""

    organization: Organization
    month: Month
    work: Rows
    request: Rows
    general: Mapping[str, GeneralCriteria]
    # By subject: LASTING_DELAY, LASTING_DISUNITY.
    shortcomings: Mapping[str, frozenset[str]]
    policies: Policies
    # Before the cut-off.
    open: bool

    @cached_property
    def tree(self) -> OrganizationMonth:
        """The organization in the month."""
        return self.organization.month(self.month)

    @cached_property
    def in_force(self) -> Mapping[str, Policy]:
        """The policies in force, by name."""
        return {policy.name: policy for policy in self.policies.all_in_force(self.month)}

    @cached_property
    def row_units(self) -> Mapping[str, tuple[str, ...]]:
        """The units in which each subject has rows."""
        found: dict[str, set[str]] = defaultdict(set)
        for rows in (self.work, self.request):
            for subject_id, unit_id in rows:
                found[subject_id].add(unit_id)
        return {subject_id: tuple(sorted(units)) for subject_id, units in found.items()}

    def sum_units(self) -> dict[str, Sums]:
        """The measures of the units: all rows whose unit is the unit or below it."""
        sums: dict[str, Sums] = defaultdict(Sums)
        for (_, unit_id), measures in self.work.items():
            add_measures(sums[unit_id].work, measures)
        for (_, unit_id), measures in self.request.items():
            add_measures(sums[unit_id].request, measures)
        units = {above for own in sums for above in self.tree.chain(own)}
        for unit_id in sorted(units, key=lambda one: -len(self.tree.chain(one))):
            for above in self.tree.chain(unit_id)[1:2]:
                sums[above].add(sums[unit_id])
        return sums

    def sum_officer(self, subject_id: str) -> Sums:
        """The measures of an officer, in all units worked in."""
        sums = Sums()
        for unit_id in self.row_units.get(subject_id, ()):
            add_measures(sums.work, self.work.get((subject_id, unit_id), {}))
            add_measures(sums.request, self.request.get((subject_id, unit_id), {}))
        return sums

    def kind_of(self, subject_id: str) -> str:
        """OFFICER or UNIT. A unit that organization does not know is told by the work done in it."""
        return UNIT if subject_id in self.organization.units or subject_id in self.units_worked_in else OFFICER

    @cached_property
    def units_worked_in(self) -> frozenset[str]:
        """The units of all rows."""
        return frozenset(unit_id for units in self.row_units.values() for unit_id in units)

    @cached_property
    def subjects(self) -> frozenset[str]:
        """Everyone who has a scorecard: officers with a post and units in force in the month, and all with rows."""
        units = {above for own in self.row_units.values() for unit_id in own for above in self.tree.chain(unit_id)}
        return frozenset({*self.tree.main_posts, *self.tree.units, *self.row_units, *units})
