"""How the points of a unit's officers have changed since an instant, and through which items."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from evaluation.domain.changes import (
    ItemAdds,
    compare_item,
    difference,
    fall,
    has_changed,
    inputs_then,
    is_heading_down,
)
from evaluation.domain.contributions import evaluate
from evaluation.domain.facts import Fact
from evaluation.domain.organization import Organization
from evaluation.domain.periods import Instant, Month, Periods, from_instant, to_instant
from evaluation.domain.policies import Policies
from evaluation.domain.scorecards import Standing, score_month
from evaluation.domain.shifts import Row, count
from evaluation.events.scores import read_standing
from evaluation.store import evidence as evidence_store
from evaluation.store import findings as finding_store
from evaluation.store import scores as store
from evaluation.store.recompute import see_one_moment
from evaluation.usecases.months import load_inputs, load_standings, read_findings
from evaluation.usecases.reading import ItemEvidence, Reader, title_of
from runtime.auth import Caller
from runtime.errors import InvalidInput
from runtime.postgres import Connection

_MOST_CHANGES = 200
_MOST_ITEMS = 20


@dataclass(slots=True, kw_only=True)
class Change:
    """One officer who stands elsewhere, or is heading down; `falling` is what is open and due later in the month."""

    officer_id: str
    name: str
    unit_id: str
    unit_name: str
    before: Standing | None
    now: Standing
    items: Sequence[ItemEvidence] = field(default_factory=list)
    falling: Sequence[ItemEvidence] = field(default_factory=list)

    @property
    def heading_down(self) -> bool:
        """Whether the band falls below "good" if nothing more is done."""
        return is_heading_down(self.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The largest fall first; `before` is the month that was current then."""

    changes: Sequence[Change]
    month: Month
    before: Month
    as_of: datetime


def list_changes(reader: Reader, caller: Caller, *, unit_id: str, since: datetime, policy: str) -> Changes:
    """The officers of the unit and below whose points have changed since, or who are heading down."""
    month, instant, periods = reader.month(""), to_instant(since), reader.periods
    wanted = reader.wanted(caller, unit_id=unit_id, subject="", month=month)
    if wanted is None:
        raise InvalidInput("Name the unit whose changes you ask for.", field="unit_id")
    organization = reader.organization()
    officers = [one for one in wanted if one in organization.officers]
    name = reader.policy(policy, month)
    with reader.pool.connection() as conn, conn.transaction():
        see_one_moment(conn)
        at = reader.scored_until(conn)
        if instant > at:
            raise InvalidInput("Ask for the changes since an instant that has passed.", field="since")
        loaded = evidence_store.load_moving_items(conn, subjects=officers, since=instant)
        items = [compare_item(one.work_id, one.facts, one.adds, since=instant, periods=periods) for one in loaded]
        now = _load_now(conn, month, officers, name)
        before = _Then(organization, reader.policies, periods, instant).score(conn, officers, items, name)
    found = [
        _describe(organization, month, one, before.get(one), standing)
        for one, standing in now.items()
        if has_changed(before.get(one), standing) or is_heading_down(standing)
    ]
    changes = sorted(found, key=_by_fall)[:_MOST_CHANGES]
    _add_items(changes, items, _Span(month, instant, at, periods))
    return Changes(changes=changes, month=month, before=periods.month_of(instant), as_of=from_instant(at))


def _load_now(conn: Connection, month: Month, officers: Sequence[str], policy: str) -> dict[str, Standing]:
    rows = store.load_scores(conn, month=month, subjects=officers, policy=policy)
    return {row.subject: read_standing(row.card) for row in rows}


@dataclass(frozen=True, slots=True)
class _Then:
    """The month that was current at an instant, as it was known then; of the organization what is known now."""

    organization: Organization
    policies: Policies
    periods: Periods
    at: Instant

    def score(
        self, conn: Connection, officers: Sequence[str], items: Sequence[ItemAdds], policy: str
    ) -> Mapping[str, Standing]:
        """How the officers stood. Those for whom they answer without being among them are taken as they stand now."""
        month = self.periods.month_of(self.at)
        inputs = load_inputs(
            conn,
            month,
            officers,
            organization=self.organization,
            policies=self.policies,
            periods=self.periods,
            at=self.at,
        )
        known = load_standings(conn, inputs, officers)
        findings = finding_store.load_findings(conn, month=month)
        general, shortcomings = read_findings(row for row in findings if row.recorded_at <= self.at)
        inputs = inputs_then(inputs, items, carrying=self.at >= self.periods.cut_off(month - 1))
        cards = score_month(replace(inputs, general=general, shortcomings=shortcomings), officers, known)
        return {card.subject_id: card.standing for card in cards.values() if card.policy == policy}


def _describe(
    organization: Organization, month: Month, officer_id: str, before: Standing | None, now: Standing
) -> Change:
    tree = organization.month(month)
    post = tree.main_posts.get(officer_id)
    return Change(
        officer_id=officer_id,
        name=organization.officers[officer_id].full_name,
        unit_id=post.unit_id if post else "",
        unit_name=tree.name_of(post.unit_id) if post else "",
        before=before,
        now=now,
    )


def _by_fall(change: Change) -> tuple[int, int, str]:
    now = change.now
    threat = (now.points or 0) - (now.points_if_nothing_more or 0)
    return -fall(change.before, now), -threat, change.officer_id


@dataclass(frozen=True, slots=True)
class _Span:
    """From the earlier instant until now, in the current month."""

    month: Month
    since: Instant
    at: Instant
    periods: Periods

    def changed(self, item: ItemAdds) -> Iterator[ItemEvidence]:
        """What the item adds now more than then, with the facts recorded in between."""
        cut_off = self.periods.cut_off(self.month - 1)
        shift = difference(item, self.month, carrying=self.at >= cut_off, carrying_then=self.since >= cut_off)
        facts = [fact for fact in sorted(item.facts) if fact.recorded_at > self.since]
        return (_evidence(item, row, measures, facts) for row, measures in shift.items())

    def falling(self, item: ItemAdds) -> Iterator[ItemEvidence]:
        """What the item adds as long as it is open and not due, with all facts."""
        for row, measures in count(item.now, month=self.month, carrying=True).items():
            if measures.get("pending_items"):
                yield _evidence(item, row, measures, sorted(item.facts))

    def due(self, item: ItemEvidence) -> tuple[Instant, str]:
        """In order of due time."""
        holder = evaluate(item.facts, at=self.at, periods=self.periods).item.holder
        return (holder.due if holder else None) or self.at, item.work_id


def _add_items(changes: Sequence[Change], items: Sequence[ItemAdds], span: _Span) -> None:
    """Gives each officer the items that have changed, and to those heading down what is still open."""
    changed: dict[str, list[ItemEvidence]] = {change.officer_id: [] for change in changes}
    falling: dict[str, list[ItemEvidence]] = {one.officer_id: [] for one in changes if one.heading_down}
    for item in items:
        for found, told in ((changed, span.changed(item)), (falling, span.falling(item))):
            for one in told:
                found.get(one.subject, []).append(one)
    for change in changes:
        change.items = sorted(changed[change.officer_id], key=_by_weight)[:_MOST_ITEMS]
        change.falling = sorted(falling.get(change.officer_id, []), key=span.due)[:_MOST_ITEMS]


def _by_weight(item: ItemEvidence) -> tuple[int, Instant, str]:
    latest = max((fact.recorded_at for fact in item.facts), default=0)
    return -item.measures.get("missed_items", 0), -latest, item.work_id


def _evidence(item: ItemAdds, row: Row, measures: Mapping[str, int], facts: Sequence[Fact]) -> ItemEvidence:
    subject, unit_id, request = row
    return ItemEvidence(
        work_id=item.work_id,
        title=title_of(item.facts),
        subject=subject,
        unit_id=unit_id,
        request=request,
        measures=measures,
        facts=facts,
    )
