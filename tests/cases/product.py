"""The product without doors and database: records in, scorecards of a month out, as of an instant."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import evaluation
from cases.case import CALENDAR
from cases.messages import finding_event, officer_message, unit_message, work_event
from congvu.organization.v1 import events_pb2 as organization_pb2
from evaluation.consumer.finding_records import read_finding_record
from evaluation.consumer.organization_records import read_organization_record
from evaluation.consumer.work_records import read_work_record
from evaluation.domain.contributions import Contributions, Key, contribute, mark_amended
from evaluation.domain.facts import Fact
from evaluation.domain.findings import FindingRow
from evaluation.domain.items import fold_item
from evaluation.domain.ledger import Ledger, Received
from evaluation.domain.measures import REQUEST, WORK, add_measures, to_vector
from evaluation.domain.organization import Officer, Organization, Unit
from evaluation.domain.periods import Instant, Month, Periods, format_month, parse_month, to_instant
from evaluation.domain.policies import load_policies
from evaluation.domain.scorecards import MonthInputs, Scorecard, score_month
from evaluation.store.scores import SumRow
from evaluation.usecases.months import Rows, add_rows, read_findings
from oracle import facts as f
from oracle.months import HUE, CutOff
from runtime.events import StoredRecord

POLICIES = load_policies(Path(evaluation.__file__).parent / "policies")


def periods_by(cut_off: CutOff) -> Periods:
    """The product's months with the oracle's cut-offs."""
    return Periods(zone=HUE, cut_off=lambda year, month: cut_off(f"{year:04}-{month:02}"))


def score_product(
    facts: Iterable[f.Fact],
    *,
    organization: f.Organization,
    findings: Iterable[f.Finding],
    month: str,
    cut_off: CutOff,
    as_of: datetime,
) -> dict[tuple[str, str], Scorecard]:
    """Every scorecard of the month by (subject, policy)."""
    periods, t = periods_by(cut_off), to_instant(as_of)
    index = parse_month(month)
    rows: Rows = {WORK: {}, REQUEST: {}}
    sums = [row for row in _sums(facts, t, periods) if row.month <= index]
    add_rows(rows, sums, month=index, carrying=t >= periods.cut_off(index - 1))
    general, shortcomings = read_findings(_finding_rows(findings, index))
    return score_month(
        MonthInputs(
            organization=_organization(organization),
            month=index,
            work=rows[WORK],
            request=rows[REQUEST],
            general=general,
            shortcomings=shortcomings,
            policies=POLICIES,
            open=t < periods.cut_off(index),
        )
    )


def product_facts(facts: Iterable[f.Fact]) -> dict[str, list[Fact]]:
    """What the product's event door and ledger take of the facts, by item; fails if anything is parked."""
    ledgers: dict[str, Ledger] = {}
    for offset, fact in enumerate(sorted(facts, key=lambda fact: (fact.work_id, fact.revision))):
        event = work_event(fact)
        work_id, received = read_work_record(record(event.work_id, event.SerializeToString(), offset, fact.recorded_at))
        assert isinstance(received, Received)
        ledgers.setdefault(work_id, Ledger(work_id=work_id)).receive(received)
    parked = [one.reason for ledger in ledgers.values() for one in ledger.parked.values()]
    assert not parked, parked
    return {work_id: ledger.facts for work_id, ledger in ledgers.items()}


def contributions_of(facts: Sequence[Fact], at: Instant, periods: Periods) -> Contributions:
    """What the item adds as of an instant, asked later: all that had occurred by then, whenever it was recorded."""
    known = [fact for fact in facts if fact.occurred_at <= at]
    item = fold_item(known, at=at, periods=periods)
    contributions = contribute(item, at=at, periods=periods)
    mark_amended(contributions, known, item, at=at, periods=periods)
    return contributions


def record(key: str, value: bytes, offset: int, at: datetime) -> StoredRecord:
    """A record as the log gives it."""
    return StoredRecord(topic="", partition=0, offset=offset, key=key, value=value, headers={}, appended_at=at)


def _sums(facts: Iterable[f.Fact], at: Instant, periods: Periods) -> list[SumRow]:
    sums: dict[Key, dict[str, int]] = defaultdict(dict)
    for of_item in product_facts(facts).values():
        for key, measures in contributions_of(of_item, at, periods).items():
            add_measures(sums[key], measures)
    return [SumRow(*key, to_vector(measures)) for key, measures in sums.items()]


def _organization(organization: f.Organization) -> Organization:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    states: list[Unit | Officer] = []
    for unit in organization.units:
        event = organization_pb2.OrganizationEvent(revision=1)
        event.unit_changed.unit.CopyFrom(unit_message(unit))
        states.append(_state(record(unit.unit_id, event.SerializeToString(), 0, now)))
    for officer in organization.officers:
        event = organization_pb2.OrganizationEvent(revision=1)
        event.officer_changed.officer.CopyFrom(officer_message(officer))
        states.append(_state(record(officer.officer_id, event.SerializeToString(), 0, now)))
    return Organization(
        units=[state for state in states if isinstance(state, Unit)],
        officers=[state for state in states if isinstance(state, Officer)],
        is_working_day=CALENDAR.is_working_day,
    )


def _state(stored: StoredRecord) -> Unit | Officer:
    read = read_organization_record(stored)
    assert read is not None
    return read[1]


def _finding_rows(findings: Iterable[f.Finding], month: Month) -> list[FindingRow]:
    rows = []
    for finding in findings:
        if finding.period == format_month(month):
            row = read_finding_record(record("", finding_event(finding).SerializeToString(), 0, finding.recorded_at))
            assert row is not None
            rows.append(row)
    return rows
