"""Scoring: what was marked is scored from the sums, the organization and the findings; one scorer at a time."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from uuid import uuid4

from evaluation.domain.organization import Organization
from evaluation.domain.periods import Instant, Month, Periods
from evaluation.domain.policies import Policies
from evaluation.domain.scorecards import (
    OFFICER,
    MonthInputs,
    Scorecard,
    leaders_concerned,
    score_month,
    units_above,
)
from evaluation.events.scores import write_card
from evaluation.store import marks as mark_store
from evaluation.store import organization as organization_store
from evaluation.store import scores as store
from evaluation.usecases.inputs import CLOCK_WRITER
from evaluation.usecases.months import Key, MonthState, load_rows, see_inputs
from runtime.postgres import Connection, Pool

WORK_TOPIC = "congvu.work.v1"
# Marks taken in one transaction.
_BATCH = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The scores that moved in a round, the keys of those that are no more, and until when everything is scored.

    `crowd`: how many subjects the largest batch of work has marked; facts that come one by one mark a few. `alone`: no
    other scorer has worked since this one's last round. `later`: whose work of months to come has changed.
    """

    rows: list[store.ScoreRow] = field(default_factory=list)
    gone: list[store.ScoreKey] = field(default_factory=list)
    as_of: Instant = 0
    crowd: int = 0
    alone: bool = True
    later: list[tuple[str, Month]] = field(default_factory=list)

    def add(self, other: "Moved") -> None:
        """Adds what moved in another month."""
        self.rows.extend(other.rows)
        self.gone.extend(other.gone)


@dataclass(slots=True)
class _Marked:
    """Who is marked in a month: by a change, and what a scorer has put off."""

    subjects: set[str] = field(default_factory=set)
    put_off: set[str] = field(default_factory=set)


class Scorer:
    """Scores what is marked. One works at a time; what it remembers is void once another one has worked.

    Each round that changes something leaves a sign of its own in the database, by which its scorer knows.
    """

    def __init__(self, *, policies: Policies, periods: Periods, is_working_day: Callable[[date], bool]) -> None:
        self._sign = ""
        # The marks of months to come that were seen; those of before this scorer began are no news.
        self._later: set[int] | None = None
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
        self._sign = ""

    def score_marked(self, pool: Pool, *, whole: bool = True) -> Moved:
        """One round: scores what is marked, in one transaction; returns what moved.

        One that is not whole scores officers only: the units above them, and leaders whose d has changed, are put off
        until the next that is. How far the scores are by the clock is told by whole rounds.
        """
        try:
            with pool.connection() as conn, conn.transaction():
                return self._score_marked(conn, whole)
        except Exception:
            self.forget()
            raise

    def _score_marked(self, conn: Connection, whole: bool) -> Moved:
        turn = store.take_turn(conn)
        alone = bool(self._sign) and turn.sign == self._sign
        if not alone:
            self.forget()
        as_of = store.load_watermark(conn, topic=WORK_TOPIC)
        if as_of is None:
            return Moved(as_of=turn.clock or 0, alone=alone)
        passed = whole and self._pass_time(conn, turn.clock, as_of)
        marks = self._take_marks(conn, self._periods.month_of(as_of), whole)
        crowd = max((mark.crowd for mark in marks), default=0)
        moved = Moved(
            as_of=as_of if whole else turn.clock or 0,
            crowd=crowd,
            alone=alone,
            later=self._see_later(conn, self._periods.month_of(as_of)),
        )
        if marks:
            self.see_organization(conn)
            for month, marked in self._by_month(conn, marks, self._periods.month_of(as_of)):
                moved.add(self._score_month(conn, month, marked, as_of, whole))
        self._sign = turn.sign
        if marks or passed or not turn.sign:
            self._sign = uuid4().hex
            store.leave_sign(conn, self._sign)
        if whole:
            store.save_clock(conn, as_of)
        return moved

    def _see_later(self, conn: Connection, current: Month) -> list[tuple[str, Month]]:
        """Whom work of months to come has touched since the last look: pages show it, though it is not scored yet."""
        seen, marks = self._later, mark_store.load_later(conn, after=current, seen=self._later or ())
        self._later = set(marks)
        return [] if seen is None else sorted({named for names in marks.values() for named in names})

    def _take_marks(self, conn: Connection, current: Month, whole: bool) -> list[mark_store.Mark]:
        """Marks of months up to the current one; a whole round takes all that there are."""
        if whole:
            mark_store.gather_marks(conn, after=current)
        marks = mark_store.take_marks(conn, upto=current, limit=_BATCH, put_off=whole)
        while whole and (more := mark_store.take_marks(conn, upto=current, limit=_BATCH, put_off=True)):
            marks += more
        return marks

    def _pass_time(self, conn: Connection, clock: Instant | None, as_of: Instant) -> bool:
        """Months begin, and cut-offs pass: the clock alone changes scores then. Returns whether one did."""
        month = self._periods.month_of(as_of)
        begun = range(month if clock is None else self._periods.month_of(clock) + 1, month + 1)
        for one in begun:
            self._open_month(conn, one)
        passed = [
            before
            for before in (() if clock is None else range(self._periods.month_of(clock) - 1, month))
            if clock is not None and clock < self._periods.cut_off(before) <= as_of
        ]
        if passed:
            mark_store.mark_known(conn, partition=CLOCK_WRITER, since=min(passed))
            # What is carried counts from now on, also of those who have no score in the month yet.
            self._months.clear()
        return bool(begun or passed)

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
    ) -> Iterable[tuple[Month, _Marked]]:
        """Who is marked in each month, oldest first; a month marked for the first time opens for everybody."""
        opened = set(store.load_months(conn))
        found: dict[Month, _Marked] = defaultdict(_Marked)
        for month in sorted({mark.month for mark in marks} - opened):
            self._open_month(conn, month)
            opened.add(month)
        for mark in marks:
            months = [month for month in opened if mark.month <= month <= current] if mark.onwards else [mark.month]
            for month in months:
                (found[month].put_off if mark.put_off else found[month].subjects).add(mark.subject)
        return sorted(found.items(), key=_month_of)

    def _score_month(self, conn: Connection, month: Month, marked: _Marked, as_of: Instant, whole: bool) -> Moved:
        state = self._months.setdefault(month, MonthState(month))
        is_first = state.inputs is None
        load_rows(conn, state, marked.subjects, carrying=as_of >= self._periods.cut_off(month - 1))
        inputs = see_inputs(
            conn,
            state,
            organization=self.organization,
            policies=self._policies,
            is_open=as_of < self._periods.cut_off(month),
        )
        if is_first:
            state.stored = {
                (row.subject, row.policy): _digest(row.card) for row in store.load_scores(conn, month=month)
            }
            # All, so that from then on everyone's standing is known and need not be worked out again.
            marked.subjects.update(inputs.subjects)
        return _save_moved(conn, state, inputs, *_score(conn, state, inputs, marked, whole or is_first))


def _score(
    conn: Connection, state: MonthState, inputs: MonthInputs, marked: _Marked, whole: bool
) -> tuple[dict[Key, Scorecard], set[str]]:
    """The scorecards of the marked officers, and of those who depend on them; and everyone looked at."""
    officers = {one for one in marked.subjects if inputs.kind_of(one) == OFFICER}
    units = (marked.subjects - officers) | units_above(inputs, marked.subjects)
    cards, concerned = _score_some(inputs, state, officers)
    waiting, looked_at = marked.put_off | units | concerned, officers
    if not whole and waiting:
        put_off = {(inputs.month, False): waiting}
        mark_store.mark_subjects(conn, partition=mark_store.PUT_OFF, subjects=put_off)
    while whole and waiting:
        looked_at = looked_at | waiting
        # Ends at the top: nobody answers for someone of the same or a higher rank.
        more, waiting = _score_some(inputs, state, waiting)
        cards |= more
    return cards, looked_at


def _save_moved(
    conn: Connection, state: MonthState, inputs: MonthInputs, cards: dict[Key, Scorecard], looked_at: set[str]
) -> Moved:
    moved = Moved(
        gone=[(one, inputs.month, policy) for one in sorted(looked_at - inputs.subjects) for policy in inputs.in_force]
    )
    for (subject, policy), card in cards.items():
        written = write_card(card)
        digest = _digest(written)
        if state.stored.get((subject, policy)) != digest:
            state.stored[subject, policy] = digest
            moved.rows.append(store.ScoreRow(subject, inputs.month, policy, card.now.points, written))
    for subject, _, policy in moved.gone:
        state.stored.pop((subject, policy), None)
    if moved.rows:
        store.save_scores(conn, moved.rows)
    if moved.gone:
        store.delete_scores(conn, moved.gone)
    return moved


def _month_of(found: tuple[Month, _Marked]) -> Month:
    return found[0]


def _score_some(inputs: MonthInputs, state: MonthState, subjects: set[str]) -> tuple[dict[Key, Scorecard], set[str]]:
    """Their scorecards, and the leaders whose d these change."""
    cards = score_month(inputs, subjects & inputs.subjects, state.standings)
    concerned = leaders_concerned(inputs, cards, state.standings)
    state.standings |= {key: card.standing for key, card in cards.items()}
    return cards, concerned


def _digest(card: bytes) -> bytes:
    """What tells a scorecard from another one."""
    return blake2b(card, digest_size=16).digest()
