"""Lists of work: of a unit with all below it, of what is asked of others, of what can be taken; and who sees them."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg
import pytest

from congvu.work.v1 import events_pb2 as pb
from congvu.work.v1 import resources_pb2 as resources
from congvu.work.v1 import service_pb2 as rpc
from congvu.work.v1.service_pb2_grpc import WorkServiceStub
from runtime.errors import Denied, InvalidInput, NotFound
from runtime.postgres import Pool, migrate
from runtime.timestamps import from_timestamp
from testkit.clock import Clock
from testkit.facts import WorkEvents
from work.domain.selection import Selection
from work.main import MIGRATIONS
from work.store.items import find_page

from .city import Door, Organization, at, share, stamp


def in_unit(unit_id: str, officer_id: str = "", *, task_id: str, due: str = "2026-03-20") -> rpc.AssignTaskRequest:
    """A task that lies with a unit, or with an officer of it."""
    return rpc.AssignTaskRequest(
        task_id=task_id, title="Draft a reply", product_code="P01", shares=[share(officer_id, unit_id, due=due)]
    )


def ask(request_id: str, answering_unit_id: str, *, waiting: str = "task/t1") -> rpc.SendRequestRequest:
    """A request of another unit."""
    return rpc.SendRequestRequest(
        request_id=request_id,
        title="Figures, please",
        answering_unit_id=answering_unit_id,
        waiting_work_id=waiting,
        due_at=stamp("2026-03-10"),
    )


def listed(stub: WorkServiceStub, **asked: object) -> list[str]:
    return [work.work_id for work in stub.ListWork(rpc.ListWorkRequest(**asked)).works]  # type: ignore[arg-type]


@pytest.fixture
def works(door: Door, catalogue: WorkServiceStub) -> None:
    """One item in each unit, by the chair; t3 is held by nobody."""
    for request in (
        in_unit("SNV", "director", task_id="t1"),
        in_unit("SNV-CCVC", "an", task_id="t2", due="2026-03-12"),
        in_unit("SNV-CCVC", task_id="t3"),
        in_unit("STC-NS", "dung", task_id="t4"),
    ):
        door("chair").AssignTask(request)


@pytest.mark.usefixtures("works")
def test_a_unit_is_listed_alone_or_with_all_below_it(door: Door) -> None:
    assert listed(door("director"), unit_id="SNV") == ["task/t1"]
    assert listed(door("director"), unit_id="SNV", below=True) == ["task/t1", "task/t2", "task/t3"]
    assert listed(door("chair"), unit_id="HUE", below=True) == ["task/t1", "task/t2", "task/t3", "task/t4"]


@pytest.mark.usefixtures("works")
def test_pages_of_several_units_follow_each_other_without_gap_or_repeat(door: Door) -> None:
    seen, token = [], ""
    while True:
        page = door("chair").ListWork(rpc.ListWorkRequest(unit_id="HUE", below=True, page_size=1, page_token=token))
        seen += [work.work_id for work in page.works]
        token = page.next_page_token
        if not token:
            break
    assert seen == ["task/t1", "task/t2", "task/t3", "task/t4"]


@pytest.mark.usefixtures("works")
def test_the_work_of_a_closed_unit_lies_below_its_successor(door: Door, city: Organization) -> None:
    assert listed(door("finance"), unit_id="STC", below=True) == ["task/t4"]
    city.unit("SNV-CCVC", "SNV", valid_to="2026-03-02", successors=["STC-NS"])
    assert listed(door("finance"), unit_id="STC", below=True) == ["task/t2", "task/t3", "task/t4"]
    assert listed(door("director"), unit_id="SNV", below=True) == ["task/t1"]


@pytest.mark.usefixtures("works")
def test_statuses_and_due_times_narrow_a_list(door: Door) -> None:
    door("an").SubmitTask(rpc.SubmitTaskRequest(work_id="task/t2"))
    door("chair").CancelTask(rpc.CancelTaskRequest(work_id="task/t4", reason="Not needed"))
    chair = door("chair")
    city = {"unit_id": "HUE", "below": True}
    assert listed(chair, **city) == ["task/t1", "task/t2", "task/t3"]
    assert listed(chair, **city, include_finished=True) == ["task/t1", "task/t2", "task/t3", "task/t4"]
    assert listed(chair, **city, statuses=[resources.WORK_STATUS_SUBMITTED]) == ["task/t2"]
    both = [resources.WORK_STATUS_OPEN, resources.WORK_STATUS_CANCELLED]
    assert listed(chair, **city, statuses=both) == ["task/t1", "task/t3", "task/t4"]
    assert listed(chair, **city, due_before=stamp("2026-03-12T17:01")) == ["task/t2"]
    assert listed(chair, **city, due_before=stamp("2026-03-12")) == []
    assert listed(chair, officer_id="an", statuses=[resources.WORK_STATUS_OPEN]) == []
    with pytest.raises(InvalidInput, match="statuses"):
        listed(chair, **city, statuses=[77])


@pytest.mark.usefixtures("works")
def test_l15_requests_sent_are_listed_until_they_are_answered(door: Door) -> None:
    door("director").SendRequest(ask("r1", "STC"))
    door("director").SendRequest(ask("r2", "STC-NS"))
    assert listed(door("director"), unit_id="SNV", sent=True) == ["request/r1", "request/r2"]
    assert listed(door("chair"), unit_id="HUE", sent=True) == []
    assert listed(door("chair"), unit_id="HUE", sent=True, below=True) == ["request/r1", "request/r2"]
    assert listed(door("finance"), unit_id="STC", below=True) == ["request/r1", "request/r2", "task/t4"]
    door("finance").AnswerRequest(rpc.AnswerRequestRequest(work_id="request/r1"))
    assert listed(door("director"), unit_id="SNV", sent=True) == ["request/r2"]
    assert listed(door("director"), unit_id="SNV", sent=True, include_finished=True) == ["request/r1", "request/r2"]


@pytest.mark.usefixtures("works")
def test_an_item_names_the_units_whose_answer_it_waits_for(door: Door) -> None:
    for request in (ask("r1", "STC"), ask("r2", "STC-NS"), ask("r3", "STC-NS")):
        door("director").SendRequest(request)

    def awaited() -> list[list[str]]:
        shown = door("director").GetWork(rpc.GetWorkRequest(work_id="task/t1")).work
        in_list = door("director").ListWork(rpc.ListWorkRequest(unit_id="SNV")).works[0]
        return [list(work.awaited_unit_ids) for work in (shown, in_list)]

    assert awaited() == [["STC", "STC-NS"]] * 2
    door("finance").AnswerRequest(rpc.AnswerRequestRequest(work_id="request/r1"))
    assert awaited() == [["STC-NS"]] * 2


@pytest.mark.usefixtures("works")
def test_an_item_says_since_when_it_waits_for_a_review_and_who_assigned_it(door: Door, clock: Clock) -> None:
    handed_in = clock.now = at("2026-03-04T10:00")
    door("an").SubmitTask(rpc.SubmitTaskRequest(work_id="task/t2"))
    door("binh").ReassignTask(rpc.ReassignTaskRequest(work_id="task/t3", officer_id="cuc", unit_id="SNV-CCVC"))
    submitted, taken = door("binh").ListWork(rpc.ListWorkRequest(unit_id="SNV-CCVC")).works
    assert from_timestamp(submitted.submitted_at) == handed_in
    assert not taken.HasField("submitted_at")
    assert [submitted.assigner_id, taken.assigner_id] == ["chair", "chair"]
    returned = door("binh").ReturnTask(rpc.ReturnTaskRequest(work_id="task/t2")).work
    assert not returned.HasField("submitted_at")


@pytest.mark.usefixtures("works")
@pytest.mark.parametrize("officer_id", ["an", "cuc"])
def test_officers_see_what_nobody_holds_in_their_unit_and_above(door: Door, officer_id: str) -> None:
    assert listed(door(officer_id), unit_id="SNV-CCVC", unheld=True) == ["task/t3"]
    assert listed(door(officer_id), unit_id="SNV", unheld=True) == []


@pytest.mark.parametrize(
    "asked",
    [
        {"unit_id": "SNV-CCVC"},
        {"unit_id": "SNV-CCVC", "unheld": True, "below": True},
        {"unit_id": "SNV-CCVC", "unheld": True, "sent": True},
        {"unit_id": "SNV-CCVC", "unheld": True, "include_finished": True},
        {"unit_id": "SNV-CCVC", "unheld": True, "statuses": [resources.WORK_STATUS_COMPLETED]},
        {"unit_id": "STC-NS", "unheld": True},
        {"unit_id": "no-such-unit", "unheld": True},
        {"officer_id": "cuc"},
    ],
)
def test_officers_see_no_more_of_their_unit_than_they_could_take(door: Door, asked: dict[str, object]) -> None:
    with pytest.raises(Denied):
        listed(door("an"), **asked)


@pytest.mark.usefixtures("works")
@pytest.mark.parametrize(
    ("officer_id", "roles", "sees"),
    [
        ("dung", ["officer"], False),
        ("finance", ["officer"], False),
        ("", ["officer"], False),
        ("binh", ["officer"], True),
        ("director", ["officer"], True),
        ("chair", ["officer"], True),
        ("", ["evaluator"], True),
        ("", ["administrator"], True),
        ("", ["service"], True),
    ],
)
def test_a_units_work_is_seen_from_above_and_by_role(
    door: Door, officer_id: str, roles: Sequence[str], sees: bool
) -> None:
    for asked in ({"below": True}, {"sent": True}, {"unheld": True}, {"include_finished": True}):
        if sees:
            listed(door(officer_id, roles=roles), unit_id="SNV-CCVC", **asked)
            continue
        with pytest.raises(Denied):
            listed(door(officer_id, roles=roles), unit_id="SNV-CCVC", **asked)


@pytest.mark.parametrize("name", ["below", "sent", "unheld"])
def test_what_only_units_have_is_not_asked_of_an_officer(door: Door, name: str) -> None:
    with pytest.raises(InvalidInput, match=name):
        listed(door("an"), officer_id="an", **{name: True})
    with pytest.raises(NotFound):
        listed(door(roles=["evaluator"]), unit_id="no-such-unit", **{name: True})


@pytest.mark.usefixtures("works")
def test_the_lists_of_a_unit_touch_what_is_not_finished_only(pool: Pool, door: Door) -> None:
    with pool.connection() as conn:
        conn.execute(
            """
            INSERT INTO works (work_id, status, kind, basis, title, officer_id, unit_id, product_code, standard_units,
                whole_id, requesting_unit_id, waiting_work_id, latest, revision, ours)
            SELECT 'import/' || n, 4, 1, 1, '', 'an', 'SNV-CCVC', '', 0, '', '', '', now(), 1, false
            FROM generate_series(1, 20000) AS n
            """
        )
        conn.execute("ANALYZE works")
    with pool.connection() as conn, conn.transaction():
        items = find_page(conn, Selection(unit_id="SNV"), unit_ids=["SNV", "SNV-CCVC"], after="", size=501)
        assert [item.work_id for item in items] == ["task/t1", "task/t2", "task/t3"]
        read = conn.execute(
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'works'"
        ).fetchone()
    assert read
    assert 0 < read[0] < 100


def test_items_of_before_get_who_assigned_them_out_of_their_facts(
    make_database: Callable[[Sequence[Path]], str], tmp_path: Path
) -> None:
    old = tmp_path / "work" / "migrations"
    old.mkdir(parents=True)
    shutil.copy(MIGRATIONS / "001_work.sql", old)
    url = make_database([old])
    assigner = "văn-thư-" + 130 * "x"
    known = pb.WorkEvent(
        event_id="e1",
        work_id="document/1",
        revision=300,
        occurred_at=stamp("2026-03-02"),
        recorded_at=stamp("2026-03-02"),
        actor_id=assigner,
        assigned=pb.Assigned(officer_id="an", unit_id="SNV", title="actor"),
    )
    submitted = WorkEvents("document/2", actor_id="an").submitted(at("2026-03-02T08:00"))
    with psycopg.connect(url) as conn:
        for event in (known, submitted):
            _write_old(conn, event)
    migrate(url, [MIGRATIONS])
    with psycopg.connect(url) as conn:
        rows = conn.execute("SELECT work_id, assigner_id, is_finished FROM works ORDER BY work_id").fetchall()
    assert rows == [("document/1", assigner, False), ("document/2", "", False)]


def _write_old(conn: psycopg.Connection[tuple[object, ...]], event: pb.WorkEvent) -> None:
    conn.execute(
        """
        INSERT INTO works (work_id, status, kind, basis, title, officer_id, unit_id, product_code, standard_units,
            whole_id, requesting_unit_id, waiting_work_id, latest, revision, ours)
        VALUES (%s, 2, 1, 1, '', 'an', 'SNV', '', 0, '', '', '', now(), 1, false)
        """,
        [event.work_id],
    )
    conn.execute(
        "INSERT INTO work_events (event_id, work_id, revision, fingerprint, value) VALUES (%s, %s, %s, 0, %s)",
        [event.event_id, event.work_id, event.revision or 1, event.SerializeToString()],
    )


def test_a_text_that_no_database_holds_is_refused_and_no_failure(door: Door) -> None:
    with pytest.raises(InvalidInput, match="cannot be stored"):
        listed(door(roles=["evaluator"]), officer_id="a\0b")
