"""Reading scores: one, many, and the evidence of one."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from evaluation.domain.facts import Assigned, Fact, InitiativeRecognised
from evaluation.domain.measures import add_measures, counting
from evaluation.domain.organization import Organization
from evaluation.domain.periods import Instant, Month, Periods, format_month, from_instant, parse_month, to_instant
from evaluation.domain.policies import Policies
from evaluation.store import evidence as evidence_store
from evaluation.store import organization as organization_store
from evaluation.store import score_lists as lists
from evaluation.store import scores as store
from evaluation.usecases.access import require_sight, sees_all, visible_subjects
from evaluation.usecases.read_models import ReadModels
from runtime.auth import Caller
from runtime.errors import InvalidInput, NotFound
from runtime.postgres import Connection, Pool


class Card(NamedTuple):
    """A stored scorecard, and until when it holds everything."""

    card: bytes
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEvidence:
    """What one item adds to a subject's month in one unit and class; `facts` are all of the item."""

    work_id: str
    title: str
    subject: str
    unit_id: str
    request: bool
    measures: Mapping[str, int]
    facts: Sequence[Fact]


class Reader:
    """Answers questions about scores. `now` is the clock of the service.

    Whether the organization has changed, which decides who sees what, is looked up every `look_seconds`; while a look
    is under way, what is known holds.
    """

    def __init__(
        self,
        *,
        pool: Pool,
        models: ReadModels | None,
        policies: Policies,
        periods: Periods,
        zone: ZoneInfo,
        is_working_day: Callable[[date], bool],
        now: Callable[[], datetime],
        look_seconds: float = 1.0,
    ) -> None:
        self.pool = pool
        self._models = models
        self.policies = policies
        self.periods = periods
        self._zone = zone
        self._is_working_day = is_working_day
        self._now = now
        self._look_seconds = look_seconds
        self._look_at = 0.0
        self._lock = threading.Lock()
        self._seen: tuple[tuple[int, int], Organization] | None = None

    def month(self, period: str) -> Month:
        """The month of a period; the current one for ""."""
        return parse_month(period) if period else self.periods.month_of(to_instant(self._now()))

    def scored_until(self, conn: Connection) -> Instant:
        """How far the scores are by the clock; the present as long as no scorer has worked."""
        return store.load_clock(conn) or to_instant(self._now())

    def policy(self, name: str, month: Month) -> str:
        """The name of a policy in force in the month; the first one for ""."""
        in_force = [policy.name for policy in self.policies.all_in_force(month)]
        if not in_force:
            raise NotFound(f"No policy is in force in {format_month(month)}; ask for another period.")
        if name and name not in in_force:
            known = ", ".join(in_force)
            raise InvalidInput(f'"{name}" is not in force in {format_month(month)}; in force: {known}.', field="policy")
        return name or in_force[0]

    def scorecard(self, caller: Caller, *, subject: str, period: str, policy: str) -> Card:
        """One scorecard. NotFound, Denied."""
        month = self.month(period)
        name = self.policy(policy, month)
        organization = self.require_sight(caller, subject)
        found = self._models.fetch(name, month, subject) if self._models else None
        if found is not None:
            return Card(found[0], from_instant(found[1]))
        with self.pool.connection() as conn:
            as_of = self._as_of(conn)
            rows = store.load_scores(conn, month=month, subjects=[subject], policy=name)
        if not rows:
            raise NotFound(_why_no_score(organization, subject, month))
        return Card(rows[0].card, as_of)

    def scorecards(
        self, caller: Caller, *, unit_id: str, subject: str, period: str, policy: str, after: str, limit: int
    ) -> tuple[list[Card], str]:
        """The scorecards of a unit with all below it (or of one subject, or all visible); and the next token."""
        month = self.month(period)
        name = self.policy(policy, month)
        wanted = self.wanted(caller, unit_id=unit_id, subject=subject, month=month)
        with self.pool.connection() as conn:
            as_of = self._as_of(conn)
            rows = lists.load_score_page(conn, month=month, policy=name, subjects=wanted, after=after, limit=limit)
        token = rows[-1].subject if len(rows) == limit else ""
        return [Card(row.card, as_of) for row in rows], token

    def ranking(self, caller: Caller, *, unit_id: str, units: bool, period: str, policy: str, limit: int) -> list[Card]:
        """The best officers, or `units`, of a unit with all below it (or of all visible), best first."""
        month = self.month(period)
        name = self.policy(policy, month)
        organization = self.organization()
        wanted = self.wanted(caller, unit_id=unit_id, subject="", month=month)
        visible = None if wanted is None else frozenset(wanted)
        with self.pool.connection() as conn:
            as_of = self._as_of(conn)
            ranked = self._models.ranking(name, month) if self._models else None
            if ranked is None:
                ranked = lists.load_ranking(conn, month=month, policy=name)
            known = organization.units if units else organization.officers
            best = [one for one in ranked if one in known and (visible is None or one in visible)][:limit]
            rows = {row.subject: row for row in store.load_scores(conn, month=month, subjects=best, policy=name)}
        return [Card(rows[one].card, as_of) for one in best if one in rows]

    def evidence(self, caller: Caller, *, subject: str, period: str) -> Iterator[ItemEvidence]:
        """The items that add to the subject's month; their measures add up to those of the scorecard."""
        month = self.month(period)
        organization = self.require_sight(caller, subject)
        with self.pool.connection() as conn:
            carrying = (store.load_clock(conn) or 0) >= self.periods.cut_off(month - 1)
            rows = []
            if subject not in organization.officers:
                units = sorted(organization.month(month).below(subject))
                rows = evidence_store.load_unit_evidence(conn, units=units, month=month)
            # Whom organization does not know is an officer when no work was done in a unit of that id.
            rows = rows or evidence_store.load_evidence(conn, subject=subject, month=month)
        return _gather(rows, month, carrying)

    def subjects_watched(self, caller: Caller, *, unit_id: str, month: Month) -> frozenset[str] | None:
        """Whose moves the caller may watch; None for everyone's."""
        wanted = self.wanted(caller, unit_id=unit_id, subject="", month=month)
        return None if wanted is None else frozenset(wanted)

    def require_sight(self, caller: Caller, subject: str) -> Organization:
        """Raises Denied unless the caller may see the subject; returns the organization by which that was judged."""
        organization = self.organization()
        require_sight(organization, caller, subject, self._today())
        return organization

    def require_officer(self, caller: Caller, officer_id: str) -> Organization:
        """The same, and NotFound for what is no officer."""
        organization = self.require_sight(caller, officer_id)
        if officer_id not in organization.officers:
            raise NotFound(f'There is no officer "{officer_id}"; look the id up in the list of scores.')
        return organization

    def wanted(
        self, caller: Caller, *, unit_id: str, subject: str, month: Month, own_only: bool = False
    ) -> list[str] | None:
        """One subject, or a unit with all below it in the month (with `own_only` without), or all whom the caller may
        see; None for everyone. NotFound, Denied.
        """
        organization = self.organization()
        if subject:
            self.require_sight(caller, subject)
            return [subject]
        if unit_id:
            if unit_id not in organization.units:
                raise NotFound(f'There is no unit "{unit_id}"; look it up among the units of the city.')
            self.require_sight(caller, unit_id)
            tree = organization.month(month)
            units = {unit_id} if own_only else tree.below(unit_id)
            return sorted({*units, *(one for one, post in tree.main_posts.items() if post.unit_id in units)})
        if sees_all(caller):
            return None
        return sorted(visible_subjects(organization, caller, month, self._today()))

    def organization(self) -> Organization:
        """The organization as it was known at the last look."""
        # One looks; the others go on with what is known, if anything is.
        is_due = self._seen is None or time.monotonic() >= self._look_at
        if is_due and self._lock.acquire(blocking=self._seen is None):
            try:
                # Who has waited for the first look need not look again.
                if self._seen is None or time.monotonic() >= self._look_at:
                    self._look()
            finally:
                self._lock.release()
        assert self._seen is not None
        return self._seen[1]

    def _look(self) -> None:
        with self.pool.connection() as conn:
            version = organization_store.organization_version(conn)
            if self._seen is None or self._seen[0] != version:
                organization = Organization(
                    units=organization_store.load_units(conn),
                    officers=organization_store.load_officers(conn),
                    is_working_day=self._is_working_day,
                )
                self._seen = version, organization
        self._look_at = time.monotonic() + self._look_seconds

    def _today(self) -> date:
        return self._now().astimezone(self._zone).date()

    def _as_of(self, conn: Connection) -> datetime:
        return from_instant(store.load_clock(conn) or 0)


def _why_no_score(organization: Organization, subject: str, month: Month) -> str:
    if subject in organization.officers or subject in organization.units:
        return f"{subject} has no score for {format_month(month)}; nothing was recorded in that month."
    return f'There is no officer or unit "{subject}"; look the id up in the list of scores.'


def _gather(rows: Sequence[evidence_store.EvidenceRow], month: Month, carrying: bool) -> Iterator[ItemEvidence]:
    """Adds up an item's rows as a scorecard does: of the month all, of earlier months the flows."""
    totals: dict[tuple[str, str, str, bool], dict[str, int]] = {}
    items: dict[str, evidence_store.EvidenceRow] = {}
    for row in rows:
        wanted = counting(row.measures, own=row.key.month == month, carrying=carrying)
        add_measures(totals.setdefault((row.work_id, row.key.subject, row.key.unit, row.key.request), {}), wanted)
        items[row.work_id] = row
    for (work_id, subject, unit_id, request), measures in totals.items():
        if any(measures.values()):
            facts = sorted(items[work_id].facts)
            yield ItemEvidence(
                work_id=work_id,
                title=title_of(facts),
                subject=subject,
                unit_id=unit_id,
                request=request,
                measures={name: value for name, value in measures.items() if value},
                facts=facts,
            )


def title_of(facts: Sequence[Fact]) -> str:
    """What an item is called."""
    return next((fact.body.title for fact in facts if isinstance(fact.body, Assigned | InitiativeRecognised)), "")
