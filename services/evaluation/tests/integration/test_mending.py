"""Parked records, seen and mended through the service work, as a replay would meet them."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from congvu.evaluation.v1 import service_pb2 as rpc
from congvu.work.v1 import events_pb2 as pb
from evaluation.clients import WorkClient
from runtime.auth import TokenVerifier
from runtime.errors import Denied, InvalidInput, NotFound
from runtime.events import Record
from runtime.postgres import Pool, open_pool
from runtime.rpc import GrpcServer
from testkit.clock import Clock
from testkit.facts import WorkEvents, work_record
from testkit.fixtures import Keys
from work.main import MIGRATIONS as WORK_MIGRATIONS
from work.rpc.service import WorkServicer, grpc_service
from work.usecases.desk import Desk
from working_calendar import WorkingCalendar

from .city import at, done

BAD = "task/bad"
CARD = rpc.GetScorecardRequest(subject_id="an", period="2026-03")


@pytest.fixture
def work_pool(make_database: Callable[[Sequence[Path]], str]) -> Iterator[Pool]:
    """The database of the service work."""
    with open_pool(make_database([WORK_MIGRATIONS]), name="work") as pool:
        yield pool


@pytest.fixture
def work_client(
    work_pool: Pool, calendar: WorkingCalendar, clock: Clock, keys: Keys, token_for: Callable[..., str]
) -> Iterator[WorkClient]:
    """The real service work behind its gRPC door."""
    servicer = WorkServicer(desk=Desk(pool=work_pool, calendar=calendar), clock=clock)
    verifier = TokenVerifier(keys.public.read_bytes())
    server = GrpcServer(address="127.0.0.1:0", services=[grpc_service(servicer)], verifier=verifier)
    server.start()
    yield WorkClient(f"127.0.0.1:{server.port}", lambda: token_for(roles=["service"], subject="evaluation"))
    server.stop(grace=0)


@pytest.fixture
def mend(evaluation: Any, open_door: Callable[..., Any], work_pool: Pool) -> Callable[..., None]:
    """`mend(dropped=…)` of the bad item by an evaluator; what work publishes is heard."""

    def mend_it(**action: Any) -> None:
        request = rpc.MendRecordRequest(work_id=BAD, reason="checked by hand", **action)
        assert open_door(roles=["evaluator"], subject="eva").MendRecord(request).mend_id
        with work_pool.connection() as conn:
            rows = conn.execute("DELETE FROM outbox RETURNING topic, key, value, headers").fetchall()
        evaluation.hear([Record(topic=row[0], key=row[1], value=row[2], headers=row[3]) for row in rows])

    return mend_it


def offset_of(evaluation: Any, revision: int) -> int:
    ((offset,),) = evaluation.rows(f'SELECT "offset" FROM parked WHERE revision = {revision}')
    return int(offset)


def bad_item(*, units: int) -> list[Record]:
    """Assigned with so many units and completed; the third record is good whatever the first is."""
    item = WorkEvents(BAD, officer_id="an", unit_id="SNV-CCVC")
    return [
        work_record(item.assigned(at(2), due_at=at(10), standard_units=units)),
        work_record(item.submitted(at(4))),
        work_record(item.completed(at(5))),
    ]


def measures(open_door: Callable[..., Any]) -> dict[str, int]:
    return dict(open_door(roles=["evaluator"]).GetScorecard(CARD).scorecard.measures)


def test_only_the_item_of_a_bad_record_waits_and_people_see_why(evaluation: Any, open_door: Callable[..., Any]) -> None:
    records = [*bad_item(units=-5), *done("task/good", "an", due=at(10), completed=at(9))]
    evaluation.hear(records, batch=2)
    answer = open_door(roles=["administrator"]).ListParked(rpc.ListParkedRequest())
    told = [(one.work_id, one.revision, one.event_id, one.behind) for one in answer.records]
    assert told == [(BAD, n, f"{BAD}#{n}", n > 1) for n in (1, 2, 3)]
    assert "standard_units are negative" in answer.records[0].reason
    assert answer.records[0].value == records[0].value
    assert measures(open_door)["work_done"] == 1000


def test_parked_records_come_in_pages(evaluation: Any, open_door: Callable[..., Any]) -> None:
    evaluation.hear(bad_item(units=-5))
    door, revisions, token = open_door(roles=["evaluator"]), [], ""
    for _ in range(4):
        answer = door.ListParked(rpc.ListParkedRequest(page_size=1, page_token=token))
        revisions += [one.revision for one in answer.records]
        token = answer.next_page_token
    assert (revisions, token) == ([1, 2, 3], "")
    with pytest.raises(InvalidInput, match="no page token"):
        door.ListParked(rpc.ListParkedRequest(page_token="nonsense"))


def test_a_replaced_record_is_applied_and_what_waited_follows(
    evaluation: Any, open_door: Callable[..., Any], mend: Callable[..., None]
) -> None:
    evaluation.hear(bad_item(units=-5))
    right = WorkEvents(BAD, officer_id="an", unit_id="SNV-CCVC").assigned(at(2), due_at=at(10), standard_units=500)
    mend(replacement=pb.Replacement(offset=offset_of(evaluation, 1), event=right))
    assert measures(open_door)["work_done"] == 500
    assert evaluation.rows("SELECT count(*) FROM parked") == [(0,)]


def test_a_dropped_record_lets_the_others_pass(
    evaluation: Any, open_door: Callable[..., Any], mend: Callable[..., None]
) -> None:
    good = bad_item(units=300)
    unreadable = Record(topic=good[0].topic, key=BAD, value=b"\xff\xff", headers={})
    evaluation.hear([good[0], unreadable, good[2]])
    mend(dropped=pb.Dropped(offset=offset_of(evaluation, 0)))
    assert measures(open_door)["work_done"] == 300


def test_a_revision_that_never_came_is_declared_missing(
    evaluation: Any, open_door: Callable[..., Any], mend: Callable[..., None]
) -> None:
    first, _, last = bad_item(units=300)
    evaluation.hear([first, last])
    assert "work_done" not in measures(open_door)
    mend(revision_missing=pb.RevisionMissing(revision=2))
    assert measures(open_door)["work_done"] == 300


def test_an_applied_fact_is_mended_by_its_revision(
    evaluation: Any, open_door: Callable[..., Any], mend: Callable[..., None]
) -> None:
    evaluation.hear(bad_item(units=300))
    right = WorkEvents(BAD, officer_id="an", unit_id="SNV-CCVC").assigned(at(2), due_at=at(10), standard_units=700)
    mend(replacement=pb.Replacement(offset=0, event=right))
    assert measures(open_door)["work_done"] == 700


def test_mends_stand_in_the_log_so_that_a_replay_meets_them(
    evaluation: Any, mend: Callable[..., None], recomputation: Callable[[], tuple[int, list[str]]]
) -> None:
    evaluation.hear(bad_item(units=-5))
    mend(dropped=pb.Dropped(offset=offset_of(evaluation, 1)))
    code, lines = recomputation()
    assert (code, lines[-1].split(" seconds=")[0].split()[-1]) == (0, "differences=0")


@pytest.mark.parametrize("roles", [["officer"], ["administrator"]])
def test_only_an_evaluator_mends(evaluation: Any, open_door: Callable[..., Any], roles: list[str]) -> None:
    evaluation.hear(bad_item(units=-5))
    request = rpc.MendRecordRequest(work_id=BAD, reason="x", dropped=pb.Dropped(offset=0))
    with pytest.raises(Denied):
        open_door(roles=roles, officer_id="an").MendRecord(request)


USELESS: dict[str, tuple[Callable[[int], dict[str, Any]], type[Exception], str]] = {
    "no reason": (
        lambda offset: {"dropped": pb.Dropped(offset=offset), "reason": " "},
        InvalidInput,
        "needs a reason",
    ),
    "no action": (lambda offset: {}, InvalidInput, "Name what to do"),
    "nothing parked there": (
        lambda offset: {"dropped": pb.Dropped(offset=offset + 77)},
        NotFound,
        "no parked record at offset",
    ),
    "a revision that is there, if bad": (
        lambda offset: {"revision_missing": pb.RevisionMissing(revision=1)},
        InvalidInput,
        "does not wait for",
    ),
    "a revision that nothing waits for": (
        lambda offset: {"revision_missing": pb.RevisionMissing(revision=7)},
        InvalidInput,
        "does not wait for",
    ),
    "another item's event": (
        lambda offset: {"replacement": pb.Replacement(offset=offset, event=WorkEvents("task/other").submitted(at(2)))},
        InvalidInput,
        'Its work_id "task/other" is not "task/bad"',
    ),
    "an event that is bad as well": (
        lambda offset: {
            "replacement": pb.Replacement(offset=offset, event=WorkEvents(BAD).assigned(at(2), due_at=at(1)))
        },
        InvalidInput,
        "correct assigned.due_at",
    ),
}


@pytest.mark.parametrize("name", USELESS)
def test_a_mend_that_would_mend_nothing_is_refused_before_it_is_published(
    evaluation: Any, open_door: Callable[..., Any], work_pool: Pool, name: str
) -> None:
    fields_of, error, told = USELESS[name]
    evaluation.hear(bad_item(units=-5))
    fields = {"work_id": BAD, "reason": "checked"} | fields_of(offset_of(evaluation, 1))
    with pytest.raises(error, match=told):
        open_door(roles=["evaluator"]).MendRecord(rpc.MendRecordRequest(**fields))
    with work_pool.connection() as conn:
        assert conn.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
