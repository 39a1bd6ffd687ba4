"""Scorecards as the contract writes them, and the events that carry them."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from google.protobuf.timestamp_pb2 import Timestamp

from congvu.evaluation.v1 import events_pb2, resources_pb2
from evaluation.domain.periods import format_month
from evaluation.domain.scorecards import UNIT, Scorecard
from evaluation.domain.scoring import IndicatorResult, Result
from runtime.events import Record, cloud_event
from runtime.timestamps import to_timestamp

TOPIC = "congvu.evaluation.v1"
SOURCE = "evaluation"


def write_card(card: Scorecard) -> bytes:
    """The scorecard without revision and as_of; the same card always gives the same bytes."""
    message = resources_pb2.Scorecard(
        subject_id=card.subject_id,
        subject_kind=(
            resources_pb2.SUBJECT_KIND_UNIT if card.subject_kind == UNIT else resources_pb2.SUBJECT_KIND_OFFICER
        ),
        name=card.name,
        unit_id=card.unit_id,
        unit_name=card.unit_name,
        period=format_month(card.month),
        policy=card.policy,
        policy_version=card.policy_version,
        legal_reference=card.legal_reference,
        now=_result_message(card.now),
        if_nothing_more=_result_message(card.if_nothing_more),
        general_points=card.general_points,
        general_confirmed=card.general_confirmed,
        amended=card.amended,
        measures=card.measures,
        open=card.open,
    )
    return message.SerializeToString(deterministic=True)


def read_card(card: bytes, *, as_of: datetime | None = None, revision: int = 0) -> resources_pb2.Scorecard:
    """The scorecard that `write_card` wrote."""
    message = resources_pb2.Scorecard.FromString(card)
    message.revision = revision
    if as_of is not None:
        message.as_of.CopyFrom(_timestamp(as_of))
    return message


def describe_difference(live: bytes | None, recomputed: bytes | None) -> str:
    """What differs between two scorecards, in one line."""
    if live is None or recomputed is None:
        return "scored live only" if recomputed is None else "scored by the recomputation only"
    one, other = read_card(live), read_card(recomputed)
    fields = [field.name for field in one.DESCRIPTOR.fields if getattr(one, field.name) != getattr(other, field.name)]
    points = f"points live {one.now.points} recomputed {other.now.points}"
    return f"{', '.join(fields)} differ; {points}"


def scores_changed(
    *, event_id: str, subject: str, revision: int, cards: Sequence[bytes], as_of: datetime, now: datetime
) -> Record:
    """The event that says which scorecards of a subject moved."""
    event = events_pb2.EvaluationEvent(
        event_id=event_id,
        subject_id=subject,
        revision=revision,
        occurred_at=to_timestamp(as_of),
        recorded_at=to_timestamp(now),
        scores_changed=events_pb2.ScoresChanged(
            scorecards=[read_card(card, as_of=as_of, revision=revision) for card in cards]
        ),
    )
    return cloud_event(
        topic=TOPIC,
        event_id=event_id,
        type=f"{TOPIC}.EvaluationEvent",
        source=SOURCE,
        time=now,
        subject=subject,
        value=event.SerializeToString(),
    )


def _timestamp(moment: datetime) -> Timestamp:
    timestamp = to_timestamp(moment)
    assert timestamp is not None
    return timestamp


def _result_message(result: Result) -> resources_pb2.Result:
    return resources_pb2.Result(
        exact_points=_fraction_message(result.exact_points),
        points=result.points,
        band=resources_pb2.Band.ValueType(result.band or 0),
        reason=result.reason.vi if result.reason else "",
        reason_en=result.reason.en if result.reason else "",
        indicators=[_indicator_message(indicator) for indicator in result.indicators],
        result_points=result.result_points,
        rules=result.rules,
    )


def _indicator_message(result: IndicatorResult) -> resources_pb2.Indicator:
    indicator = result.indicator
    return resources_pb2.Indicator(
        indicator_id=indicator.indicator_id,
        name_vi=indicator.name.vi,
        name_en=indicator.name.en,
        numerator=result.numerator,
        denominator=result.denominator,
        ratio=_fraction_message(result.ratio),
        weight=indicator.weight,
        numerator_expression=indicator.numerator.source,
        denominator_expression=indicator.denominator.source,
    )


def _fraction_message(fraction: Fraction | None) -> resources_pb2.Fraction | None:
    if fraction is None:
        return None
    return resources_pb2.Fraction(numerator=str(fraction.numerator), denominator=str(fraction.denominator))
