"""Scorecards, evidence, parked records, policies and positions as the contract writes them."""

from collections.abc import Sequence

from congvu.evaluation.v1 import resources_pb2, service_pb2
from evaluation.domain import facts as f
from evaluation.domain.comparing import Comparison, items_due, items_overdue
from evaluation.domain.periods import Instant, format_month, from_instant
from evaluation.domain.policies import Band, Policy
from evaluation.events.scores import read_card
from evaluation.store.parked import ParkedRow
from evaluation.store.scores import ScoreRow
from evaluation.usecases.changes import Change, Changes
from evaluation.usecases.forecasts import OpenItem
from evaluation.usecases.positions import PartitionPosition
from evaluation.usecases.reading import Card, ItemEvidence
from runtime.timestamps import to_timestamp

WORK_TOPIC = "congvu.work.v1"


def card_message(card: Card) -> resources_pb2.Scorecard:
    """A scorecard as it stands."""
    return read_card(card.card, as_of=card.as_of)


def points_message(scores: Sequence[ScoreRow], comparison: Comparison) -> service_pb2.SubjectPoints:
    """A subject's months, the oldest first; named as in the last."""
    cards = [read_card(row.card) for row in scores]
    last = cards[-1]
    return service_pb2.SubjectPoints(
        subject_id=last.subject_id,
        subject_kind=last.subject_kind,
        name=last.name,
        unit_id=last.unit_id,
        unit_name=last.unit_name,
        months=[_month_message(card, comparison) for card in cards],
    )


def _month_message(card: resources_pb2.Scorecard, comparison: Comparison) -> service_pb2.MonthPoints:
    now, later, due = card.now, card.if_nothing_more, items_due(card.measures)
    return service_pb2.MonthPoints(
        period=card.period,
        points=now.points if now.HasField("points") else None,
        band=now.band,
        points_if_nothing_more=later.points if later.HasField("points") else None,
        band_if_nothing_more=later.band,
        items_due=due,
        items_overdue=items_overdue(card.measures),
        small_sample=due < comparison.least_items,
        open=card.open,
        amended=card.amended,
        reason=now.reason,
        reason_en=now.reason_en,
        reason_if_nothing_more=later.reason,
        reason_if_nothing_more_en=later.reason_en,
    )


def evidence_message(item: ItemEvidence, period: str) -> resources_pb2.Contribution:
    """What an item adds, with its facts."""
    message = _contribution(item, period)
    message.evidence.extend(_fact_message(fact) for fact in item.facts)
    return message


def late_fact_message(item: ItemEvidence, period: str) -> service_pb2.LateFact:
    """What late facts changed of an item, and these facts."""
    return service_pb2.LateFact(
        contribution=_contribution(item, period), late=[_fact_message(fact) for fact in item.facts]
    )


def changes_message(found: Changes) -> service_pb2.ListChangesResponse:
    """Who stands elsewhere or is heading down."""
    period = format_month(found.month)
    return service_pb2.ListChangesResponse(
        changes=[_change_message(change, period) for change in found.changes],
        period=period,
        period_before=format_month(found.before),
        as_of=to_timestamp(found.as_of),
    )


def _change_message(change: Change, period: str) -> service_pb2.Change:
    before, now = change.before, change.now
    return service_pb2.Change(
        subject_id=change.officer_id,
        name=change.name,
        unit_id=change.unit_id,
        unit_name=change.unit_name,
        points_before=before.points if before else None,
        band_before=_band(before.band if before else None),
        points=now.points,
        band=_band(now.band),
        points_if_nothing_more=now.points_if_nothing_more,
        band_if_nothing_more=_band(now.band_if_nothing_more),
        heading_down=change.heading_down,
        items=[evidence_message(item, period) for item in change.items],
        falling=[evidence_message(item, period) for item in change.falling],
    )


def _band(band: Band | None) -> resources_pb2.Band.ValueType:
    return resources_pb2.Band.ValueType(band or 0)


def _contribution(item: ItemEvidence, period: str) -> resources_pb2.Contribution:
    return resources_pb2.Contribution(
        work_id=item.work_id,
        title=item.title,
        officer_id="" if item.subject == item.unit_id else item.subject,
        unit_id=item.unit_id,
        period=period,
        request=item.request,
        measures=item.measures,
    )


def open_item_message(item: OpenItem) -> service_pb2.OpenItem:
    """An open item with its effect, where there is one."""
    return service_pb2.OpenItem(
        work_id=item.work_id,
        title=item.title,
        unit_id=item.unit_id,
        due_at=to_timestamp(from_instant(item.due)),
        overdue=item.overdue,
        submitted=item.submitted,
        request=item.request,
        standard_units=item.units,
        points_if_overdue=item.points_if_overdue,
        band_if_overdue=_band(item.band_if_overdue),
    )


def parked_message(row: ParkedRow) -> resources_pb2.ParkedRecord:
    """A parked record with its reason."""
    return resources_pb2.ParkedRecord(
        topic=WORK_TOPIC,
        partition=row.partition,
        offset=row.offset,
        work_id=row.work_id,
        event_id=row.event_id,
        revision=row.revision,
        reason=row.reason,
        parked_at=to_timestamp(from_instant(row.received_at)),
        behind=row.behind,
        value=row.value,
    )


def unknown_message(subject: str, is_unit: bool, items: int, example: str) -> resources_pb2.UnknownSubject:
    """A subject that organization does not know, with the number of its items and one of them."""
    return resources_pb2.UnknownSubject(
        subject_id=subject,
        subject_kind=resources_pb2.SUBJECT_KIND_UNIT if is_unit else resources_pb2.SUBJECT_KIND_OFFICER,
        items=items,
        example_work_id=example,
    )


def policy_message(policy: Policy) -> service_pb2.Policy:
    """A version of a policy."""
    return service_pb2.Policy(
        name=policy.name,
        version=policy.version,
        title_vi=policy.title.vi,
        title_en=policy.title.en,
        legal_reference=policy.legal_reference,
        valid_from=format_month(policy.valid_from),
        valid_to="" if policy.valid_to is None else format_month(policy.valid_to),
    )


def position_message(position: PartitionPosition) -> service_pb2.PartitionPosition:
    """How far one partition is read."""
    return service_pb2.PartitionPosition(
        topic=position.topic,
        partition=position.partition,
        next_offset=position.next_offset,
        end_offset=position.end_offset,
        watermark=to_timestamp(position.watermark),
    )


def _fact_message(fact: f.Fact) -> resources_pb2.Evidence:
    due = _due(fact.body)
    return resources_pb2.Evidence(
        event_id=fact.event_id,
        revision=fact.revision,
        fact=type(fact.body).__name__,
        occurred_at=to_timestamp(from_instant(fact.occurred_at)),
        recorded_at=to_timestamp(from_instant(fact.recorded_at)),
        due_at=None if due is None else to_timestamp(from_instant(due)),
    )


def _due(body: f.Body) -> Instant | None:
    match body:
        case f.Assigned() | f.Reassigned() | f.DueChanged() | f.Redated() | f.Returned():
            return body.due
        case _:
            return None
