"""Who may call what about whom, cell by cell."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import redis

from congvu.evaluation.v1 import resources_pb2
from congvu.evaluation.v1 import service_pb2 as rpc
from congvu.work.v1 import events_pb2 as work_pb2
from evaluation.rpc.access import ACCESS
from evaluation.usecases.read_models import NEWS
from runtime.errors import Denied, NotFound, ServiceError, Unauthenticated, Unavailable
from runtime.timestamps import to_timestamp
from testkit.waiting import wait_until

from .city import at, city, done, general

# The officer "an" works in SNV-CCVC: headed by binh, above it director (SNV) and chair (HUE). finance heads STC.
OFFICERS = ("an", "cuc", "binh", "director", "chair", "finance")
ROLES = ("evaluator", "administrator", "service")
CALLERS = (*OFFICERS, *ROLES)
HEADS = {"binh", "director", "chair"}
READERS = {*HEADS, "evaluator", "service"}

Door = Callable[..., Any]


@pytest.fixture
def door(evaluation: Any, open_door: Door) -> Door:
    """`door("binh")` or `door("evaluator")`: the stub of a caller; an's unit has work."""
    evaluation.hear([*city(), *done("task/1", "an", due=at(10), completed=at(9))])

    def of(caller: str) -> Any:
        if caller in OFFICERS:
            return open_door(roles=["officer"], officer_id=caller)
        return open_door(roles=[caller], subject=caller)

    return of


def get(stub: Any, subject_id: str) -> Any:
    return stub.GetScorecard(rpc.GetScorecardRequest(subject_id=subject_id, period="2026-03"))


def explain(stub: Any, subject_id: str) -> Any:
    return stub.ExplainScorecard(rpc.ExplainScorecardRequest(subject_id=subject_id, period="2026-03"))


def list_one(stub: Any, subject_id: str) -> Any:
    return stub.ListScorecards(rpc.ListScorecardsRequest(subject_id=subject_id, period="2026-03"))


def list_unit(stub: Any, unit_id: str) -> Any:
    return stub.ListScorecards(rpc.ListScorecardsRequest(unit_id=unit_id, period="2026-03"))


def points_of(stub: Any, subject_id: str) -> Any:
    return stub.ListPoints(rpc.ListPointsRequest(subject_id=subject_id, period="2026-03"))


def points_below(stub: Any, unit_id: str) -> Any:
    return stub.ListPoints(rpc.ListPointsRequest(unit_id=unit_id, period="2026-03"))


def open_items(stub: Any, officer_id: str) -> Any:
    return stub.ListOpenItems(rpc.ListOpenItemsRequest(officer_id=officer_id))


def late_facts(stub: Any, _: str) -> Any:
    return stub.ListLateFacts(rpc.ListLateFactsRequest(period="2026-03"))


def changes(stub: Any, unit_id: str) -> Any:
    return stub.ListChanges(rpc.ListChangesRequest(unit_id=unit_id, since=to_timestamp(at(16))))


def median(stub: Any, officer_id: str) -> Any:
    return stub.GetMedian(rpc.GetMedianRequest(officer_id=officer_id, period="2026-03"))


def rank(stub: Any, unit_id: str) -> Any:
    return stub.ListRanking(rpc.ListRankingRequest(unit_id=unit_id, period="2026-03"))


def watch(stub: Any, unit_id: str) -> Any:
    """Fails at once or runs into its deadline: nothing moves here."""
    stream = stub.WatchScorecards(rpc.WatchScorecardsRequest(unit_id=unit_id, period="2026-03"), timeout=1.5)
    try:
        return next(stream)
    except Unavailable:
        return None


def watch_moves(stub: Any, _: str) -> Any:
    return next(stub.WatchMoves(rpc.WatchMovesRequest(), timeout=5))


def record_general(stub: Any, subject_id: str) -> Any:
    return stub.RecordFindings(rpc.RecordFindingsRequest(findings=[general(subject_id)]))


def list_parked(stub: Any, _: str) -> Any:
    return stub.ListParked(rpc.ListParkedRequest())


def position(stub: Any, _: str) -> Any:
    return stub.GetPosition(rpc.GetPositionRequest())


def policies(stub: Any, _: str) -> Any:
    return stub.ListPolicies(rpc.ListPoliciesRequest())


def mend(stub: Any, _: str) -> Any:
    """Allowed, it finds nothing to mend."""
    dropped = work_pb2.Dropped(offset=99)
    try:
        return stub.MendRecord(rpc.MendRecordRequest(work_id="task/1", reason="checked", dropped=dropped))
    except NotFound:
        return None


TABLE: dict[str, tuple[Callable[[Any, str], Any], str, set[str]]] = {
    "get an officer": (get, "an", {"an", *READERS}),
    "get a unit": (get, "SNV-CCVC", READERS),
    "get the unit above": (get, "SNV", READERS - {"binh"}),
    "explain an officer": (explain, "an", {"an", *READERS}),
    "explain a unit": (explain, "SNV-CCVC", READERS),
    "list one officer": (list_one, "an", {"an", *READERS}),
    "list a unit": (list_unit, "SNV-CCVC", READERS),
    "list the unit above": (list_unit, "SNV", READERS - {"binh"}),
    "rank a unit": (rank, "SNV-CCVC", READERS),
    "points of an officer": (points_of, "an", {"an", *READERS}),
    "points of a unit": (points_below, "SNV-CCVC", READERS),
    "points of the unit above": (points_below, "SNV", READERS - {"binh"}),
    "points of another unit": (points_below, "STC", {"finance", "chair", "evaluator", "service"}),
    "open items of an officer": (open_items, "an", {"an", *READERS}),
    "open items of a head": (open_items, "binh", READERS),
    "changes of a unit": (changes, "SNV-CCVC", READERS),
    "changes of the unit above": (changes, "SNV", READERS - {"binh"}),
    "changes of another unit": (changes, "STC", {"finance", "chair", "evaluator", "service"}),
    "the median for an officer": (median, "an", {"an", *READERS}),
    "the median for a head": (median, "binh", READERS),
    "watch a unit": (watch, "SNV-CCVC", READERS),
    "watch the moves": (watch_moves, "", {"service"}),
    "record a confirmed finding": (record_general, "an", READERS),
    "record a confirmed finding of a unit": (record_general, "SNV-CCVC", READERS - {"binh"}),
    "list parked records": (list_parked, "", set(ROLES)),
    "list late facts": (late_facts, "", {"evaluator", "service"}),
    "mend": (mend, "", {"evaluator", "service"}),
    "get the position": (position, "", set(ROLES)),
    "list the policies": (policies, "", set(CALLERS)),
}


@pytest.mark.parametrize("name", TABLE)
def test_the_table_of_access(door: Door, name: str) -> None:
    call, subject_id, may = TABLE[name]
    allowed = set()
    for caller in CALLERS:
        try:
            call(door(caller), subject_id)
            allowed.add(caller)
        except Denied:
            continue
    assert allowed == may


@pytest.mark.parametrize(
    ("caller", "sees"),
    [
        ("an", {"an"}),
        ("binh", {"an", "cuc", "binh", "SNV-CCVC"}),
        ("director", {"an", "cuc", "binh", "director", "SNV-CCVC", "SNV"}),
        ("finance", {"finance", "dung", "STC"}),
    ],
)
def test_without_a_unit_everybody_lists_what_they_may_see(door: Door, caller: str, sees: set[str]) -> None:
    answer = door(caller).ListScorecards(rpc.ListScorecardsRequest(period="2026-03"))
    assert {card.subject_id for card in answer.scorecards} == sees


def test_an_evaluator_lists_all_in_pages_of_a_kind(door: Door) -> None:
    seen, token = [], ""
    while True:
        request = rpc.ListScorecardsRequest(
            period="2026-03", page_size=3, page_token=token, subject_kind=resources_pb2.SUBJECT_KIND_UNIT
        )
        answer = door("evaluator").ListScorecards(request)
        seen += [card.subject_id for card in answer.scorecards]
        token = answer.next_page_token
        if not token:
            break
    assert sorted(seen) == ["HUE", "SNV", "SNV-CCVC", "STC"]


def test_nobody_without_a_token_may_call(open_door: Door, evaluation: Any) -> None:
    with pytest.raises((Unauthenticated, Denied)):
        position(open_door(roles=[]), "")


def test_every_method_of_the_contract_has_its_roles() -> None:
    methods = rpc.DESCRIPTOR.services_by_name["EvaluationService"].methods
    assert ACCESS.keys() == {method.name for method in methods}


def test_who_watches_is_told_what_moves_and_nothing_else(door: Door, evaluation: Any, redis_url: str) -> None:
    seen: list[str] = []

    def follow() -> None:
        request = rpc.WatchScorecardsRequest(unit_id="SNV-CCVC", period="2026-03")
        try:
            for answer in door("binh").WatchScorecards(request):
                seen.append(answer.scorecard.subject_id)
                if len(seen) == 2:
                    return
        except ServiceError as error:
            seen.append(str(error))

    watcher = threading.Thread(target=follow, daemon=True)
    watcher.start()
    cache = redis.Redis.from_url(redis_url)
    wait_until(lambda: dict(cache.pubsub_numsub(NEWS)).get(NEWS.encode(), 0) > 0)
    evaluation.hear(done("task/2", "dung", due=at(10), completed=at(9), unit_id="STC"))
    evaluation.hear(done("task/3", "cuc", due=at(10), completed=at(9)))
    watcher.join(20)
    assert sorted(seen) == ["SNV-CCVC", "cuc"]
