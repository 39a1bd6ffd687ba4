"""Scorecards as the contract writes them, and the events that carry them."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from google.protobuf.timestamp_pb2 import Timestamp

from congvu.evaluation.v1 import events_pb2, resources_pb2
from evaluation.domain.periods import format_month
from evaluation.domain.policies import Band, Indicator
from evaluation.domain.scorecards import UNIT, Scorecard, Standing
from evaluation.domain.scoring import Result
from runtime.events import Record, cloud_event
from runtime.timestamps import to_timestamp

TOPIC = "congvu.evaluation.v1"
SOURCE = "evaluation"


def write_card(card: Scorecard) -> bytes:
    """The scorecard without revision and as_of; the same card always gives the same bytes."""
    message = resources_pb2.Scorecard()
    message.CopyFrom(_blank_of(card))
    message.subject_id = card.subject_id
    message.name = card.name
    message.unit_id = card.unit_id
    message.unit_name = card.unit_name
    message.period = format_month(card.month)
    _fill(message.now, card.now)
    _fill(message.if_nothing_more, card.if_nothing_more)
    if card.general_points is not None:
        message.general_points = card.general_points
    message.general_confirmed = card.general_confirmed
    message.amended = card.amended
    message.measures.update(card.measures)
    message.open = card.open
    return message.SerializeToString(deterministic=True)


def read_card(card: bytes, *, as_of: datetime | None = None, revision: int = 0) -> resources_pb2.Scorecard:
    """The scorecard that `write_card` wrote."""
    message = resources_pb2.Scorecard()
    _read_card_into(message, card, as_of=to_timestamp(as_of), revision=revision)
    return message


def read_standing(card: bytes) -> Standing:
    """What the scores of others need of a scorecard."""
    message = resources_pb2.Scorecard.FromString(card)
    now, later = message.now, message.if_nothing_more
    return Standing(
        points=now.points if now.HasField("points") else None,
        points_if_nothing_more=later.points if later.HasField("points") else None,
        band=Band(now.band) if now.band else None,
        band_if_nothing_more=Band(later.band) if later.band else None,
    )


def _read_card_into(message: resources_pb2.Scorecard, card: bytes, *, as_of: Timestamp | None, revision: int) -> None:
    message.MergeFromString(card)
    message.revision = revision
    if as_of is not None:
        message.as_of.CopyFrom(as_of)


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
    moment = to_timestamp(as_of)
    event = events_pb2.EvaluationEvent(
        event_id=event_id,
        subject_id=subject,
        revision=revision,
        occurred_at=moment,
        recorded_at=to_timestamp(now),
    )
    for card in cards:
        _read_card_into(event.scores_changed.scorecards.add(), card, as_of=moment, revision=revision)
    return cloud_event(
        topic=TOPIC,
        event_id=event_id,
        type=f"{TOPIC}.EvaluationEvent",
        source=SOURCE,
        time=now,
        subject=subject,
        value=event.SerializeToString(),
    )


# What the scorecards by one sheet share: most of their text, which takes longest to write.
_blanks: dict[tuple[str, str, str, tuple[str, ...]], resources_pb2.Scorecard] = {}


def _blank_of(card: Scorecard) -> resources_pb2.Scorecard:
    indicators = tuple([one.indicator.indicator_id for one in card.now.indicators])
    key = (card.policy, card.policy_version, card.subject_kind, indicators)
    blank = _blanks.get(key)
    if blank is None:
        blank = _blanks[key] = _make_blank(card)
    return blank


def _make_blank(card: Scorecard) -> resources_pb2.Scorecard:
    indicators = [_blank_indicator(one.indicator) for one in card.now.indicators]
    return resources_pb2.Scorecard(
        subject_kind=(
            resources_pb2.SUBJECT_KIND_UNIT if card.subject_kind == UNIT else resources_pb2.SUBJECT_KIND_OFFICER
        ),
        policy=card.policy,
        policy_version=card.policy_version,
        legal_reference=card.legal_reference,
        now=resources_pb2.Result(indicators=indicators),
        if_nothing_more=resources_pb2.Result(indicators=indicators),
    )


def _blank_indicator(indicator: Indicator) -> resources_pb2.Indicator:
    return resources_pb2.Indicator(
        indicator_id=indicator.indicator_id,
        name_vi=indicator.name.vi,
        name_en=indicator.name.en,
        weight=indicator.weight,
        numerator_expression=indicator.numerator.source,
        denominator_expression=indicator.denominator.source,
    )


def _fill(message: resources_pb2.Result, result: Result) -> None:
    """Puts the numbers into a blank."""
    if result.exact_points is not None:
        _write_fraction(message.exact_points, result.exact_points)
    if result.points is not None:
        message.points = result.points
    if result.result_points is not None:
        message.result_points = result.result_points
    message.band = resources_pb2.Band.ValueType(result.band or 0)
    if result.reason is not None:
        message.reason, message.reason_en = result.reason.vi, result.reason.en
    message.rules.extend(result.rules)
    for written, one in zip(message.indicators, result.indicators, strict=True):
        written.numerator, written.denominator = one.numerator, one.denominator
        if (ratio := one.ratio) is not None:
            _write_fraction(written.ratio, ratio)


def _write_fraction(message: resources_pb2.Fraction, fraction: Fraction) -> None:
    message.numerator, message.denominator = str(fraction.numerator), str(fraction.denominator)
