"""From facts, organization and findings to every scorecard of a city, as of an instant."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from oracle import facts as f
from oracle.measures import FLOWS, MEASURES, Rows, rows_of
from oracle.months import CutOff, shift
from oracle.policies import DECREE, PILOT, Result, if_nothing_more, score_decree, score_pilot, score_unit
from oracle.tree import MonthlyTree, WorkingDay, is_on_leave_all_month, tree_of

HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """One subject's month: measures by name ("work_done", units in thousandths) and the results by policy."""

    subject_id: str
    month: str
    is_unit: bool
    measures: Mapping[str, int]
    now: Mapping[str, Result]
    if_nothing_more: Mapping[str, Result]

    @property
    def amended(self) -> bool:
        """The month stood otherwise when it was read (L21)."""
        return self.measures["work_amended_items"] + self.measures["request_amended_items"] > 0


Scorecards = dict[tuple[str, str], Scorecard]
"""By subject and month."""

Sums = dict[str, dict[str, int]]
"""Measures by subject."""


def score(
    facts: Iterable[f.Fact],
    *,
    organization: f.Organization,
    findings: Sequence[f.Finding],
    months: Sequence[str],
    cut_off: CutOff,
    is_working_day: WorkingDay,
    as_of: datetime,
) -> Scorecards:
    """Scorecards of every officer and unit that organization knows or a fact names, for the months asked."""
    rows = rows_of(facts, cut_off, as_of)
    known = [finding for finding in findings if finding.occurred_at <= as_of]
    cards: Scorecards = {}
    for month in months:
        tree = tree_of(organization, month)
        carries = as_of >= cut_off(shift(month, -1))
        officers, units = _sums(rows, tree, carries)
        on_leave = {
            officer.officer_id
            for officer in organization.officers
            if is_on_leave_all_month(officer, month, is_working_day)
        }
        for officer in organization.officers:
            officers.setdefault(officer.officer_id, _nothing())
        for unit in organization.units:
            units.setdefault(unit.unit_id, _nothing())
        judged = _Month(tree, _general_points(known, month), _shortcomings(known, month), on_leave)
        for card in (*judged.cards_of_officers(officers), *judged.cards_of_units(units)):
            cards[card.subject_id, month] = card
    return cards


def _nothing() -> dict[str, int]:
    return {f"{kind}_{name}": 0 for kind in ("work", "request") for name in MEASURES}


def _sums(rows: Rows, tree: MonthlyTree, carries: bool) -> tuple[Sums, Sums]:
    """Measures of officers and of units; what a unit holds itself is no officer's."""
    officers: defaultdict[str, dict[str, int]] = defaultdict(_nothing)
    units: defaultdict[str, dict[str, int]] = defaultdict(_nothing)
    for row, added in rows.items():
        counted = _counted(added, row.month, tree.month, carries)
        if not counted:
            continue
        subjects = [units[unit_id] for unit_id in tree.chain(row.unit)]
        if row.subject != row.unit:
            subjects.append(officers[row.subject])
        for measures in subjects:
            for name, amount in counted.items():
                measures[f"{row.kind}_{name}"] += amount
    return officers, units


def _counted(added: Counter[str], row_month: str, month: str, carries: bool) -> dict[str, int]:
    """What a row adds to a month: stocks in its own, flows from its own on."""
    counted = {}
    for name, amount in added.items():
        if name not in FLOWS:
            counts = row_month == month
        else:
            counts = row_month <= month and (carries or name == "initiative_credit")
        if counts:
            counted[name] = amount
    return counted


def _in_order(findings: Iterable[f.Finding]) -> list[f.Finding]:
    return sorted(findings, key=lambda finding: (finding.occurred_at, finding.revision))


def _general_points(findings: Iterable[f.Finding], month: str) -> dict[str, int]:
    """The last confirmed general criteria of each subject, else the last self-scored, in thousandths."""
    scored: dict[bool, dict[str, int]] = {False: {}, True: {}}
    for finding in _in_order(findings):
        if finding.period == month and isinstance(finding.fact, f.GeneralCriteriaScored):
            scored[finding.fact.confirmed][finding.subject_id] = finding.fact.points
    return scored[False] | scored[True]


def _shortcomings(findings: Iterable[f.Finding], month: str) -> set[tuple[str, str]]:
    """Subject and kind of the findings that stand."""
    standing: set[tuple[str, str]] = set()
    for finding in _in_order(findings):
        if finding.period != month:
            continue
        if isinstance(finding.fact, f.ShortcomingFound):
            standing.add((finding.subject_id, finding.fact.kind))
        elif isinstance(finding.fact, f.ShortcomingLifted):
            standing.discard((finding.subject_id, finding.fact.kind))
    return standing


class _Month:
    """The second stage of one month: what needs the results of others."""

    def __init__(
        self,
        tree: MonthlyTree,
        general: Mapping[str, int],
        shortcomings: set[tuple[str, str]],
        on_leave: set[str],
    ) -> None:
        self.tree = tree
        self.general = general
        self.shortcomings = shortcomings
        self.on_leave = on_leave

    def cards_of_officers(self, sums: Sums) -> list[Scorecard]:
        """Scorecards of officers under both policies."""
        later = {subject: if_nothing_more(measures) for subject, measures in sums.items()}
        now: dict[str, Result] = {}
        then: dict[str, Result] = {}
        return [
            Scorecard(
                subject_id=subject,
                month=self.tree.month,
                is_unit=False,
                measures=measures,
                now={
                    PILOT: score_pilot(measures, on_leave=subject in self.on_leave),
                    DECREE: self._decree(subject, sums, now),
                },
                if_nothing_more={
                    PILOT: score_pilot(later[subject], on_leave=subject in self.on_leave),
                    DECREE: self._decree(subject, later, then),
                },
            )
            for subject, measures in sums.items()
        ]

    def cards_of_units(self, sums: Sums) -> list[Scorecard]:
        """Scorecards of units under both policies."""
        later = {subject: if_nothing_more(measures) for subject, measures in sums.items()}
        now: dict[str, Result] = {}
        then: dict[str, Result] = {}
        return [
            Scorecard(
                subject_id=subject,
                month=self.tree.month,
                is_unit=True,
                measures=measures,
                now={PILOT: score_pilot(measures), DECREE: self._unit(subject, sums, now)},
                if_nothing_more={PILOT: score_pilot(later[subject]), DECREE: self._unit(subject, later, then)},
            )
            for subject, measures in sums.items()
        ]

    def _decree(self, officer_id: str, sums: Sums, done: dict[str, Result]) -> Result:
        if officer_id not in done:
            done[officer_id] = score_decree(
                sums.get(officer_id, _nothing()),
                self.general.get(officer_id),
                leading=self._leading(officer_id, sums, done),
                on_leave=officer_id in self.on_leave,
            )
        return done[officer_id]

    def _leading(self, officer_id: str, sums: Sums, done: dict[str, Result]) -> dict[str, Fraction] | None:
        """d, đ and e of a head or deputy; None for staff (Decree 335/2025, Articles 15.3 and 15.4)."""
        if not self.tree.leads(officer_id):
            return None
        shown = [self._decree(other, sums, done).shown for other in self.tree.answers_for(officer_id)]
        one = Fraction(1)
        return {
            "d": HALF if any(points is not None and points < 5000 for points in shown) else one,
            "đ": HALF if (officer_id, "lasting_delay") in self.shortcomings else one,
            "e": HALF if (officer_id, "lasting_disunity") in self.shortcomings else one,
        }

    def _unit(self, unit_id: str, sums: Sums, done: dict[str, Result]) -> Result:
        if unit_id not in done:
            done[unit_id] = score_unit(
                sums.get(unit_id, _nothing()),
                self.general.get(unit_id),
                sub_bands=[self._unit(below, sums, done).band for below in self.tree.direct_units(unit_id)],
                faulted=any(subject == unit_id for subject, _ in self.shortcomings),
                disunited=(unit_id, "lasting_disunity") in self.shortcomings,
            )
        return done[unit_id]
