"""What the REST door answers; OpenAPI is made out of this. Points are hundredths, units thousandths, instants UTC."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal

from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import BaseModel, ConfigDict, Field

from congvu.evaluation.v1 import resources_pb2 as evaluation
from congvu.evaluation.v1 import service_pb2 as evaluation_rpc
from congvu.organization.v1 import resources_pb2 as organization
from congvu.organization.v1 import service_pb2 as organization_rpc
from congvu.work.v1 import resources_pb2 as work
from portal.web.filters import band_key
from runtime.timestamps import from_timestamp

Period = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="A month, such as 2026-03.")]
Points = Annotated[int | None, Field(description="Hundredths of a point; null: there are none.")]
Units = Annotated[int, Field(description="Thousandths of standard units.")]
Band = Literal["none", "not-completed", "completed", "good", "excellent"]
Kind = Literal["officer", "unit"]


class Answer(BaseModel):
    """Every answer has exactly what is described."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ProblemOut(Answer):
    """Why a request was not done: `title` is the kind, `detail` a sentence, `field` the place, if any."""

    title: str
    detail: str
    field: str


class FractionOut(Answer):
    """An exact number."""

    numerator: Annotated[str, Field(pattern=r"^-?\d+$")]
    denominator: Annotated[str, Field(pattern=r"^\d+$")]


class IndicatorOut(Answer):
    """One indicator of a scorecard."""

    id: str
    name_vi: str
    name_en: str
    weight: int
    numerator: int
    denominator: int
    ratio: Annotated[FractionOut | None, Field(description="null without a denominator.")]
    numerator_expression: str
    denominator_expression: str


class ResultOut(Answer):
    """Points and band by a policy."""

    points: Points
    exact_points: FractionOut | None
    band: Band
    reason_vi: str
    reason_en: str
    indicators: list[IndicatorOut]


class ScorecardOut(Answer):
    """The score of a subject and month by one policy: as things stand, and if nothing more is done."""

    subject_id: str
    subject_kind: Kind
    name: str
    unit_id: str
    unit_name: str
    period: Period
    policy: str
    policy_version: str
    legal_reference: str
    now: ResultOut
    if_nothing_more: ResultOut
    general_points: Annotated[int | None, Field(description="Thousandths of points; null: not even self-scored.")]
    general_confirmed: bool
    amended: bool
    open: Annotated[bool, Field(description="Before the cut-off.")]
    as_of: datetime
    measures: dict[str, int]


class EvidenceOut(Answer):
    """A fact of an item."""

    event_id: str
    revision: int
    fact: str
    occurred_at: datetime
    recorded_at: datetime
    due_at: datetime | None


class ContributionOut(Answer):
    """What an item adds to the month."""

    work_id: str
    title: str
    officer_id: str
    unit_id: str
    request: bool
    measures: dict[str, int]
    evidence: list[EvidenceOut]


class ExplanationOut(Answer):
    """A scorecard with the items whose contributions add up to its measures."""

    scorecard: ScorecardOut
    contributions: list[ContributionOut]


class OpenItemOut(Answer):
    """What is open, and the score if it alone falls overdue."""

    work_id: str
    title: str
    unit_id: str
    due_at: datetime | None
    overdue: bool
    submitted: bool
    request: bool
    standard_units: Units
    points_if_overdue: Points
    band_if_overdue: Band


class OpenItemsOut(Answer):
    """By due time; `points` is where the effects start from."""

    items: list[OpenItemOut]
    points: Points


class MonthOut(Answer):
    """The points of a month."""

    period: Period
    points: Points
    band: Band
    points_if_nothing_more: Points
    band_if_nothing_more: Band
    items_due: int
    items_overdue: int
    small_sample: Annotated[bool, Field(description="Too few items to be ranked.")]
    open: bool
    amended: bool
    reason: Annotated[str, Field(description="Why a rule set the band, or why there are no points; in Vietnamese.")]
    reason_if_nothing_more: str


class SubjectOut(Answer):
    """An officer or unit with its months, the oldest first."""

    subject_id: str
    subject_kind: Kind
    name: str
    unit_id: str
    unit_name: str
    months: list[MonthOut]


class PointsOut(Answer):
    """A page of subjects by id; `next` is the token of the next page, empty at the end."""

    subjects: list[SubjectOut]
    next: str
    as_of: datetime | None


class PolicyOut(Answer):
    """A version of a policy; months."""

    name: str
    version: str
    title_vi: str
    title_en: str
    legal_reference: str
    valid_from: str
    valid_to: str


class UnitOut(Answer):
    """A unit as of today."""

    unit_id: str
    kind: Literal["city", "department", "commune", "division", "unspecified"]
    name: str
    parent_id: str
    head_officer_id: str


class WorkOut(Answer):
    """An item of work."""

    work_id: str
    status: Literal["announced", "open", "submitted", "completed", "cancelled", "unspecified"]
    title: str
    officer_id: str
    unit_id: str
    product_code: str
    standard_units: Units
    assigned_at: datetime | None
    due_at: datetime | None
    awaited_unit_ids: list[str]


class WorksOut(Answer):
    """A page of work by id; `next` is the token of the next page, empty at the end."""

    works: list[WorkOut]
    next: str


def scorecard_out(card: evaluation.Scorecard) -> ScorecardOut:
    """A scorecard of the contract."""
    return ScorecardOut(
        subject_id=card.subject_id,
        subject_kind=_kind(card.subject_kind),
        name=card.name,
        unit_id=card.unit_id,
        unit_name=card.unit_name,
        period=card.period,
        policy=card.policy,
        policy_version=card.policy_version,
        legal_reference=card.legal_reference,
        now=_result(card.now),
        if_nothing_more=_result(card.if_nothing_more),
        general_points=card.general_points if card.HasField("general_points") else None,
        general_confirmed=card.general_confirmed,
        amended=card.amended,
        open=card.open,
        as_of=from_timestamp(card.as_of),
        measures=dict(card.measures),
    )


def _result(result: evaluation.Result) -> ResultOut:
    return ResultOut(
        points=result.points if result.HasField("points") else None,
        exact_points=_fraction(result.exact_points) if result.HasField("exact_points") else None,
        band=_band(result.band),
        reason_vi=result.reason,
        reason_en=result.reason_en,
        indicators=[
            IndicatorOut(
                id=one.indicator_id,
                name_vi=one.name_vi,
                name_en=one.name_en,
                weight=one.weight,
                numerator=one.numerator,
                denominator=one.denominator,
                ratio=_fraction(one.ratio) if one.HasField("ratio") else None,
                numerator_expression=one.numerator_expression,
                denominator_expression=one.denominator_expression,
            )
            for one in result.indicators
        ],
    )


def contribution_out(one: evaluation.Contribution) -> ContributionOut:
    """What an item adds."""
    return ContributionOut(
        work_id=one.work_id,
        title=one.title,
        officer_id=one.officer_id,
        unit_id=one.unit_id,
        request=one.request,
        measures=dict(one.measures),
        evidence=[
            EvidenceOut(
                event_id=fact.event_id,
                revision=fact.revision,
                fact=fact.fact,
                occurred_at=from_timestamp(fact.occurred_at),
                recorded_at=from_timestamp(fact.recorded_at),
                due_at=_moment(fact.due_at),
            )
            for fact in one.evidence
        ],
    )


def open_items_out(answer: evaluation_rpc.ListOpenItemsResponse) -> OpenItemsOut:
    """What is open."""
    items = [
        OpenItemOut(
            work_id=one.work_id,
            title=one.title,
            unit_id=one.unit_id,
            due_at=_moment(one.due_at),
            overdue=one.overdue,
            submitted=one.submitted,
            request=one.request,
            standard_units=one.standard_units,
            points_if_overdue=one.points_if_overdue if one.HasField("points_if_overdue") else None,
            band_if_overdue=_band(one.band_if_overdue),
        )
        for one in answer.items
    ]
    return OpenItemsOut(items=items, points=answer.points if answer.HasField("points") else None)


def points_out(answer: evaluation_rpc.ListPointsResponse) -> PointsOut:
    """A page of subjects."""
    return PointsOut(
        subjects=[
            SubjectOut(
                subject_id=one.subject_id,
                subject_kind=_kind(one.subject_kind),
                name=one.name,
                unit_id=one.unit_id,
                unit_name=one.unit_name,
                months=_months(one.months),
            )
            for one in answer.subjects
        ],
        next=answer.next_page_token,
        as_of=_moment(answer.as_of),
    )


def _months(months: Iterable[evaluation_rpc.MonthPoints]) -> list[MonthOut]:
    return [
        MonthOut(
            period=one.period,
            points=one.points if one.HasField("points") else None,
            band=_band(one.band),
            points_if_nothing_more=one.points_if_nothing_more if one.HasField("points_if_nothing_more") else None,
            band_if_nothing_more=_band(one.band_if_nothing_more),
            items_due=one.items_due,
            items_overdue=one.items_overdue,
            small_sample=one.small_sample,
            open=one.open,
            amended=one.amended,
            reason=one.reason,
            reason_if_nothing_more=one.reason_if_nothing_more,
        )
        for one in months
    ]


def policy_out(policy: evaluation_rpc.Policy) -> PolicyOut:
    """A version of a policy."""
    return PolicyOut(**{name: getattr(policy, name) for name in PolicyOut.model_fields})


def unit_out(unit: organization_rpc.TreeUnit) -> UnitOut:
    """A unit of the tree."""
    kind = organization.UnitKind.Name(unit.kind).removeprefix("UNIT_KIND_").lower()
    values = {name: getattr(unit, name) for name in ("unit_id", "name", "parent_id", "head_officer_id")}
    return UnitOut.model_validate({"kind": kind, **values})


def work_out(one: work.Work) -> WorkOut:
    """An item of work."""
    status = work.WorkStatus.Name(one.status).removeprefix("WORK_STATUS_").lower()
    names = ("work_id", "title", "officer_id", "unit_id", "product_code", "standard_units")
    values = {name: getattr(one, name) for name in names} | {"awaited_unit_ids": list(one.awaited_unit_ids)}
    instants = {"assigned_at": _moment(one.assigned_at), "due_at": _moment(one.due_at)}
    return WorkOut.model_validate({"status": status, **values, **instants})


def _fraction(fraction: evaluation.Fraction) -> FractionOut:
    return FractionOut(numerator=fraction.numerator, denominator=fraction.denominator)


def _band(band: int) -> Band:
    return band_key(band)  # type: ignore[return-value]


def _kind(kind: int) -> Kind:
    return "officer" if kind == evaluation.SUBJECT_KIND_OFFICER else "unit"


def _moment(timestamp: Timestamp) -> datetime | None:
    return from_timestamp(timestamp) if timestamp.seconds else None
