"""The REST door that pages and outside programs share: /api/v1, described by /openapi.json."""

from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request
from fastapi.security import APIKeyCookie, HTTPBearer

from congvu.evaluation.v1 import resources_pb2 as evaluation
from congvu.evaluation.v1 import service_pb2 as evaluation_rpc
from congvu.organization.v1 import service_pb2 as organization_rpc
from congvu.work.v1 import resources_pb2 as work_pb2
from congvu.work.v1 import service_pb2 as work_rpc
from portal.clients import Doors
from portal.web.api_models import (
    ExplanationOut,
    OpenItemsOut,
    PointsOut,
    PolicyOut,
    ProblemOut,
    ScorecardOut,
    UnitOut,
    WorkOut,
    WorksOut,
    contribution_out,
    open_items_out,
    points_out,
    policy_out,
    scorecard_out,
    unit_out,
    work_out,
)
from portal.web.context import SESSION_COOKIE, RefusedError, portal_of
from portal.web.guard import CSRF_HEADER, is_of_session
from runtime.errors import Unauthenticated
from runtime.web import authenticated

_SAFE = ("GET", "HEAD")
_BEARER = HTTPBearer(auto_error=False, description="A token of the city, as other services take it.")
_COOKIE = APIKeyCookie(name=SESSION_COOKIE, auto_error=False, description="The session of a browser.")


async def asking(
    request: Request, bearer: Annotated[object, Depends(_BEARER)], cookie: Annotated[str | None, Depends(_COOKIE)]
) -> Doors:
    """Dependency: the doors of the caller, by token or by session; a session sends its secret with every command."""
    portal = portal_of(request)
    if request.headers.get("authorization"):
        await authenticated(request)
        return portal.connections.of(request.headers["authorization"].partition(" ")[2].strip())
    session = await to_thread.run_sync(portal.sessions.find, cookie) if cookie else None
    if session is None:
        raise Unauthenticated("The request carries neither a token nor a session; sign in.")
    if request.method not in _SAFE and not is_of_session(session, request.headers.get(CSRF_HEADER, "")):
        raise RefusedError(f"A command of a session carries its secret in the header {CSRF_HEADER}.")
    return portal.connections.of(session.token)


Asking = Annotated[Doors, Depends(asking)]
PeriodQuery = Annotated[
    str, Query(pattern=r"^(\d{4}-(0[1-9]|1[0-2]))?$", description="2026-03; empty: the current month.")
]
PolicyQuery = Annotated[str, Query(max_length=100, description="Its name; empty: the first that is in force.")]
PageToken = Annotated[str, Query(max_length=200, description="`next` of the page before.")]


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{ProblemOut.__name__}"}
    return {"description": description, "content": {"application/problem+json": {"schema": schema}}}


PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: _problem("Nobody is signed in."),
    403: _problem("A command without the secret of the session."),
    404: _problem("It does not exist, or it is not open to the caller."),
    409: _problem("Its state does not allow it."),
    422: _problem("The request is wrong; `field` names the place."),
    503: _problem("A service does not answer; try again."),
}

router = APIRouter(prefix="/api/v1", responses=PROBLEMS)


@router.get("/scores/{subject}", summary="The score of an officer or unit")
def get_score(doors: Asking, subject: str, period: PeriodQuery = "", policy: PolicyQuery = "") -> ScorecardOut:
    """By one policy, as things stand and if nothing more is done."""
    request = evaluation_rpc.GetScorecardRequest(subject_id=subject, period=period, policy=policy)
    return scorecard_out(doors.evaluation.GetScorecard(request).scorecard)


@router.get("/scores/{subject}/explanation", summary="The items that a score is made of")
def explain_score(doors: Asking, subject: str, period: PeriodQuery = "", policy: PolicyQuery = "") -> ExplanationOut:
    """Their contributions add up to the measures of the scorecard."""
    request = evaluation_rpc.ExplainScorecardRequest(subject_id=subject, period=period, policy=policy)
    answer = doors.evaluation.ExplainScorecard(request)
    contributions = [contribution_out(one) for one in answer.contributions]
    return ExplanationOut(scorecard=scorecard_out(answer.scorecard), contributions=contributions)


@router.get("/scores/{officer}/open-items", summary="What an officer has open")
def get_open_items(doors: Asking, officer: str, policy: PolicyQuery = "") -> OpenItemsOut:
    """By due time, with the points if each alone falls overdue."""
    request = evaluation_rpc.ListOpenItemsRequest(officer_id=officer, policy=policy)
    return open_items_out(doors.evaluation.ListOpenItems(request))


@router.get("/points", summary="Points of many over months")
def get_points(
    doors: Asking,
    unit: Annotated[str, Query(max_length=100, description="With all below it; empty: all that is visible.")] = "",
    kind: Annotated[str, Query(pattern="^(officer|unit)?$", description="Only these; empty: both.")] = "",
    period: PeriodQuery = "",
    months: Annotated[int, Query(ge=1, le=24)] = 1,
    policy: PolicyQuery = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    after: PageToken = "",
) -> PointsOut:
    """Tables and trends."""
    kinds = {"officer": evaluation.SUBJECT_KIND_OFFICER, "unit": evaluation.SUBJECT_KIND_UNIT}
    request = evaluation_rpc.ListPointsRequest(
        unit_id=unit,
        subject_kind=kinds.get(kind, evaluation.SUBJECT_KIND_UNSPECIFIED),
        period=period,
        months=months,
        policy=policy,
        page_size=limit,
        page_token=after,
    )
    return points_out(doors.evaluation.ListPoints(request))


@router.get("/policies", summary="The policies by which scores are computed")
def get_policies(doors: Asking) -> list[PolicyOut]:
    """Every version, with its legal reference."""
    answer = doors.evaluation.ListPolicies(evaluation_rpc.ListPoliciesRequest())
    return [policy_out(policy) for policy in answer.policies]


@router.get("/units", summary="The units of the city today")
def get_units(doors: Asking) -> list[UnitOut]:
    """Parents come before their units."""
    answer = doors.organization.GetTree(organization_rpc.GetTreeRequest())
    return [unit_out(unit) for unit in answer.units]


@router.get("/work", summary="Work of an officer or of a unit")
def get_works(
    doors: Asking,
    officer: Annotated[str, Query(max_length=100, description="This, or `unit`.")] = "",
    unit: Annotated[str, Query(max_length=100, description="This, or `officer`.")] = "",
    below: Annotated[bool, Query(description="With `unit`: that of the units below it as well.")] = False,
    finished: Annotated[bool, Query(description="Finished work as well.")] = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    after: PageToken = "",
) -> WorksOut:
    """By id."""
    request = work_rpc.ListWorkRequest(
        officer_id=officer,
        unit_id=unit,
        below=below,
        include_finished=finished,
        page_size=limit,
        page_token=after,
    )
    answer = doors.work.ListWork(request)
    return WorksOut(works=[work_out(one) for one in answer.works], next=answer.next_page_token)


@router.post("/work/{work_id:path}/take", summary="Take work that nobody holds")
def take_work(request: Request, doors: Asking, work_id: str) -> WorkOut:
    """The caller holds it from now on."""
    return _told(request, doors.work.TakeTask(work_rpc.TakeTaskRequest(work_id=work_id)).work)


@router.post("/work/{work_id:path}/submit", summary="Hand in one's work")
def submit_work(request: Request, doors: Asking, work_id: str) -> WorkOut:
    """It waits for its review from now on."""
    return _told(request, doors.work.SubmitTask(work_rpc.SubmitTaskRequest(work_id=work_id)).work)


@router.post("/work/{work_id:path}/hand-back", summary="Hand back one's work")
def hand_back_work(
    request: Request, doors: Asking, work_id: str, reason: Annotated[str, Query(min_length=1, max_length=2000)]
) -> WorkOut:
    """The unit holds it from now on."""
    order = work_rpc.HandBackTaskRequest(work_id=work_id, reason=reason)
    return _told(request, doors.work.HandBackTask(order).work)


def _told(request: Request, work: work_pb2.Work) -> WorkOut:
    """The answer to a command; pages that show the item hear of it, though no score may move."""
    portal_of(request).hub.tell([one for one in (work.officer_id, work.unit_id) if one])
    return work_out(work)


@router.get("/work/{work_id:path}", summary="One item of work")
def get_work(doors: Asking, work_id: str) -> WorkOut:
    """As its owner sees it."""
    return work_out(doors.work.GetWork(work_rpc.GetWorkRequest(work_id=work_id)).work)
