"""Scoring: what was marked is scored from the sums, the organization and the findings; one scorer at a time."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import uuid4

from evaluation.domain.findings import FindingRow
from evaluation.domain.measures import CARRIED, FLOWS, REQUEST, WORK, add_measures, to_measures
from evaluation.domain.organization import Organization
from evaluation.domain.periods import Instant, Month, Periods, from_instant
from evaluation.domain.policies import Policies
from evaluation.domain.scorecards import GeneralCriteria, MonthInputs, Scorecard, Standing, affected, score_month
from evaluation.events.scores import scores_changed, write_card
from evaluation.store import findings as finding_store
from evaluation.store import marks as mark_store
from evaluation.store import organization as organization_store
from evaluation.store import scores as store
from evaluation.usecases.inputs import CLOCK_WRITER
from runtime.outbox import enqueue
from runtime.postgres import Connection, Pool

WORK_TOPIC = "congvu.work.v1"
# Marks taken, and subjects spoken of, in one transaction.
_BATCH = 20_000
_EVENTS = 500

Rows = dict[str, dict[tuple[str, str], dict[str, int]]]


@dataclass(slots=True, kw_only=True)
class MonthState:
    """What the scorer remembers of a month: the rows by class, the findings, and how everyone stands."""

    rows: Rows = field(default_factory=lambda: {WORK: {}, REQUEST: {}})
    findings: int = 0
    general: dict[str, GeneralCriteria] = field(default_factory=dict)
    shortcomings: dict[str, frozenset[str]] = field(default_factory=dict)
    standings: dict[tuple[str, str], Standing] = field(default_factory=dict)
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The scores that moved in a round, and the keys of those that are no more."""

    rows: list[store.ScoreRow] = field(default_factory=list)
    gone: list[store.ScoreKey] = field(default_factory=list)

    def add(self, other: "Moved") -> None:
        """Adds what moved in another month."""
        self.rows.extend(other.rows)
        self.gone.extend(other.gone)


class Scorer:
    """Scores what is marked. One works at a time; what it remembers is void once another one has worked."""

    def __init__(self, *, policies: Policies, periods: Periods, is_working_day: Callable[[date], bool]) -> None:
        self._name = uuid4().hex
        self._policies = policies
        self._periods = periods
        self._is_working_day = is_working_day
        self._months: dict[Month, MonthState] = {}
        self._organization: Organization | None = None
        self._version: tuple[int, int] | None = None

    def forget(self) -> None:
        """Empties the memory: after an error, or when another scorer worked in between."""
        self._months.clear()
        self._version = None

    def score_marked(self, pool: Pool) -> Moved:
        """One round: scores what is marked, in one transaction; returns what moved."""
        try:
            with pool.connection() as conn, conn.transaction():
                return self._score_marked(conn)
        except Exception:
            self.forget()
            raise

    def _score_marked(self, conn: Connection) -> Moved:
        if not store.take_clock(conn, self._name):
            self.forget()
        as_of = store.load_watermark(conn, topic=WORK_TOPIC)
        moved = Moved()
        if as_of is None:
            return moved
        self._pass_time(conn, as_of)
        current = self._periods.month_of(as_of)
        mark_store.gather_marks(conn, after=current)
        marks = mark_store.take_marks(conn, upto=current, limit=_BATCH)
        if marks:
            self.see_organization(conn)
            for month, subjects in self._by_month(conn, marks, current):
                moved.add(self._score_month(conn, month, subjects, as_of))
        store.save_clock(conn, as_of)
        return moved

    def _pass_time(self, conn: Connection, as_of: Instant) -> None:
        """Months begin, and cut-offs pass: the clock alone changes scores then."""
        clock = store.load_clock(conn)
        month = self._periods.month_of(as_of)
        for begun in range(month if clock is None else self._periods.month_of(clock) + 1, month + 1):
            self._open_month(conn, begun)
        for before in () if clock is None else range(self._periods.month_of(clock) - 1, month):
            if clock is not None and clock < self._periods.cut_off(before) <= as_of:
                mark_store.mark_known(conn, partition=CLOCK_WRITER, since=before)

    def _open_month(self, conn: Connection, month: Month) -> None:
        """From now on everybody has a scorecard in the month."""
        store.open_month(conn, month)
        self._months.pop(month, None)
        self.see_organization(conn)
        tree = self.organization.month(month)
        subjects = {*tree.main_posts, *tree.units}
        if subjects:
            marks = {mark_store.Mark(subject, month, False) for subject in subjects}
            mark_store.mark_scores(conn, partition=CLOCK_WRITER, marks=marks)

    @property
    def organization(self) -> Organization:
        """The organization as last seen."""
        assert self._organization is not None
        return self._organization

    def see_organization(self, conn: Connection) -> None:
        """Reads the organization again if it changed."""
        version = organization_store.organization_version(conn)
        if version != self._version:
            self._organization = Organization(
                units=organization_store.load_units(conn),
                officers=organization_store.load_officers(conn),
                is_working_day=self._is_working_day,
            )
            self._version = version

    def _by_month(
        self, conn: Connection, marks: Sequence[mark_store.Mark], current: Month
    ) -> Iterable[tuple[Month, set[str]]]:
        """The marked subjects of each month, oldest first; a month marked for the first time opens for everybody."""
        opened = set(store.load_months(conn))
        subjects: dict[Month, set[str]] = defaultdict(set)
        for month in sorted({mark.month for mark in marks} - opened):
            self._open_month(conn, month)
            opened.add(month)
        for mark in marks:
            months = [month for month in opened if mark.month <= month <= current] if mark.onwards else [mark.month]
            for month in months:
                subjects[month].add(mark.subject)
        return sorted(subjects.items())

    def _score_month(self, conn: Connection, month: Month, subjects: set[str], as_of: Instant) -> Moved:
        state = self._months.setdefault(month, MonthState())
        is_first = not state.complete
        self._load_rows(conn, month, state, subjects, as_of)
        inputs = self._inputs(conn, month, state, as_of)
        # At the first time all, so that from then on everyone's standing is known and need not be worked out again.
        wanted = affected(inputs, inputs.subjects | subjects if is_first else subjects)
        gone = [(one, month, policy) for one in sorted(wanted - inputs.subjects) for policy in inputs.in_force]
        cards = score_month(inputs, wanted & inputs.subjects, state.standings)
        state.standings |= {key: card.standing for key, card in cards.items()}
        return _save_moved(conn, month, cards, gone)

    def _load_rows(self, conn: Connection, month: Month, state: MonthState, subjects: set[str], as_of: Instant) -> None:
        """Brings the rows of the subjects up to date; at the first time the rows of all."""
        if state.complete:
            for rows in state.rows.values():
                for key in [key for key in rows if key[0] in subjects]:
                    del rows[key]
        carrying = as_of >= self._periods.cut_off(month - 1)
        loaded = store.load_sums(conn, month=month, subjects=sorted(subjects) if state.complete else None)
        add_rows(state.rows, loaded, month=month, carrying=carrying)
        state.complete = True

    def _inputs(self, conn: Connection, month: Month, state: MonthState, as_of: Instant) -> MonthInputs:
        findings = finding_store.count_findings(conn, month=month)
        if findings != state.findings:
            state.general, state.shortcomings = read_findings(finding_store.load_findings(conn, month=month))
            state.findings = findings
        return MonthInputs(
            organization=self.organization,
            month=month,
            work=state.rows[WORK],
            request=state.rows[REQUEST],
            general=state.general,
            shortcomings=state.shortcomings,
            policies=self._policies,
            open=as_of < self._periods.cut_off(month),
        )


def add_rows(rows: Rows, loaded: Iterable[store.SumRow], *, month: Month, carrying: bool) -> None:
    """Adds stored sums to the rows of a month: all of the month itself, of earlier months the flows only.

    Carried flows count only once the cut-off of the month before has passed (`carrying`).
    """
    for row in loaded:
        measures = to_measures(row.vector)
        wanted = {
            name: value
            for name, value in measures.items()
            if (row.month == month or name in FLOWS) and (carrying or name not in CARRIED)
        }
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


def _save_moved(
    conn: Connection, month: Month, cards: dict[tuple[str, str], Scorecard], gone: list[store.ScoreKey]
) -> Moved:
    subjects = sorted({subject for subject, _ in cards})
    stored = {(row.subject, row.policy): row.card for row in store.load_scores(conn, month=month, subjects=subjects)}
    rows = [
        store.ScoreRow(subject, month, policy, card.now.points, write_card(card))
        for (subject, policy), card in cards.items()
    ]
    moved = [row for row in rows if stored.get((row.subject, row.policy)) != row.card]
    if moved:
        store.save_scores(conn, moved)
    if gone:
        store.delete_scores(conn, gone)
    return Moved(rows=moved, gone=gone)


def say_moved(pool: Pool, *, now: datetime, pause_seconds: float) -> int:
    """Puts an event for each subject whose scores moved into the outbox, at most one per pause; returns how many."""
    with pool.connection() as conn, conn.transaction():
        clock = store.lock_clock(conn)
        if clock is None:
            return 0
        unsaid = store.take_unsaid(conn, now=now, pause_seconds=pause_seconds, limit=_EVENTS)
        records = [
            scores_changed(
                event_id=uuid4().hex,
                subject=one.subject,
                revision=one.revision,
                cards=[row.card for row in one.scores],
                as_of=from_instant(clock),
                now=now,
            )
            for one in unsaid
        ]
        enqueue(conn, records)
        return len(records)
