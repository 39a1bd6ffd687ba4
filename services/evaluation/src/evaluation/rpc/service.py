"""The servicer of congvu.evaluation.v1.EvaluationService."""
# ruff: noqa: N802 - the names of the methods are the contract's

from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import grpc

from congvu.evaluation.v1 import resources_pb2, service_pb2, service_pb2_grpc
from evaluation.clients import WorkClient
from evaluation.domain.comparing import Comparison
from evaluation.domain.periods import Periods, format_month, from_instant, to_instant
from evaluation.domain.policies import Policies
from evaluation.rpc.access import ACCESS
from evaluation.rpc.messages import (
    card_message,
    changes_message,
    evidence_message,
    late_fact_message,
    open_item_message,
    parked_message,
    points_message,
    policy_message,
    position_message,
    unknown_message,
)
from evaluation.rpc.requests import new_finding, new_mend, page_size
from evaluation.usecases import parked, positions
from evaluation.usecases.changes import list_changes
from evaluation.usecases.findings import record_findings
from evaluation.usecases.forecasts import list_open_items
from evaluation.usecases.late_facts import list_late_facts
from evaluation.usecases.mending import mend_record
from evaluation.usecases.points import find_median, list_points
from evaluation.usecases.read_models import ReadModels
from evaluation.usecases.reading import Reader
from evaluation.usecases.watching import GATHER_SECONDS, gather_moves
from runtime.errors import InvalidInput, Unavailable
from runtime.events import EventLog
from runtime.postgres import Pool
from runtime.rpc import GrpcService, caller_of
from runtime.timestamps import from_timestamp, to_timestamp

NAME = "congvu.evaluation.v1.EvaluationService"

_BEST = 20


class EvaluationServicer(service_pb2_grpc.EvaluationServiceServicer):
    """Translates; decides nothing. `clock` gives the present instant (aware, UTC)."""

    def __init__(
        self,
        *,
        pool: Pool,
        log: EventLog,
        reader: Reader,
        models: ReadModels | None,
        policies: Policies,
        work: WorkClient,
        periods: Periods,
        zone: ZoneInfo,
        comparison: Comparison,
        clock: Callable[[], datetime],
    ) -> None:
        self._pool = pool
        self._log = log
        self._reader = reader
        self._models = models
        self._policies = policies
        self._work = work
        self._periods = periods
        self._zone = zone
        self._comparison = comparison
        self._clock = clock

    def GetScorecard(
        self, request: service_pb2.GetScorecardRequest, context: grpc.ServicerContext
    ) -> service_pb2.GetScorecardResponse:
        card = self._reader.scorecard(
            caller_of(context), subject=request.subject_id, period=request.period, policy=request.policy
        )
        return service_pb2.GetScorecardResponse(scorecard=card_message(card))

    def ListScorecards(
        self, request: service_pb2.ListScorecardsRequest, context: grpc.ServicerContext
    ) -> service_pb2.ListScorecardsResponse:
        cards, token = self._reader.scorecards(
            caller_of(context),
            unit_id=request.unit_id,
            subject=request.subject_id,
            period=request.period,
            policy=request.policy,
            after=request.page_token,
            limit=page_size(request.page_size),
        )
        messages = [card_message(card) for card in cards]
        kind = request.subject_kind
        return service_pb2.ListScorecardsResponse(
            scorecards=[message for message in messages if kind in (0, message.subject_kind)], next_page_token=token
        )

    def ListRanking(
        self, request: service_pb2.ListRankingRequest, context: grpc.ServicerContext
    ) -> service_pb2.ListRankingResponse:
        cards = self._reader.ranking(
            caller_of(context),
            unit_id=request.unit_id,
            units=request.subject_kind == resources_pb2.SUBJECT_KIND_UNIT,
            period=request.period,
            policy=request.policy,
            limit=page_size(request.limit or _BEST),
        )
        return service_pb2.ListRankingResponse(scorecards=[card_message(card) for card in cards])

    def ExplainScorecard(
        self, request: service_pb2.ExplainScorecardRequest, context: grpc.ServicerContext
    ) -> service_pb2.ExplainScorecardResponse:
        caller = caller_of(context)
        subject, period = request.subject_id, request.period
        card = self._reader.scorecard(caller, subject=subject, period=period, policy=request.policy)
        return service_pb2.ExplainScorecardResponse(
            scorecard=card_message(card),
            contributions=[
                evidence_message(item, format_month(self._reader.month(period)))
                for item in self._reader.evidence(caller, subject=subject, period=period)
            ],
        )

    def WatchScorecards(
        self, request: service_pb2.WatchScorecardsRequest, context: grpc.ServicerContext
    ) -> Iterator[service_pb2.WatchScorecardsResponse]:
        models = self._require_models()
        caller, month = caller_of(context), self._reader.month(request.period)
        policy = self._reader.policy(request.policy, month)
        watched = self._reader.subjects_watched(caller, unit_id=request.unit_id, month=month)
        for news in models.news():
            if not context.is_active():
                return
            if news is None or (news[0], news[1]) != (policy, month):
                continue
            if watched is None or news[2] in watched:
                card = self._reader.scorecard(caller, subject=news[2], period=format_month(month), policy=policy)
                yield service_pb2.WatchScorecardsResponse(scorecard=card_message(card))

    def WatchMoves(
        self, request: service_pb2.WatchMovesRequest, context: grpc.ServicerContext
    ) -> Iterator[service_pb2.WatchMovesResponse]:
        for moves in gather_moves(self._require_models().news(pause=GATHER_SECONDS)):
            if not context.is_active():
                return
            yield service_pb2.WatchMovesResponse(
                moves=[
                    service_pb2.Move(subject_id=subject, period=format_month(month), policy=policy)
                    for policy, month, subject in moves
                ]
            )

    def ListPoints(
        self, request: service_pb2.ListPointsRequest, context: grpc.ServicerContext
    ) -> service_pb2.ListPointsResponse:
        kind = request.subject_kind
        page = list_points(
            self._reader,
            caller_of(context),
            unit_id=request.unit_id,
            own_only=request.own_only,
            subject=request.subject_id,
            period=request.period,
            months=request.months,
            policy=request.policy,
            units=kind == resources_pb2.SUBJECT_KIND_UNIT if kind else None,
            after=request.page_token,
            limit=page_size(request.page_size),
        )
        subjects = [points_message(rows, self._comparison) for rows in page.scores.values()]
        return service_pb2.ListPointsResponse(
            # A unit that organization does not know is told by its scores alone.
            subjects=[one for one in subjects if kind in (0, one.subject_kind)],
            next_page_token=page.token,
            as_of=to_timestamp(page.as_of),
        )

    def ListOpenItems(
        self, request: service_pb2.ListOpenItemsRequest, context: grpc.ServicerContext
    ) -> service_pb2.ListOpenItemsResponse:
        found = list_open_items(self._reader, caller_of(context), officer_id=request.officer_id, policy=request.policy)
        return service_pb2.ListOpenItemsResponse(
            items=[open_item_message(item) for item in found.items],
            points=found.points,
            as_of=to_timestamp(found.as_of),
        )

    def GetMedian(
        self, request: service_pb2.GetMedianRequest, context: grpc.ServicerContext
    ) -> service_pb2.GetMedianResponse:
        found = find_median(
            self._reader,
            caller_of(context),
            self._comparison,
            officer_id=request.officer_id,
            period=request.period,
            policy=request.policy,
        )
        return service_pb2.GetMedianResponse(
            points=found.points,
            officers=found.officers,
            kind_vi=found.kind.vi if found.kind else "",
            kind_en=found.kind.en if found.kind else "",
        )

    def ListChanges(
        self, request: service_pb2.ListChangesRequest, context: grpc.ServicerContext
    ) -> service_pb2.ListChangesResponse:
        if not request.HasField("since"):
            raise InvalidInput("Name the instant since when you ask.", field="since")
        found = list_changes(
            self._reader,
            caller_of(context),
            unit_id=request.unit_id,
            since=from_timestamp(request.since),
            policy=request.policy,
        )
        return changes_message(found)

    def ListLateFacts(
        self, request: service_pb2.ListLateFactsRequest, context: grpc.ServicerContext
    ) -> service_pb2.ListLateFactsResponse:
        found = list_late_facts(
            self._reader, period=request.period, after=request.page_token, limit=page_size(request.page_size)
        )
        period = format_month(found.month)
        return service_pb2.ListLateFactsResponse(
            facts=[late_fact_message(one, period) for one in found.changed],
            next_page_token=found.token,
            period=period,
        )

    def ListPolicies(
        self, request: service_pb2.ListPoliciesRequest, context: grpc.ServicerContext
    ) -> service_pb2.ListPoliciesResponse:
        return service_pb2.ListPoliciesResponse(policies=[policy_message(one) for one in self._policies.versions])

    def RecordFindings(
        self, request: service_pb2.RecordFindingsRequest, context: grpc.ServicerContext
    ) -> service_pb2.RecordFindingsResponse:
        now = self._clock()
        recorded = record_findings(
            self._pool,
            self._reader.organization(),
            caller_of(context),
            [new_finding(event, now) for event in request.findings],
            now=now,
            today=now.astimezone(self._zone).date(),
        )
        return service_pb2.RecordFindingsResponse(recorded=recorded)

    def ListParked(
        self, request: service_pb2.ListParkedRequest, context: grpc.ServicerContext
    ) -> service_pb2.ListParkedResponse:
        waiting = parked.list_parked(self._pool, after=request.page_token, limit=page_size(request.page_size))
        return service_pb2.ListParkedResponse(
            records=[parked_message(row) for row in waiting.records],
            unknown_subjects=[unknown_message(*one) for one in waiting.unknown_subjects],
            unassigned_work_ids=waiting.unassigned,
            next_page_token=waiting.token,
        )

    def MendRecord(
        self, request: service_pb2.MendRecordRequest, context: grpc.ServicerContext
    ) -> service_pb2.MendRecordResponse:
        mend = new_mend(request, mend_id=uuid4().hex, actor_id=caller_of(context).subject, now=self._clock())
        revision = request.replacement.event.revision if request.HasField("replacement") else None
        mend_record(self._pool, self._work, mend, replaced_revision=revision)
        return service_pb2.MendRecordResponse(mend_id=mend.mend_id)

    def GetPosition(
        self, request: service_pb2.GetPositionRequest, context: grpc.ServicerContext
    ) -> service_pb2.GetPositionResponse:
        position = positions.find_position(self._pool, self._log, self._periods, to_instant(self._clock()))
        return service_pb2.GetPositionResponse(
            positions=[position_message(one) for one in position.partitions],
            scores_waiting=position.counts.scores_waiting,
            as_of=None if position.as_of is None else to_timestamp(from_instant(position.as_of)),
            items=position.counts.items,
            open_items=position.counts.open_items,
            parked=position.counts.parked,
        )

    def _require_models(self) -> ReadModels:
        if self._models is None:
            raise Unavailable("Nobody tells what moves here: the service runs without Redis.")
        return self._models


def grpc_service(servicer: EvaluationServicer) -> GrpcService:
    """The servicer as the server takes it."""
    return GrpcService(
        name=NAME, add=service_pb2_grpc.add_EvaluationServiceServicer_to_server, servicer=servicer, access=ACCESS
    )
