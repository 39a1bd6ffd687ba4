"""What the scorer remembers of a month, and how it is brought up to date: the sums, the findings, the inputs."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from evaluation.domain.findings import FindingRow
from evaluation.domain.measures import REQUEST, WORK, add_measures, counting, to_measures
from evaluation.domain.organization import Organization
from evaluation.domain.periods import Instant, Month, Periods
from evaluation.domain.policies import Policies
from evaluation.domain.scorecards import GeneralCriteria, MonthInputs, Standing
from evaluation.events.scores import read_standing
from evaluation.store import findings as finding_store
from evaluation.store import scores as store
from runtime.postgres import Connection

Rows = dict[str, dict[tuple[str, str], dict[str, int]]]
# A subject and the name of a policy.
Key = tuple[str, str]


@dataclass(slots=True)
class MonthState:
    """What the scorer remembers of a month: the rows by class, the findings, and how everyone stands."""

    month: Month
    rows: Rows = field(default_factory=lambda: {WORK: {}, REQUEST: {}})
    findings: int = 0
    general: dict[str, GeneralCriteria] = field(default_factory=dict)
    shortcomings: dict[str, frozenset[str]] = field(default_factory=dict)
    standings: dict[Key, Standing] = field(default_factory=dict)
    # Digests of the scorecards as stored.
    stored: dict[Key, bytes] = field(default_factory=dict)
    # What scores depend on, as long as nobody's rows come or go.
    inputs: MonthInputs | None = None


def load_rows(conn: Connection, state: MonthState, subjects: set[str], *, carrying: bool) -> None:
    """Brings the rows of the subjects up to date; at the first time the rows of all. `carrying`: see `add_rows`."""
    wanted = None if state.inputs is None else sorted(subjects)
    fresh: Rows = {WORK: {}, REQUEST: {}}
    loaded = store.load_sums(conn, month=state.month, subjects=wanted)
    add_rows(fresh, loaded, month=state.month, carrying=carrying)
    for kind, rows in state.rows.items():
        before = [key for key in rows if key[0] in subjects]
        if set(before) != fresh[kind].keys():
            state.inputs = None
        for key in before:
            del rows[key]
        rows.update(fresh[kind])


def see_inputs(
    conn: Connection, state: MonthState, *, organization: Organization, policies: Policies, is_open: bool
) -> MonthInputs:
    """What the scores depend on; made anew only when something but the rows' numbers has changed."""
    findings = finding_store.count_findings(conn, month=state.month)
    if findings != state.findings:
        state.general, state.shortcomings = read_findings(finding_store.load_findings(conn, month=state.month))
        state.findings = findings
        state.inputs = None
    known = state.inputs
    if known is None or known.organization is not organization or known.open != is_open:
        state.inputs = known = MonthInputs(
            organization=organization,
            month=state.month,
            work=state.rows[WORK],
            request=state.rows[REQUEST],
            general=state.general,
            shortcomings=state.shortcomings,
            policies=policies,
            open=is_open,
        )
    return known


def load_inputs(
    conn: Connection,
    month: Month,
    subjects: Sequence[str] | None,
    *,
    organization: Organization,
    policies: Policies,
    periods: Periods,
    at: Instant,
) -> MonthInputs:
    """What the scores of some subjects, or all, depend on in a month as of an instant, but for the scores of others."""
    state = MonthState(month)
    loaded = store.load_sums(conn, month=month, subjects=subjects)
    add_rows(state.rows, loaded, month=month, carrying=at >= periods.cut_off(month - 1))
    is_open = at < periods.cut_off(month)
    return see_inputs(conn, state, organization=organization, policies=policies, is_open=is_open)


def load_standings(conn: Connection, inputs: MonthInputs, subjects: Collection[str]) -> dict[Key, Standing]:
    """How those stand for whom the subjects answer, but for the subjects themselves; by their stored scores."""
    others = {one for subject in subjects for one in inputs.tree.answers_for(subject)} - set(subjects)
    if not others:
        return {}
    rows = store.load_scores(conn, month=inputs.month, subjects=sorted(others))
    return {(row.subject, row.policy): read_standing(row.card) for row in rows}


def add_rows(rows: Rows, loaded: Iterable[store.SumRow], *, month: Month, carrying: bool) -> None:
    """Adds stored sums to the rows of a month, as far as they count in it; `carrying`: see `measures.counting`."""
    for row in loaded:
        wanted = counting(to_measures(row.vector), own=row.month == month, carrying=carrying)
        if wanted:
            kind = rows[REQUEST if row.request else WORK]
            add_measures(kind.setdefault((row.subject, row.unit_id), {}), wanted)


def read_findings(
    findings: Iterable[FindingRow],
) -> tuple[dict[str, GeneralCriteria], dict[str, frozenset[str]]]:
    """The general criteria and the shortcomings by subject: of each kind the last one counts, a confirmation most."""
    general: dict[str, GeneralCriteria] = {}
    shortcomings: dict[str, frozenset[str]] = {}
    for row in sorted(findings, key=lambda row: (row.occurred_at, row.revision)):
        if row.kind == "general":
            before = general.get(row.subject)
            if row.state["confirmed"] or before is None or not before.confirmed:
                general[row.subject] = GeneralCriteria(points=row.state["points"], confirmed=row.state["confirmed"])
        else:
            found = shortcomings.get(row.subject, frozenset())
            shortcomings[row.subject] = found | {row.kind} if row.state["found"] else found - {row.kind}
    return general, shortcomings
