"""Who may do and see what: by their own items and by place in the tree. What no rule allows is denied."""

from collections.abc import Callable

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from congvu.work.v1 import events_pb2 as pb
from congvu.work.v1 import resources_pb2 as resources
from congvu.work.v1 import service_pb2 as rpc
from runtime.errors import Denied, InvalidInput
from testkit.clock import Clock

from .city import Door, Organization, at, stamp, task

Told = Callable[[], list[pb.WorkEvent]]

pytestmark = pytest.mark.usefixtures("catalogue")


@pytest.mark.parametrize("officer_id", ["an", "cuc", "finance", ""])
def test_only_heads_of_the_unit_or_above_assign(door: Door, told: Told, officer_id: str) -> None:
    with pytest.raises(Denied):
        door(officer_id).AssignTask(task())
    assert told() == []


@pytest.mark.parametrize("officer_id", ["binh", "director", "chair"])
def test_heads_of_the_unit_and_above_assign(door: Door, officer_id: str) -> None:
    assert door(officer_id).AssignTask(task()).works[0].officer_id == "an"


def test_only_the_holder_submits_and_hands_back(door: Door) -> None:
    door("binh").AssignTask(task())
    for officer_id in ("cuc", "binh", "chair"):
        with pytest.raises(Denied):
            door(officer_id).SubmitTask(rpc.SubmitTaskRequest(work_id="task/t1"))
        with pytest.raises(Denied):
            door(officer_id).HandBackTask(rpc.HandBackTaskRequest(work_id="task/t1", reason="no"))


def test_nobody_reviews_or_excuses_their_own_work(door: Door, clock: Clock) -> None:
    door("director").AssignTask(task(officer_id="binh", due="2026-03-12"))
    clock.now = at("2026-03-13T09:00")
    door("binh").SubmitTask(rpc.SubmitTaskRequest(work_id="task/t1"))
    excuse = rpc.ExcuseDelayRequest(work_id="task/t1", missed_due_at=stamp("2026-03-12"), reason="flood")
    for denied in (
        lambda: door("binh").AcceptTask(rpc.AcceptTaskRequest(work_id="task/t1")),
        lambda: door("binh").ReturnTask(rpc.ReturnTaskRequest(work_id="task/t1")),
        lambda: door("binh").ExcuseDelay(excuse),
    ):
        with pytest.raises(Denied, match="own work"):
            denied()
    assert door("director").ExcuseDelay(excuse).work.revision == 3


def test_a_former_holder_does_not_excuse_what_was_theirs(door: Door, clock: Clock) -> None:
    door("director").AssignTask(task(officer_id="binh", due="2026-03-12"))
    clock.now = at("2026-03-13T09:00")
    door("binh").ReassignTask(
        rpc.ReassignTaskRequest(work_id="task/t1", officer_id="an", unit_id="SNV-CCVC", due_at=stamp("2026-03-18"))
    )
    excuse = rpc.ExcuseDelayRequest(work_id="task/t1", missed_due_at=stamp("2026-03-12"), reason="flood")
    with pytest.raises(Denied, match="own work"):
        door("binh").ExcuseDelay(excuse)


def test_the_head_of_a_closed_units_successor_goes_on_with_its_work(door: Door, city: Organization) -> None:
    door("binh").AssignTask(task())
    accept = rpc.AcceptTaskRequest(work_id="task/t1")
    with pytest.raises(Denied):
        door("finance").AcceptTask(accept)
    city.unit("SNV-CCVC", "SNV", valid_to="2026-03-02", successors=["STC-NS"])
    assert door("finance").AcceptTask(accept).work.status == resources.WORK_STATUS_COMPLETED


def test_peers_do_not_see_each_others_work(door: Door) -> None:
    door("binh").AssignTask(task())
    for officer_id in ("cuc", "dung", "finance"):
        with pytest.raises(Denied):
            door(officer_id).GetWork(rpc.GetWorkRequest(work_id="task/t1"))
        with pytest.raises(Denied):
            door(officer_id).ListWork(rpc.ListWorkRequest(officer_id="an"))
    for stub in (door("an"), door("chair"), door(roles=["evaluator"]), door(roles=["administrator"])):
        assert stub.GetWork(rpc.GetWorkRequest(work_id="task/t1")).work.work_id == "task/t1"
        assert len(stub.ListWork(rpc.ListWorkRequest(officer_id="an")).works) == 1


def test_lists_come_in_pages_without_the_finished_ones(door: Door) -> None:
    for number in range(5):
        door("binh").AssignTask(task(f"t{number}"))
    door("binh").AcceptTask(rpc.AcceptTaskRequest(work_id="task/t2"))
    page = door("binh").ListWork(rpc.ListWorkRequest(unit_id="SNV-CCVC", page_size=3))
    assert [work.work_id for work in page.works] == ["task/t0", "task/t1", "task/t3"]
    rest = door("binh").ListWork(rpc.ListWorkRequest(unit_id="SNV-CCVC", page_size=3, page_token=page.next_page_token))
    assert ([work.work_id for work in rest.works], rest.next_page_token) == (["task/t4"], "")
    everything = door("binh").ListWork(rpc.ListWorkRequest(unit_id="SNV-CCVC", include_finished=True))
    assert len(everything.works) == 5


def test_officers_cannot_say_that_they_were_earlier(door: Door, clock: Clock) -> None:
    door("binh").AssignTask(task(due="2026-03-12"))
    clock.now = at("2026-03-13T09:00")
    earlier = rpc.SubmitTaskRequest(work_id="task/t1", occurred_at=stamp("2026-03-12T16:00"))
    with pytest.raises(Denied, match="past"):
        door("an").SubmitTask(earlier)
    backdated = door("an", roles=["officer", "administrator"]).SubmitTask(earlier).work
    assert backdated.status == resources.WORK_STATUS_SUBMITTED


@pytest.mark.parametrize("seconds", [-(10**10), 10**10, 10**13])
def test_instants_that_no_calendar_reaches_are_refused(door: Door, seconds: int) -> None:
    far = Timestamp(seconds=seconds)
    wrong = task()
    wrong.shares[0].due_at.CopyFrom(far)
    for refused in (
        lambda: door("binh").AssignTask(wrong),
        lambda: door("an").SubmitTask(rpc.SubmitTaskRequest(work_id="task/t1", occurred_at=far)),
        lambda: door("an").ListWork(rpc.ListWorkRequest(officer_id="an", due_before=far)),
    ):
        with pytest.raises(InvalidInput, match="1900"):
            refused()
