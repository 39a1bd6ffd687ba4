"""Questions of the command line to the evaluation's door."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from congvu.evaluation.v1 import resources_pb2, service_pb2
from congvu.evaluation.v1.service_pb2_grpc import EvaluationServiceStub
from embedded.errors import CityError

PAGE = 1000
MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which scorecards are asked for; empty fields mean all, the current month, the first policy."""

    unit_id: str = ""
    subject_id: str = ""
    period: str = ""
    policy: str = ""


def check_period(period: str) -> str:
    """The period itself; CityError when it is not a month."""
    if period and not MONTH.fullmatch(period):
        raise CityError(f"“{period}” is not a month; write it as in 2026-11.")
    return period


def list_scorecards(evaluation: EvaluationServiceStub, question: Question) -> Iterator[resources_pb2.Scorecard]:
    """All scorecards of the question, page by page."""
    request = service_pb2.ListScorecardsRequest(
        unit_id=question.unit_id,
        subject_id=question.subject_id,
        period=check_period(question.period),
        policy=question.policy,
        page_size=PAGE,
    )
    while True:
        response = evaluation.ListScorecards(request)
        yield from response.scorecards
        if not response.next_page_token:
            return
        request.page_token = response.next_page_token


def list_best(evaluation: EvaluationServiceStub, question: Question, limit: int) -> Sequence[resources_pb2.Scorecard]:
    """The best officers of the question, best first."""
    request = service_pb2.ListRankingRequest(
        unit_id=question.unit_id, period=check_period(question.period), policy=question.policy, limit=limit
    )
    return evaluation.ListRanking(request).scorecards


def list_parked(evaluation: EvaluationServiceStub) -> service_pb2.ListParkedResponse:
    """All that waits on one page: parked records, unknown subjects, items without an assignment."""
    request = service_pb2.ListParkedRequest(page_size=PAGE)
    whole = service_pb2.ListParkedResponse()
    while True:
        response = evaluation.ListParked(request)
        whole.MergeFrom(response)
        if not response.next_page_token:
            return whole
        request.page_token = response.next_page_token


def lag_of(position: service_pb2.GetPositionResponse) -> int:
    """Records that evaluation has not yet read, over all topics."""
    return sum(max(0, each.end_offset - each.next_offset) for each in position.positions)
