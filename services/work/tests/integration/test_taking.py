"""An officer takes work that nobody holds."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from congvu.organization.v1 import resources_pb2 as organization
from congvu.work.v1 import events_pb2 as pb
from congvu.work.v1 import resources_pb2 as resources
from congvu.work.v1 import service_pb2 as rpc
from runtime.errors import Conflict, Denied, NotFound
from runtime.timestamps import from_timestamp
from testkit.clock import Clock

from .city import Door, Organization, at, stamp, task

Told = Callable[[], list[pb.WorkEvent]]

pytestmark = pytest.mark.usefixtures("catalogue")

TAKE = rpc.TakeTaskRequest(work_id="task/t1")


def taken(door: Door, officer_id: str) -> resources.Work:
    return door(officer_id).TakeTask(TAKE).work


def test_what_is_taken_is_reassigned_with_the_due_time_in_force(door: Door, told: Told) -> None:
    door("binh").AssignTask(task(officer_id=""))
    work = taken(door, "an")
    assert (work.officer_id, work.unit_id, work.status) == ("an", "SNV-CCVC", resources.WORK_STATUS_OPEN)
    assert from_timestamp(work.due_at) == at("2026-03-20")
    event = told()[-1]
    assert (event.revision, event.actor_id) == (2, "an")
    assert event.reassigned == pb.Reassigned(officer_id="an", unit_id="SNV-CCVC")
    assert door("an").SubmitTask(rpc.SubmitTaskRequest(work_id="task/t1")).work.revision == 3


def test_what_is_ones_own_already_stays_as_it_is(door: Door, told: Told) -> None:
    door("binh").AssignTask(task(officer_id=""))
    assert taken(door, "an") == taken(door, "an")
    assert len(told()) == 2


def test_of_many_at_once_one_takes_it_and_the_others_are_told(door: Door, told: Told) -> None:
    door("binh").AssignTask(task(officer_id=""))

    def take(officer_id: str) -> str:
        try:
            return taken(door, officer_id).officer_id
        except (Conflict, NotFound) as refused:
            return refused.message

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(take, ["an", "cuc", "binh"] * 2))
    holders = {answer for answer in answers if answer in ("an", "cuc", "binh")}
    assert len(holders) == 1
    assert sum("has a holder already" in answer or "There is no work" in answer for answer in answers) == 4
    assert [event.WhichOneof("fact") for event in told()] == ["assigned", "reassigned"]


@pytest.mark.parametrize(
    ("officer_id", "unit_id", "may"),
    [
        ("an", "SNV-CCVC", True),
        ("binh", "SNV-CCVC", True),
        ("an", "SNV", True),
        ("an", "HUE", True),
        ("dung", "SNV-CCVC", False),
        ("finance", "SNV-CCVC", False),
        ("", "SNV-CCVC", False),
    ],
)
def test_officers_of_the_unit_and_below_take_its_work(
    door: Door, told: Told, officer_id: str, unit_id: str, may: bool
) -> None:
    request = task(officer_id="")
    request.shares[0].unit_id = unit_id
    door("chair").AssignTask(request)
    if may:
        assert taken(door, officer_id).officer_id == officer_id
        return
    with pytest.raises(NotFound):
        taken(door, officer_id)
    assert len(told()) == 1


def test_a_head_above_gives_work_out_and_takes_none(door: Door, told: Told) -> None:
    door("binh").AssignTask(task(officer_id=""))
    with pytest.raises(Denied):
        taken(door, "director")
    assert len(told()) == 1


def test_roles_without_an_officer_take_nothing(door: Door) -> None:
    door("binh").AssignTask(task(officer_id=""))
    for role in ("evaluator", "administrator", "service"):
        with pytest.raises(Denied):
            door("an", roles=[role]).TakeTask(TAKE)


def test_a_post_that_has_ended_takes_nothing(door: Door, city: Organization) -> None:
    door("binh").AssignTask(task(officer_id=""))
    city.officer("an", "STC-NS", organization.POST_ROLE_STAFF)
    with pytest.raises(NotFound):
        taken(door, "an")


def test_leave_moves_the_due_time_of_what_is_taken(door: Door, city: Organization, told: Told) -> None:
    door("binh").AssignTask(task(officer_id="", due="2026-03-20"))
    city.leave("an", "2026-03-20", "2026-03-20", registered=at("2026-03-02T08:00"))
    assert from_timestamp(taken(door, "an").due_at) == at("2026-03-23")
    assert [event.WhichOneof("fact") for event in told()][1:] == ["reassigned", "due_changed"]


def test_l11_late_work_gets_the_standard_term_anew(door: Door, clock: Clock, told: Told) -> None:
    door("binh").AssignTask(task(officer_id="", due="2026-03-12"))
    clock.now = at("2026-03-13T08:00")
    assert from_timestamp(taken(door, "an").due_at) == at("2026-03-16T17:00")
    assert told()[-1].reassigned.HasField("due_at")


def test_l11_late_work_without_a_standard_term_is_given_out_by_its_head(door: Door, clock: Clock, told: Told) -> None:
    door("binh").AssignTask(task(officer_id="", due="2026-03-12", code=""))
    clock.now = at("2026-03-13T08:00")
    with pytest.raises(Conflict, match="L11"):
        taken(door, "an")
    assert len(told()) == 1


def test_l9_who_handed_it_back_does_not_take_it_again(door: Door, told: Told) -> None:
    door("binh").AssignTask(task())
    door("an").HandBackTask(rpc.HandBackTaskRequest(work_id="task/t1", reason="No access to the archive"))
    with pytest.raises(Denied, match="yours before"):
        taken(door, "an")
    assert taken(door, "cuc").officer_id == "cuc"
    assert len(told()) == 3


def test_only_open_work_is_taken(door: Door) -> None:
    door("binh").AssignTask(task())
    with pytest.raises(Conflict, match="holder"):
        taken(door, "binh")
    door("binh").CancelTask(rpc.CancelTaskRequest(work_id="task/t1", reason="Not needed"))
    for officer_id in ("an", "binh"):
        with pytest.raises(Conflict, match="cancelled"):
            taken(door, officer_id)


def test_trying_to_take_tells_nothing_of_how_the_work_of_others_stands(door: Door) -> None:
    def told(work_id: str) -> str:
        with pytest.raises(NotFound) as refused:
            door("cuc").TakeTask(rpc.TakeTaskRequest(work_id=work_id))
        return str(refused.value).replace(work_id, "?")

    unknown = told("task/none")
    door("binh").AssignTask(task())
    assert told("task/t1") == unknown
    door("an").SubmitTask(rpc.SubmitTaskRequest(work_id="task/t1"))
    assert told("task/t1") == unknown
    door("binh").AcceptTask(rpc.AcceptTaskRequest(work_id="task/t1"))
    assert told("task/t1") == unknown


def test_officers_do_not_say_that_they_took_it_earlier(door: Door) -> None:
    door("binh").AssignTask(task(officer_id=""))
    with pytest.raises(Denied, match="past"):
        door("an").TakeTask(rpc.TakeTaskRequest(work_id="task/t1", occurred_at=stamp("2026-02-27")))
