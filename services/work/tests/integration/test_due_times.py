"""Due times that move by themselves: registered leave, outages, late answers of other units."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from congvu.work.v1 import events_pb2 as pb
from congvu.work.v1 import resources_pb2 as resources
from congvu.work.v1 import service_pb2 as rpc
from congvu.work.v1.service_pb2_grpc import WorkServiceStub
from runtime.errors import Conflict, Denied, InvalidInput
from runtime.timestamps import from_timestamp
from testkit.clock import Clock
from testkit.facts import WorkEvents

from .city import Door, Organization, at, stamp, task

Told = Callable[[], list[pb.WorkEvent]]

pytestmark = pytest.mark.usefixtures("catalogue")


def due_of(stub: WorkServiceStub, work_id: str = "task/t1") -> datetime:
    return from_timestamp(stub.GetWork(rpc.GetWorkRequest(work_id=work_id)).work.due_at)


def changes(told: Told) -> list[tuple[str, datetime, datetime]]:
    return [
        (event.work_id, from_timestamp(event.due_changed.replaces_due_at), from_timestamp(event.due_changed.due_at))
        for event in told()
        if event.HasField("due_changed")
    ]


def take_leave(city: Organization, clock: Clock, officer_id: str = "an") -> None:
    """A week off from Monday 23 March, registered on Wednesday 18 March."""
    clock.now = at("2026-03-18T08:00")
    city.leave(officer_id, "2026-03-23", "2026-03-27", registered=clock.now)


def test_l12_registered_leave_moves_the_due_time_of_open_items(
    door: Door, city: Organization, clock: Clock, told: Told
) -> None:
    door("binh").AssignTask(task("t1", due="2026-03-25"))
    door("binh").AssignTask(task("t2", due="2026-03-20"))
    door("binh").AssignTask(task("t3", due="2026-03-25", officer_id="cuc"))
    take_leave(city, clock)
    assert changes(told) == [("task/t1", at("2026-03-25"), at("2026-03-30"))]
    (change,) = [event for event in told() if event.HasField("due_changed")]
    assert change.due_changed.cause == pb.DUE_CHANGE_CAUSE_LEAVE
    assert from_timestamp(change.occurred_at) == at("2026-03-18T08:00")
    assert due_of(door("an")) == at("2026-03-30")


def test_l12_the_same_leave_again_moves_nothing_more(door: Door, city: Organization, clock: Clock, told: Told) -> None:
    door("binh").AssignTask(task(due="2026-03-25"))
    take_leave(city, clock)
    city.tell(city.officer_event("an"))
    assert len(changes(told)) == 1


def test_l12_an_item_assigned_into_a_leave_is_moved_at_once(
    door: Door, city: Organization, clock: Clock, told: Told
) -> None:
    take_leave(city, clock)
    (work,) = door("binh").AssignTask(task(due="2026-03-25")).works
    assert from_timestamp(work.due_at) == at("2026-03-30")
    assert work.revision == 2
    assert changes(told) == [("task/t1", at("2026-03-25"), at("2026-03-30"))]


def test_l12_an_item_redated_or_reassigned_into_a_leave_is_moved(door: Door, city: Organization, clock: Clock) -> None:
    take_leave(city, clock)
    door("binh").AssignTask(task("t1", due="2026-03-20"))
    door("binh").ChangeDue(rpc.ChangeDueRequest(work_id="task/t1", due_at=stamp("2026-03-26"), reason="More data"))
    door("binh").AssignTask(task("t2", due="2026-03-24", officer_id="cuc"))
    door("binh").ReassignTask(rpc.ReassignTaskRequest(work_id="task/t2", officer_id="an", unit_id="SNV-CCVC"))
    assert [due_of(door("an"), work_id) for work_id in ("task/t1", "task/t2")] == [at("2026-03-30")] * 2


def test_l12_leave_registered_after_the_due_time_moves_nothing(
    door: Door, city: Organization, clock: Clock, told: Told
) -> None:
    door("binh").AssignTask(task(due="2026-03-24"))
    clock.now = at("2026-03-25T08:00")
    city.leave("an", "2026-03-23", "2026-03-27", registered=clock.now)
    assert changes(told) == []


def test_l12_work_handed_in_on_time_is_left_alone(door: Door, city: Organization, clock: Clock, told: Told) -> None:
    door("binh").AssignTask(task(due="2026-03-25"))
    door("an").SubmitTask(rpc.SubmitTaskRequest(work_id="task/t1"))
    take_leave(city, clock)
    assert changes(told) == []


def test_l12_items_of_systems_outside_are_moved_too(door: Door, city: Organization, clock: Clock, told: Told) -> None:
    take_leave(city, clock)
    clock.now = at("2026-03-31T09:00")
    facts = WorkEvents("document/1", officer_id="an", unit_id="SNV-CCVC")
    batch = [facts.assigned(at("2026-03-19T08:00"), due_at=at("2026-03-25")), facts.completed(at("2026-03-30T16:00"))]
    door(roles=["service"]).RecordWorkEvents(rpc.RecordWorkEventsRequest(events=batch))
    assert [(event.revision, event.WhichOneof("fact")) for event in told()] == [
        (1, "assigned"),
        (2, "due_changed"),
        (3, "completed"),
    ]
    assert changes(told) == [("document/1", at("2026-03-25"), at("2026-03-30"))]


def test_an_older_revision_of_an_officer_changes_nothing(door: Door, city: Organization, clock: Clock) -> None:
    stale = city.officer_event("an")
    take_leave(city, clock)
    city.tell(stale)
    (work,) = door("binh").AssignTask(task(due="2026-03-25")).works
    assert from_timestamp(work.due_at) == at("2026-03-30")


def outage(stub: WorkServiceStub, outage_id: str = "o1", *, begin: str, end: str) -> int:
    request = rpc.RecordOutageRequest(outage_id=outage_id, to=stamp(end), reason="Data centre without power")
    getattr(request, "from").CopyFrom(stamp(begin))
    return stub.RecordOutage(request).moved


def test_l23_an_outage_moves_due_times_inside_it_to_its_end(
    door: Door, catalogue: WorkServiceStub, clock: Clock, told: Told
) -> None:
    for task_id, due in (("t1", "2026-03-12T17:00"), ("t2", "2026-03-13T11:00"), ("t3", "2026-03-12T13:59")):
        door("binh").AssignTask(task(task_id, due=due))
    clock.now = at("2026-03-13T15:00")
    assert outage(catalogue, begin="2026-03-12T14:00", end="2026-03-13T11:00") == 1
    assert changes(told) == [("task/t1", at("2026-03-12T17:00"), at("2026-03-13T11:00"))]
    assert told()[-1].due_changed.cause == pb.DUE_CHANGE_CAUSE_OUTAGE


def test_l23_the_same_outage_again_moves_nothing(door: Door, catalogue: WorkServiceStub, told: Told) -> None:
    door("binh").AssignTask(task(due="2026-03-12"))
    assert outage(catalogue, begin="2026-03-12T14:00", end="2026-03-13T11:00") == 1
    assert outage(catalogue, begin="2026-03-12T14:00", end="2026-03-13T11:00") == 0
    assert len(changes(told)) == 1
    with pytest.raises(Conflict, match="o1"):
        outage(catalogue, begin="2026-03-12T14:00", end="2026-03-13T12:00")


def test_l23_items_assigned_later_into_an_outage_are_moved(door: Door, catalogue: WorkServiceStub, told: Told) -> None:
    outage(catalogue, begin="2026-03-12T14:00", end="2026-03-13T11:00")
    (work,) = door("binh").AssignTask(task(due="2026-03-12")).works
    assert from_timestamp(work.due_at) == at("2026-03-13T11:00")
    assert len(changes(told)) == 1


def test_l23_an_outage_that_ends_in_a_leave_moves_on_after_the_leave(
    door: Door, city: Organization, catalogue: WorkServiceStub, clock: Clock, told: Told
) -> None:
    door("binh").AssignTask(task(due="2026-03-20"))
    take_leave(city, clock)
    outage(catalogue, begin="2026-03-20T14:00", end="2026-03-23T09:00")
    assert [change[2] for change in changes(told)] == [at("2026-03-23T09:00"), at("2026-03-30")]


def test_l23_only_keepers_record_outages_and_never_a_season(door: Door, catalogue: WorkServiceStub) -> None:
    with pytest.raises(Denied):
        outage(door("chair"), begin="2026-03-12T14:00", end="2026-03-13T11:00")
    for begin, end in (("2026-03-12", "2026-03-12"), ("2026-01-01", "2026-03-01")):
        with pytest.raises(InvalidInput):
            outage(catalogue, begin=begin, end=end)


def test_l23_no_due_time_slips_through_while_an_outage_is_being_recorded(
    door: Door, catalogue: WorkServiceStub
) -> None:
    assigner = door("binh")
    with ThreadPoolExecutor(5) as threads:
        assigned = [threads.submit(assigner.AssignTask, task(f"t{n}", due="2026-03-12")) for n in range(30)]
        recorded = threads.submit(outage, catalogue, begin="2026-03-12T14:00", end="2026-03-13T11:00")
        for each in assigned:
            each.result()
    assert 0 <= recorded.result() <= 30
    works = assigner.ListWork(rpc.ListWorkRequest(unit_id="SNV-CCVC")).works
    assert {from_timestamp(work.due_at) for work in works} == {at("2026-03-13T11:00")}
    assert len(works) == 30


def ask(door: Door, *, due: str, request_id: str = "r1", officer_id: str = "dung") -> resources.Work:
    request = rpc.SendRequestRequest(
        request_id=request_id,
        title="Budget figures",
        product_code="P01",
        answering_unit_id="STC-NS",
        answering_officer_id=officer_id,
        waiting_work_id="task/t1",
        due_at=stamp(due),
    )
    return door("an").SendRequest(request).work


def answer(door: Door, officer_id: str = "dung") -> rpc.AnswerRequestResponse:
    return door(officer_id).AnswerRequest(rpc.AnswerRequestRequest(work_id="request/r1"))


def test_l15_an_answer_two_days_late_moves_friday_to_tuesday(door: Door, clock: Clock, told: Told) -> None:
    door("binh").AssignTask(task(due="2026-03-20"))
    clock.now = at("2026-03-09T08:00")
    request = ask(door, due="2026-03-16")
    assert (request.kind, request.officer_id, request.requesting_unit_id, request.waiting_work_id) == (
        pb.WORK_KIND_REQUEST,
        "dung",
        "SNV-CCVC",
        "task/t1",
    )
    clock.now = at("2026-03-18T17:00")
    answered = answer(door)
    assert answered.work.status == resources.WORK_STATUS_COMPLETED
    assert from_timestamp(answered.waiting_work.due_at) == at("2026-03-24")
    change = told()[-1]
    assert change.due_changed.cause == pb.DUE_CHANGE_CAUSE_COORDINATION
    assert changes(told) == [("task/t1", at("2026-03-20"), at("2026-03-24"))]


def test_l15_an_answer_that_was_due_after_the_own_work_moves_nothing(door: Door, clock: Clock, told: Told) -> None:
    door("binh").AssignTask(task(due="2026-03-20"))
    clock.now = at("2026-03-19T16:00")
    ask(door, due="2026-03-24")
    clock.now = at("2026-03-25T09:00")
    assert from_timestamp(answer(door).waiting_work.due_at) == at("2026-03-20")
    assert changes(told) == []


def test_l15_a_late_answer_moves_a_due_time_that_has_passed_already(door: Door, clock: Clock, told: Told) -> None:
    door("binh").AssignTask(task(due="2026-03-20"))
    ask(door, due="2026-03-16")
    clock.now = at("2026-03-23T17:00")
    assert from_timestamp(answer(door).waiting_work.due_at) == at("2026-03-27")
    assert changes(told) == [("task/t1", at("2026-03-20"), at("2026-03-27"))]


def test_l15_an_answer_in_time_moves_nothing(door: Door, clock: Clock, told: Told) -> None:
    door("binh").AssignTask(task(due="2026-03-20"))
    ask(door, due="2026-03-16")
    clock.now = at("2026-03-16T17:00")
    answer(door)
    assert changes(told) == []


def test_l15_without_an_officer_the_units_head_has_the_request(door: Door) -> None:
    door("binh").AssignTask(task(due="2026-03-20"))
    # STC-NS has no head: the unit holds it, and the head above answers or assigns it.
    assert ask(door, due="2026-03-16", officer_id="").officer_id == ""
    with pytest.raises(Denied):
        answer(door, "dung")
    assert answer(door, "finance").work.status == resources.WORK_STATUS_COMPLETED


def test_l15_the_head_of_the_answering_unit_holds_it_until_it_is_assigned(door: Door) -> None:
    door("binh").AssignTask(task(due="2026-03-20"))
    request = rpc.SendRequestRequest(
        title="Budget figures",
        answering_unit_id="STC",
        waiting_work_id="task/t1",
        due_at=stamp("2026-03-16"),
    )
    work = door("binh").SendRequest(request).work
    assert (work.officer_id, work.unit_id) == ("finance", "STC")
    moved = door("finance").ReassignTask(
        rpc.ReassignTaskRequest(work_id=work.work_id, officer_id="dung", unit_id="STC-NS")
    )
    assert moved.work.officer_id == "dung"


def test_l15_only_who_waits_may_ask_and_not_their_own_unit(door: Door) -> None:
    door("binh").AssignTask(task(due="2026-03-20"))
    request = rpc.SendRequestRequest(
        title="Figures", answering_unit_id="STC", waiting_work_id="task/t1", due_at=stamp("2026-03-16")
    )
    with pytest.raises(Denied):
        door("cuc").SendRequest(request)
    request.answering_unit_id = "SNV-CCVC"
    with pytest.raises(InvalidInput, match="asking"):
        door("an").SendRequest(request)


def test_the_same_request_again_changes_nothing(door: Door, told: Told) -> None:
    door("binh").AssignTask(task(due="2026-03-20"))
    assert ask(door, due="2026-03-16") == ask(door, due="2026-03-16")
    assert len(told()) == 2


def test_a_request_sent_again_with_another_due_time_is_refused(door: Door, told: Told) -> None:
    door("binh").AssignTask(task(due="2026-03-20"))
    ask(door, due="2026-03-16")
    with pytest.raises(Conflict, match="r1"):
        ask(door, due="2026-03-17")
    with pytest.raises(Conflict, match="r1"):
        ask(door, due="2026-03-16", officer_id="finance")
    assert len(told()) == 2


def test_a_due_time_that_moved_since_makes_no_other_request(door: Door) -> None:
    door("binh").AssignTask(task(due="2026-03-20"))
    ask(door, due="2026-03-16")
    door("finance").ChangeDue(rpc.ChangeDueRequest(work_id="request/r1", due_at=stamp("2026-03-18"), reason="Agreed"))
    assert from_timestamp(ask(door, due="2026-03-16").due_at) == at("2026-03-18T17:00")
