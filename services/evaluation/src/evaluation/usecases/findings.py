"""Recording what people found: general criteria and shortcomings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from evaluation.domain.organization import Organization
from evaluation.domain.periods import Month
from evaluation.events.findings import Finding, finding_recorded
from evaluation.store import findings as store
from evaluation.usecases.access import sees_all
from runtime.auth import Caller
from runtime.errors import Conflict, Denied
from runtime.outbox import enqueue
from runtime.postgres import Connection, Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFinding:
    """A finding to be recorded; `event_id` makes a repeat harmless, `content` is what tells two findings apart."""

    event_id: str
    subject: str
    month: Month
    kind: str
    confirmed: bool
    occurred_at: datetime
    content: bytes


def record_findings(
    pool: Pool,
    organization: Organization,
    caller: Caller,
    findings: Sequence[NewFinding],
    *,
    now: datetime,
    today: date,
) -> int:
    """Numbers the findings and publishes them; returns how many were new. Denied, Conflict."""
    for finding in findings:
        _require_right(organization, caller, finding, today)
    with pool.connection() as conn, conn.transaction():
        store.lock_numbers(conn)
        new = _only_new(conn, findings)
        numbers = store.load_numbers(conn, sorted({finding.subject for finding in new}))
        rows, records = [], []
        for finding in new:
            numbers[finding.subject] += 1
            revision = numbers[finding.subject]
            rows.append((finding.subject, revision, finding.event_id, finding.content))
            published = Finding(
                event_id=finding.event_id,
                subject=finding.subject,
                revision=revision,
                month=finding.month,
                occurred_at=finding.occurred_at,
                recorded_at=now,
                actor_id=caller.subject,
                content=finding.content,
            )
            records.append(finding_recorded(published))
        if rows:
            store.save_numbers(conn, rows)
            enqueue(conn, records)
    return len(new)


def _require_right(organization: Organization, caller: Caller, finding: NewFinding, today: date) -> None:
    """Evaluators and the heads above record anything; one scores the own general criteria, unconfirmed.

    Of a unit the heads above are those of the units above it; its own head scores its criteria as one's own.
    """
    is_unit = finding.subject in organization.units
    place = organization.parent_of(finding.subject, today) if is_unit else finding.subject
    above = organization.heads_above(place, today) if place else frozenset()
    if sees_all(caller) or (caller.officer_id and caller.officer_id in above):
        return
    own = {finding.subject, *(organization.heads_above(finding.subject, today) - above if is_unit else ())}
    if not (caller.officer_id in own and finding.kind == "general" and not finding.confirmed):
        raise Denied(f"You may not record this about {finding.subject}; their head or an evaluator does.")


def _only_new(conn: Connection, findings: Sequence[NewFinding]) -> list[NewFinding]:
    known = store.load_contents(conn, [finding.event_id for finding in findings])
    new: dict[str, NewFinding] = {}
    for finding in findings:
        before = known.get(finding.event_id) or (new[finding.event_id].content if finding.event_id in new else None)
        if before is None:
            new[finding.event_id] = finding
        elif before != finding.content:
            raise Conflict(f"The event_id {finding.event_id} was used for another finding; give a new one.")
    return list(new.values())
