"""What the portal asks evaluation: scores, points, and what is open."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from congvu.evaluation.v1 import resources_pb2 as evaluation_pb2
from congvu.evaluation.v1 import service_pb2 as evaluation_rpc
from congvu.work.v1 import events_pb2 as work_pb2
from portal.clients.doors import Doors, remembered
from runtime.errors import Denied, NotFound
from runtime.timestamps import from_timestamp, to_timestamp

# So much stands on one page of a long list.
PAGE = 50


def get_scorecard(doors: Doors, subject: str, *, period: str, policy: str) -> evaluation_pb2.Scorecard:
    """A scorecard; "" is the current month, and the first policy. NotFound, Denied."""
    request = evaluation_rpc.GetScorecardRequest(subject_id=subject, period=period, policy=policy)
    return doors.evaluation.GetScorecard(request).scorecard


def policies_in_force(doors: Doors, period: str) -> list[str]:
    """The names of the policies in force in a month, the one that pages lead with first."""
    return [policy.name for policy in list_policies(doors, period)]


def list_policies(doors: Doors, period: str = "") -> list[evaluation_rpc.Policy]:
    """The policies in force in a month ("": every version of all), the one that pages lead with first."""
    found = [
        policy
        for policy in _all_policies(doors)
        if not period or (policy.valid_from <= period and (not policy.valid_to or period < policy.valid_to))
    ]
    return sorted(found, key=lambda policy: policy.name != doors.policy)


@remembered
def _all_policies(doors: Doors) -> Sequence[evaluation_rpc.Policy]:
    return doors.evaluation.ListPolicies(evaluation_rpc.ListPoliciesRequest()).policies


def list_visible(doors: Doors, subjects: Sequence[str]) -> set[str]:
    """Those of the subjects whose scores are open to the caller."""
    listed = {found.subject_id for found in list_points(doors)} if len(subjects) > 1 else set()
    # The list goes by the main post of the month; a score may be open for another post's sake.
    return {one for one in subjects if one in listed or _is_visible(doors, one)}


def list_points(doors: Doors, **asked: Any) -> Iterator[evaluation_rpc.SubjectPoints]:
    """The points of all that ListPointsRequest asks for, page by page; by the leading policy unless one is named."""
    for answer in _ask_points(doors, asked):
        yield from answer.subjects


def find_unit_points(
    doors: Doors, unit_id: str, *, period: str, months: int, policy: str
) -> tuple[list[evaluation_rpc.SubjectPoints], datetime]:
    """The points of the unit and the units below it, and until when they hold everything.

    "" is all that the caller may see, the current month, and the leading policy.
    """
    asked = {"unit_id": unit_id, "period": period, "months": months, "policy": policy or doors.policy}
    answers = list(_ask_points(doors, {**asked, "subject_kind": evaluation_pb2.SUBJECT_KIND_UNIT}))
    return [one for answer in answers for one in answer.subjects], from_timestamp(answers[0].as_of)


def _ask_points(doors: Doors, asked: Mapping[str, Any]) -> Iterator[evaluation_rpc.ListPointsResponse]:
    request = evaluation_rpc.ListPointsRequest(**{"page_size": 1000, "policy": doors.policy, **asked})
    while True:
        answer = doors.evaluation.ListPoints(request)
        yield answer
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


def _is_visible(doors: Doors, subject: str) -> bool:
    try:
        get_scorecard(doors, subject, period="", policy="")
    except (Denied, NotFound):
        return False
    return True


def is_officer_card(card: evaluation_pb2.Scorecard) -> bool:
    """Whether the scorecard is a person's."""
    return card.subject_kind == evaluation_pb2.SUBJECT_KIND_OFFICER


def get_median(doors: Doors, officer_id: str, *, period: str) -> evaluation_rpc.GetMedianResponse:
    """The median of those with the same kind of post, by the leading policy."""
    request = evaluation_rpc.GetMedianRequest(officer_id=officer_id, period=period, policy=doors.policy)
    return doors.evaluation.GetMedian(request)


def list_open_items(doors: Doors, officer_id: str) -> evaluation_rpc.ListOpenItemsResponse:
    """What the officer has open, with the effect of each on the score of the leading policy if it falls overdue."""
    request = evaluation_rpc.ListOpenItemsRequest(officer_id=officer_id, policy=doors.policy)
    return doors.evaluation.ListOpenItems(request)


def explain_scorecard(
    doors: Doors, subject: str, *, period: str, policy: str
) -> evaluation_rpc.ExplainScorecardResponse:
    """A scorecard with the items that add up to it. NotFound, Denied."""
    request = evaluation_rpc.ExplainScorecardRequest(subject_id=subject, period=period, policy=policy)
    return doors.evaluation.ExplainScorecard(request)


def list_changes(doors: Doors, unit_id: str, *, since: datetime) -> evaluation_rpc.ListChangesResponse:
    """How the points of a unit's officers have changed by the leading policy, and who is heading down."""
    request = evaluation_rpc.ListChangesRequest(unit_id=unit_id, since=to_timestamp(since), policy=doors.policy)
    return doors.evaluation.ListChanges(request)


def list_people_points(
    doors: Doors, unit_id: str, *, below: bool, months: int
) -> dict[str, evaluation_rpc.SubjectPoints]:
    """The points of those with their main post in a unit or, with `below`, in the units below, by officer."""
    kind = evaluation_pb2.SUBJECT_KIND_OFFICER
    found = list_points(doors, unit_id=unit_id, own_only=not below, months=months, subject_kind=kind)
    return {one.subject_id: one for one in found}


def list_parked(doors: Doors, page_token: str) -> evaluation_rpc.ListParkedResponse:
    """A page of what waits for people: parked records; on the first page also what else waits. Evaluators only."""
    return doors.evaluation.ListParked(evaluation_rpc.ListParkedRequest(page_size=PAGE, page_token=page_token))


def replace_record(doors: Doors, work_id: str, offset: int, *, event: work_pb2.WorkEvent, reason: str) -> None:
    """Puts an event in the place of a parked record. InvalidInput, NotFound."""
    replacement = work_pb2.Replacement(offset=offset, event=event)
    request = evaluation_rpc.MendRecordRequest(work_id=work_id, reason=reason, replacement=replacement)
    doors.evaluation.MendRecord(request)


def drop_record(doors: Doors, work_id: str, offset: int, *, reason: str) -> None:
    """Forgets a parked record; its revision counts as used. InvalidInput, NotFound."""
    dropped = work_pb2.Dropped(offset=offset)
    doors.evaluation.MendRecord(evaluation_rpc.MendRecordRequest(work_id=work_id, reason=reason, dropped=dropped))


def declare_missing(doors: Doors, work_id: str, revision: int, *, reason: str) -> None:
    """Says that a revision will never come. InvalidInput, NotFound."""
    missing = work_pb2.RevisionMissing(revision=revision)
    request = evaluation_rpc.MendRecordRequest(work_id=work_id, reason=reason, revision_missing=missing)
    doors.evaluation.MendRecord(request)


def get_position(doors: Doors) -> evaluation_rpc.GetPositionResponse:
    """How far the log is read, and what waits. Evaluators only."""
    return doors.evaluation.GetPosition(evaluation_rpc.GetPositionRequest())


def list_late_facts(doors: Doors, period: str, page_token: str) -> evaluation_rpc.ListLateFactsResponse:
    """A page of what late facts changed in a month ("": the latest past its cut-off). Evaluators only."""
    request = evaluation_rpc.ListLateFactsRequest(period=period, page_size=PAGE, page_token=page_token)
    return doors.evaluation.ListLateFacts(request)
