"""How much the officers of a unit hold, and what nobody holds; and who may see it."""

from collections.abc import Sequence

import pytest

from congvu.work.v1 import service_pb2 as rpc
from runtime.errors import Denied, NotFound
from testkit.clock import Clock

from .city import Door, Organization, at, stamp, task

pytestmark = pytest.mark.usefixtures("catalogue")


def loads(door: Door, unit_id: str, officer_id: str = "chair") -> dict[tuple[str, str], rpc.Load]:
    """The loads by unit and officer, in the order in which they come."""
    answer = door(officer_id).ListLoads(rpc.ListLoadsRequest(unit_id=unit_id))
    return {(load.unit_id, load.officer_id): load for load in answer.loads}


def test_every_officer_with_a_post_there_has_an_entry_even_without_work(door: Door) -> None:
    assert list(loads(door, "SNV")) == [
        ("SNV", "director"),
        ("SNV-CCVC", "an"),
        ("SNV-CCVC", "binh"),
        ("SNV-CCVC", "cuc"),
    ]
    assert loads(door, "SNV")["SNV-CCVC", "an"] == rpc.Load(officer_id="an", unit_id="SNV-CCVC")
    assert ("STC-NS", "dung") in loads(door, "HUE")


def test_a_load_counts_what_is_to_be_done_and_what_waits_for_a_review_apart(door: Door, clock: Clock) -> None:
    dues = {
        "late": "2026-03-06",
        "soon": "2026-03-16",
        "later": "2026-03-17",
        "done": "2026-03-20",
        "gone": "2026-03-20",
    }
    for task_id, due in dues.items():
        door("binh").AssignTask(task(task_id, due=due))
    door("binh").AcceptTask(rpc.AcceptTaskRequest(work_id="task/gone"))
    door("an").SubmitTask(rpc.SubmitTaskRequest(work_id="task/done"))
    clock.now = at("2026-03-09T08:00")
    assert loads(door, "SNV-CCVC")["SNV-CCVC", "an"] == rpc.Load(
        officer_id="an", unit_id="SNV-CCVC", open=3, overdue=1, due_soon=1, submitted=1, standard_units=3000
    )


def test_overdue_begins_after_the_due_time(door: Door, clock: Clock) -> None:
    door("binh").AssignTask(task(due="2026-03-06"))
    clock.now = at("2026-03-06")
    load = loads(door, "SNV-CCVC")["SNV-CCVC", "an"]
    assert (load.overdue, load.due_soon) == (0, 1)
    clock.now = at("2026-03-06T17:00:01")
    load = loads(door, "SNV-CCVC")["SNV-CCVC", "an"]
    assert (load.overdue, load.due_soon) == (1, 0)


def test_late_work_that_is_handed_in_is_nobodys_to_do(door: Door, clock: Clock) -> None:
    door("binh").AssignTask(task(due="2026-03-06"))
    clock.now = at("2026-03-09T08:00")
    door("an").SubmitTask(rpc.SubmitTaskRequest(work_id="task/t1"))
    load = loads(door, "SNV-CCVC")["SNV-CCVC", "an"]
    assert (load.open, load.overdue, load.submitted, load.standard_units) == (0, 0, 1, 0)


def test_what_nobody_holds_stands_with_its_unit_and_before_its_officers(door: Door) -> None:
    door("binh").AssignTask(task(officer_id="", due="2026-03-06", code="P02"))
    shown = loads(door, "SNV")
    assert list(shown)[:2] == [("SNV", "director"), ("SNV-CCVC", "")]
    assert (shown["SNV-CCVC", ""].open, shown["SNV-CCVC", ""].standard_units) == (1, 4000)
    assert ("SNV-CCVC", "") not in loads(door, "STC")


def test_an_officers_load_is_all_that_they_hold_wherever_it_lies(door: Door) -> None:
    of_department = task(due="2026-03-20")
    of_department.shares[0].unit_id = "SNV"
    door("director").AssignTask(of_department)
    assert loads(door, "SNV-CCVC", "binh")["SNV-CCVC", "an"].open == 1


def test_a_unit_alone_has_its_own_officers_and_what_nobody_holds_in_it(door: Door) -> None:
    door("binh").AssignTask(task(officer_id=""))
    own = door("director").ListLoads(rpc.ListLoadsRequest(unit_id="SNV", own_only=True)).loads
    assert [(load.unit_id, load.officer_id) for load in own] == [("SNV", "director")]


@pytest.mark.parametrize("unit_id", ["", "SNV-CCVC", "SNV"])
def test_one_officer_is_told_alone_and_without_a_unit_wherever_their_post_is(door: Door, unit_id: str) -> None:
    door("binh").AssignTask(task())
    door("binh").AssignTask(task("t2", officer_id=""))
    told = door("director").ListLoads(rpc.ListLoadsRequest(unit_id=unit_id, officer_id="an")).loads
    assert [(load.unit_id, load.officer_id, load.open) for load in told] == [("SNV-CCVC", "an", 1)]


def test_who_has_no_post_in_the_unit_has_no_load_there(door: Door) -> None:
    assert not door("chair").ListLoads(rpc.ListLoadsRequest(unit_id="STC", officer_id="an")).loads
    with pytest.raises(Denied):
        door("finance").ListLoads(rpc.ListLoadsRequest(officer_id="an"))
    with pytest.raises(NotFound):
        door(roles=["evaluator"]).ListLoads(rpc.ListLoadsRequest(officer_id="nobody"))


def test_l15_work_waits_until_every_answer_is_there(door: Door) -> None:
    door("binh").AssignTask(task())
    for request_id in ("r1", "r2"):
        door("an").SendRequest(
            rpc.SendRequestRequest(
                request_id=request_id,
                title="Figures, please",
                answering_unit_id="STC",
                waiting_work_id="task/t1",
                due_at=stamp("2026-03-10"),
            )
        )
        assert loads(door, "HUE")["SNV-CCVC", "an"].waiting == 1
    assert loads(door, "HUE")["STC", "finance"].open == 2
    door("finance").AnswerRequest(rpc.AnswerRequestRequest(work_id="request/r1"))
    assert loads(door, "HUE")["SNV-CCVC", "an"].waiting == 1
    door("finance").AnswerRequest(rpc.AnswerRequestRequest(work_id="request/r2"))
    assert loads(door, "HUE")["SNV-CCVC", "an"].waiting == 0


def test_an_officer_is_absent_on_the_days_of_their_leave(door: Door, city: Organization, clock: Clock) -> None:
    city.leave("an", "2026-03-03", "2026-03-04", registered=at("2026-03-01T08:00"))
    absent = []
    for day in ("02", "03", "04", "05"):
        clock.now = at(f"2026-03-{day}T00:30")
        absent.append([load.officer_id for load in loads(door, "SNV-CCVC").values() if load.absent])
    assert absent == [[], ["an"], ["an"], []]


@pytest.mark.parametrize(
    ("officer_id", "roles", "sees"),
    [
        ("an", ["officer"], False),
        ("dung", ["officer"], False),
        ("finance", ["officer"], False),
        ("", ["officer"], False),
        ("binh", ["officer"], True),
        ("director", ["officer"], True),
        ("chair", ["officer"], True),
        ("", ["evaluator"], True),
        ("", ["administrator"], True),
    ],
)
def test_loads_are_seen_from_above_and_by_role(door: Door, officer_id: str, roles: Sequence[str], sees: bool) -> None:
    stub = door(officer_id, roles=roles)
    if sees:
        assert len(stub.ListLoads(rpc.ListLoadsRequest(unit_id="SNV-CCVC")).loads) == 3
        return
    with pytest.raises(Denied):
        stub.ListLoads(rpc.ListLoadsRequest(unit_id="SNV-CCVC"))


def test_an_unknown_unit_is_named(door: Door) -> None:
    for unit_id in ("", "no-such-unit"):
        with pytest.raises(NotFound):
            door(roles=["evaluator"]).ListLoads(rpc.ListLoadsRequest(unit_id=unit_id))
        with pytest.raises(Denied):
            door("chair").ListLoads(rpc.ListLoadsRequest(unit_id=unit_id))
