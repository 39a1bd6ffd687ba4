"""The scorecards of a month, bottom-up: a head needs the points of everyone below, a unit the levels of its units."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from evaluation.domain.periods import Month
from evaluation.domain.policies import Band, Policy, Sheet
from evaluation.domain.scorecards.inputs import LASTING_DELAY, LASTING_DISUNITY, OFFICER, UNIT, MonthInputs, Sums
from evaluation.domain.scoring import Context, Result, has_pending, nothing_more, prefixed, score

# A scorecard's subject and the name of its policy.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the scores of others need of a scorecard: points in hundredths and band, now and if nothing more is done."""

    points: int | None
    points_if_nothing_more: int | None
    band: Band | None
    band_if_nothing_more: Band | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """The score of a subject in a month by one policy. `unit_id` is the officer's main unit, or the unit itself."""

    subject_id: str
    # OFFICER or UNIT.
    subject_kind: str
    name: str
    unit_id: str
    unit_name: str
    month: Month
    policy: str
    policy_version: str
    legal_reference: str
    now: Result
    if_nothing_more: Result
    # Thousandths of a point; None while not even self-scored.
    general_points: int | None
    general_confirmed: bool
    # What was known at the cut-off differs from what counts now (L21).
    amended: bool
    # The sums that are not 0, by the names of expressions.
    measures: Mapping[str, int]
    open: bool

    @property
    def standing(self) -> Standing:
        """What the scores of others need of this one."""
        return Standing(
            points=self.now.points,
            points_if_nothing_more=self.if_nothing_more.points,
            band=self.now.band,
            band_if_nothing_more=self.if_nothing_more.band,
        )


def score_month(
    inputs: MonthInputs, subjects: Iterable[str] | None = None, known: Mapping[Key, Standing] | None = None
) -> dict[Key, Scorecard]:
    """The scorecards of the subjects (None: of all) by every policy in force.

    What they depend on beside themselves is taken from `known`, and worked out where it is not known.
    """
    wanted = sorted(inputs.subjects if subjects is None else set(subjects))
    scoring = _Scoring(inputs, frozenset(wanted), known or {})
    return {(subject_id, name): scoring.card(subject_id, name) for subject_id in wanted for name in inputs.in_force}


def units_above(inputs: MonthInputs, changed_subjects: Iterable[str]) -> set[str]:
    """The units whose scorecards can change when rows, findings or general criteria of these subjects have changed.

    Those among them, the units in which the officers have rows, and all above. A unit in which an officer has lost
    the last row has to be named itself.
    """
    found: set[str] = set()
    for subject_id in changed_subjects:
        own = (subject_id,) if inputs.kind_of(subject_id) == UNIT else inputs.row_units.get(subject_id, ())
        found.update(above for unit_id in own for above in inputs.tree.chain(unit_id))
    return found


def leaders_concerned(inputs: MonthInputs, cards: Mapping[Key, Scorecard], before: Mapping[Key, Standing]) -> set[str]:
    """Who answers for officers among these scorecards that have begun or ceased to fail by a policy since `before`."""
    found: set[str] = set()
    for key, card in cards.items():
        if card.subject_kind == OFFICER:
            policy, known = inputs.in_force[card.policy], before.get(key)
            if known is None or _fails(known, policy) != _fails(card.standing, policy):
                found.update(inputs.tree.leaders_of(card.subject_id))
    return found


def _fails(standing: Standing, policy: Policy) -> tuple[bool, bool]:
    """Whether an officer's points are below "completed" (Article 15.3.a), now and if nothing more is done."""
    passing, now, later = policy.officer.passing, standing.points, standing.points_if_nothing_more
    return now is not None and now < passing, later is not None and later < passing


@dataclass(frozen=True, slots=True, kw_only=True)
class _Basis:
    """What the policies share of a subject."""

    kind: str
    measures: dict[str, int]
    # Those if nothing more is done; the same object when nothing is pending.
    pending: dict[str, int]
    context: Context


class _Scoring:
    """One computation of a month; remembers what was worked out."""

    def __init__(self, inputs: MonthInputs, wanted: frozenset[str], known: Mapping[Key, Standing]) -> None:
        self._inputs = inputs
        self._wanted = wanted
        self._known = known
        self._cards: dict[Key, Scorecard] = {}
        self._bases: dict[str, _Basis] = {}
        self._failing: dict[Key, tuple[bool, bool]] = {}

    def card(self, subject_id: str, policy_name: str) -> Scorecard:
        """The scorecard; those it depends on are worked out before it."""
        key = (subject_id, policy_name)
        card = self._cards.get(key)
        if card is None:
            card = self._cards[key] = self._make_card(subject_id, self._inputs.in_force[policy_name])
        return card

    @cached_property
    def _unit_sums(self) -> Mapping[str, Sums]:
        return self._inputs.sum_units()

    def _standing(self, subject_id: str, policy_name: str) -> Standing:
        known = None if subject_id in self._wanted else self._known.get((subject_id, policy_name))
        return known or self.card(subject_id, policy_name).standing

    def _make_card(self, subject_id: str, policy: Policy) -> Scorecard:
        inputs, basis = self._inputs, self._basis(subject_id)
        now, if_nothing_more = self._score(subject_id, basis, policy)
        name, unit_id, unit_name = self._names(subject_id, basis.kind)
        general = inputs.general.get(subject_id)
        return Scorecard(
            subject_id=subject_id,
            subject_kind=basis.kind,
            name=name,
            unit_id=unit_id,
            unit_name=unit_name,
            month=inputs.month,
            policy=policy.name,
            policy_version=policy.version,
            legal_reference=policy.legal_reference,
            now=now,
            if_nothing_more=if_nothing_more,
            general_points=general.points if general else None,
            general_confirmed=general.confirmed if general else False,
            amended=basis.measures.get("all_amended_items", 0) > 0,
            measures=basis.measures,
            open=inputs.open,
        )

    def _score(self, subject_id: str, basis: _Basis, policy: Policy) -> tuple[Result, Result]:
        sheet = policy.unit if basis.kind == UNIT else policy.officer
        now, later = self._contexts(subject_id, basis, policy.name, sheet)
        result = score(sheet, basis.measures, now)
        if now is later and basis.pending is basis.measures:
            return result, result
        return result, score(sheet, basis.pending, later)

    def _contexts(self, subject_id: str, basis: _Basis, policy_name: str, sheet: Sheet) -> tuple[Context, Context]:
        """The context now and if nothing more is done, with what depends on the scores of others."""
        others = self._others(subject_id, basis.kind, sheet)
        failing = [self._fails(other, policy_name) for other in others]
        now, later = any(one[0] for one in failing), any(one[1] for one in failing)
        context = self._with_failing(basis, now)
        return context, context if now == later else self._with_failing(basis, later)

    def _others(self, subject_id: str, kind: str, sheet: Sheet) -> Collection[str]:
        """Whose scores the sheet asks for."""
        tree, subjects = self._inputs.tree, self._inputs.subjects
        if kind == UNIT and "failing_sub_unit" in sheet.facts:
            return [unit_id for unit_id in tree.children(subject_id) if unit_id in subjects]
        return tree.answers_for(subject_id) if "subordinate_failing" in sheet.facts else ()

    def _with_failing(self, basis: _Basis, failing: bool) -> Context:
        if not failing:
            return basis.context
        if basis.kind == UNIT:
            return replace(basis.context, failing_sub_unit=True)
        return replace(basis.context, subordinate_failing=True)

    def _fails(self, subject_id: str, policy_name: str) -> tuple[bool, bool]:
        """Whether an officer's points are below "completed" (Article 15.3.a), or a unit's level is "not completed"."""
        key = (subject_id, policy_name)
        failing = self._failing.get(key)
        if failing is None:
            failing = self._failing[key] = self._judge(subject_id, policy_name)
        return failing

    def _judge(self, subject_id: str, policy_name: str) -> tuple[bool, bool]:
        standing = self._standing(subject_id, policy_name)
        if self._inputs.kind_of(subject_id) == UNIT:
            return standing.band == Band.NOT_COMPLETED, standing.band_if_nothing_more == Band.NOT_COMPLETED
        return _fails(standing, self._inputs.in_force[policy_name])

    def _basis(self, subject_id: str) -> _Basis:
        basis = self._bases.get(subject_id)
        if basis is None:
            basis = self._bases[subject_id] = self._find_basis(subject_id)
        return basis

    def _find_basis(self, subject_id: str) -> _Basis:
        inputs = self._inputs
        kind, found = inputs.kind_of(subject_id), inputs.shortcomings.get(subject_id, frozenset())
        sums = self._unit_sums.get(subject_id, Sums()) if kind == UNIT else inputs.sum_officer(subject_id)
        general = inputs.general.get(subject_id)
        measures = pending = prefixed(sums.work, sums.request)
        if has_pending(sums.work) or has_pending(sums.request):
            pending = prefixed(*nothing_more(sums.work, sums.request))
        context = Context(
            general_points=general.points if general else None,
            post=inputs.tree.role_of(subject_id),
            lasting_delay=LASTING_DELAY in found,
            lasting_disunity=LASTING_DISUNITY in found,
            on_leave_all_month=inputs.tree.on_leave_all_month(subject_id),
        )
        return _Basis(kind=kind, measures=measures, pending=pending, context=context)

    def _names(self, subject_id: str, kind: str) -> tuple[str, str, str]:
        """Name, unit and name of the unit; of an officer without a post in the month, a unit worked in."""
        tree = self._inputs.tree
        if kind == UNIT:
            name = tree.name_of(subject_id)
            return name, subject_id, name
        officer, post = self._inputs.organization.officers.get(subject_id), tree.main_posts.get(subject_id)
        unit_id = post.unit_id if post else next(iter(self._inputs.row_units.get(subject_id, ())), "")
        return officer.full_name if officer else "", unit_id, tree.name_of(unit_id)
