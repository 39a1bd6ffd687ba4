"""The intake of systems outside: each event stands for itself, in any order, however often it comes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import permutations

import pytest

from congvu.work.v1 import events_pb2 as pb
from congvu.work.v1 import resources_pb2 as resources
from congvu.work.v1 import service_pb2 as rpc
from congvu.work.v1.service_pb2_grpc import WorkServiceStub
from runtime.errors import Denied, InvalidInput
from runtime.timestamps import from_timestamp
from testkit.clock import Clock
from testkit.facts import WorkEvents

from .city import Door, at, stamp, task

Told = Callable[[], list[pb.WorkEvent]]

pytestmark = pytest.mark.usefixtures("catalogue")


@pytest.fixture
def system(door: Door, clock: Clock) -> WorkServiceStub:
    """A system outside that may record; it is the end of March."""
    clock.now = at("2026-03-31T09:00")
    return door(roles=["service"])


def send(stub: WorkServiceStub, *events: pb.WorkEvent) -> rpc.RecordWorkEventsResponse:
    return stub.RecordWorkEvents(rpc.RecordWorkEventsRequest(events=events))


def look(stub: WorkServiceStub, work_id: str) -> rpc.GetWorkResponse:
    return stub.GetWork(rpc.GetWorkRequest(work_id=work_id))


def item(work_id: str = "document/1", officer_id: str = "an") -> WorkEvents:
    return WorkEvents(work_id, officer_id=officer_id, unit_id="SNV-CCVC")


def story(work_id: str = "document/1") -> list[pb.WorkEvent]:
    """Assigned, submitted, returned, submitted, completed."""
    of = item(work_id)
    return [
        of.assigned(at("2026-03-02T08:00"), due_at=at("2026-03-20")),
        of.submitted(at("2026-03-10T09:00")),
        of.returned(at("2026-03-11T09:00"), due_at=at("2026-03-23"), grounds=[pb.REVIEW_GROUND_FACTS]),
        of.submitted(at("2026-03-12T09:00")),
        of.completed(at("2026-03-13T09:00")),
    ]


def refused(answer: rpc.RecordWorkEventsResponse) -> list[tuple[int, str]]:
    return [(each.index, each.field) for each in answer.refused]


def test_events_are_numbered_stored_and_published(system: WorkServiceStub, told: Told) -> None:
    answer = send(system, *story())
    assert (answer.accepted, answer.repeated_events, len(answer.refused)) == (5, 0, 0)
    assert [event.revision for event in told()] == [1, 2, 3, 4, 5]
    shown = look(system, "document/1")
    assert list(shown.events) == told()
    assert (shown.work.status, shown.work.officer_id, shown.work.revision) == (
        resources.WORK_STATUS_COMPLETED,
        "an",
        5,
    )


def test_a_repeated_event_changes_nothing(system: WorkServiceStub, told: Told) -> None:
    send(system, *story()[:2])
    before = look(system, "document/1")
    answer = send(system, *story()[:2], *story()[:1])
    assert (answer.accepted, answer.repeated_events, refused(answer)) == (0, 3, [])
    assert look(system, "document/1") == before
    assert len(told()) == 2


def test_a_repeat_within_one_batch_counts_once(system: WorkServiceStub, told: Told) -> None:
    answer = send(system, story()[0], story()[0])
    assert (answer.accepted, answer.repeated_events) == (1, 1)
    assert len(told()) == 1


def test_the_same_id_with_other_content_is_refused(system: WorkServiceStub, told: Told) -> None:
    send(system, story()[0])
    changed = story()[0]
    changed.assigned.standard_units = 9000
    assert refused(send(system, changed)) == [(0, "event_id")]
    assert len(told()) == 1


def test_a_repeat_may_carry_another_revision_and_recording(system: WorkServiceStub) -> None:
    send(system, story()[0])
    again = story()[0]
    again.revision = 77
    again.recorded_at.CopyFrom(stamp("2026-03-05T09:00"))
    assert send(system, again).repeated_events == 1


@pytest.mark.parametrize("order", list(permutations(range(4)))[::3])
def test_the_order_of_arrival_does_not_change_the_item(system: WorkServiceStub, order: tuple[int, ...]) -> None:
    events = story()[:4]
    for place in order:
        assert send(system, events[place]).accepted == 1
    work = look(system, "document/1").work
    assert (work.status, from_timestamp(work.due_at), work.officer_id, work.revision) == (
        resources.WORK_STATUS_SUBMITTED,
        at("2026-03-23"),
        "an",
        4,
    )


def test_out_of_order_within_one_batch_is_the_same(system: WorkServiceStub) -> None:
    send(system, *reversed(story()))
    assert look(system, "document/1").work.status == resources.WORK_STATUS_COMPLETED


def test_facts_before_the_assignment_arrives_announce_the_item(system: WorkServiceStub) -> None:
    send(system, story()[4])
    work = look(system, "document/1").work
    assert (work.status, work.unit_id) == (resources.WORK_STATUS_ANNOUNCED, "")
    send(system, story()[0])
    assert look(system, "document/1").work.status == resources.WORK_STATUS_COMPLETED


def test_bad_events_are_refused_one_by_one_and_the_others_stand(system: WorkServiceStub, told: Told) -> None:
    now = stamp("2026-03-31T09:00")
    monday, due = at("2026-03-02T08:00"), at("2026-03-20")
    text = "x" * 2001
    bad = [
        (item("document/10").assigned(monday, due_at=due, officer_id="nobody"), "assigned.officer_id"),
        (item("document/11").assigned(monday, due_at=due, unit_id="nowhere"), "assigned.unit_id"),
        (item("document/12").assigned(due, due_at=monday), "assigned.due_at"),
        (item("document/13").submitted(from_timestamp(now) + timedelta(minutes=6)), "occurred_at"),
        (item("document/14").event(monday), "fact"),
        (pb.WorkEvent(work_id="document/15", actor_id="an", submitted=pb.Submitted()), "occurred_at"),
        (item("document/16").assigned(monday, due_at=due, title=text), "assigned.title"),
        (item("document/17").assigned(monday, due_at=due, standard_units=-1), "assigned.standard_units"),
        (item("document/18").assigned(monday, due_at=due, product_code=""), "assigned.standard_units"),
        (
            item("document/19").assigned(monday, due_at=due, whole_id="w", standard_units=1001),
            "assigned.standard_units",
        ),
        (item("document/20").assigned(monday, due_at=due, basis=pb.BASIS_EXTRA), "assigned.basis"),
        (item("document/21").assigned(monday, due_at=due, kind=pb.WORK_KIND_UNSPECIFIED), "assigned.kind"),
        (item("document/22").assigned(monday, due_at=None, product_code="", standard_units=0), "assigned.due_at"),
        (item("document/23").reassigned(monday, officer_id="nobody"), "reassigned.officer_id"),
        (item("document/24").citizen_rated(monday, stars=6), "citizen_rated.stars"),
        (item("nospace").submitted(monday), "work_id"),
        (item("document/25").submitted(monday, recorded_at=monday - timedelta(hours=1)), "recorded_at"),
        (
            item("document/26").due_changed(monday, due_at=due, cause=pb.DUE_CHANGE_CAUSE_LEAVE),
            "due_changed.replaces_due_at",
        ),
        (item("initiative/1").initiative_recognised(monday, shares={"an": 999}), "initiative_recognised.authors"),
        (item("initiative/2").initiative_recognised(monday, shares={"an": 1000}), "actor_id"),
        (item("document/27").initiative_recognised(monday), "work_id"),
        (pb.WorkEvent(event_id="n", work_id="a/\0", occurred_at=now, submitted=pb.Submitted()), "work_id"),
        (item("document/29").assigned(monday, due_at=due, officer_id="n\0body"), "assigned.officer_id"),
    ]
    good = [story("document/1")[0], story("document/2")[0]]
    answer = send(system, good[0], *(event for event, _ in bad), good[1])
    assert refused(answer) == [(place, field) for place, (_, field) in enumerate(bad, start=1)]
    assert all(each.reason for each in answer.refused)
    assert answer.accepted == 2
    assert [event.work_id for event in told()] == ["document/1", "document/2"]


def test_an_unknown_enumeration_is_refused_not_guessed(system: WorkServiceStub) -> None:
    event = story()[0]
    event.assigned.kind = 99  # type: ignore[assignment]
    assert refused(send(system, event)) == [(0, "assigned.kind")]


def test_a_second_assignment_is_refused(system: WorkServiceStub) -> None:
    send(system, story()[0])
    again = item().assigned(at("2026-03-03T08:00"), due_at=at("2026-03-20"))
    again.event_id = "another"
    assert refused(send(system, again)) == [(0, "assigned")]


def test_l5_and_the_catalogue_fill_what_is_missing(system: WorkServiceStub) -> None:
    event = item().assigned(at("2026-03-02T08:00"), due_at=None, standard_units=0)
    assert send(system, event).accepted == 1
    work = look(system, "document/1").work
    assert (work.standard_units, from_timestamp(work.due_at)) == (1000, at("2026-03-03T17:00"))


def test_l7_a_return_without_due_time_gets_the_default(system: WorkServiceStub, told: Told) -> None:
    events = story()[:3]
    events[2].returned.ClearField("due_at")
    send(system, *events)
    assert from_timestamp(told()[-1].returned.due_at) == at("2026-03-20")
    late = item("document/2")
    returned = late.returned(at("2026-03-18T09:00"), due_at=at("2026-03-30"))
    returned.returned.ClearField("due_at")
    send(system, late.assigned(at("2026-03-02T08:00"), due_at=at("2026-03-06")), returned)
    assert from_timestamp(told()[-1].returned.due_at) == at("2026-03-20")


def test_recorded_at_counts_from_a_system_that_backfills(system: WorkServiceStub, told: Told) -> None:
    stated, silent = story("document/1")[0], story("document/2")[0]
    silent.ClearField("recorded_at")
    send(system, stated, silent)
    assert [from_timestamp(event.recorded_at) for event in told()] == [at("2026-03-02T08:00"), at("2026-03-31T09:00")]


def test_an_event_without_actor_is_the_callers(system: WorkServiceStub, told: Told) -> None:
    event = story()[0]
    event.actor_id = ""
    send(system, event)
    assert told()[0].actor_id == "service"


@pytest.mark.parametrize("roles", [["officer"], ["evaluator"]])
def test_officers_and_evaluators_may_not_record(door: Door, roles: list[str]) -> None:
    with pytest.raises(Denied):
        send(door("an", roles=roles), *story())


def test_items_of_this_service_are_not_changed_from_outside(door: Door, system: WorkServiceStub) -> None:
    door("binh").AssignTask(task(due="2026-04-10"))
    facts = item("task/t1")
    rating = facts.citizen_rated(at("2026-03-31T09:01"), stars=4)
    assert refused(send(system, rating, facts.completed(at("2026-03-31T09:02")))) == [(1, "work_id")]
    assert look(system, "task/t1").work.status == resources.WORK_STATUS_OPEN


def test_heads_review_items_of_systems_outside(door: Door, system: WorkServiceStub) -> None:
    send(system, *story()[:2])
    work = door("binh").AcceptTask(rpc.AcceptTaskRequest(work_id="document/1")).work
    assert (work.status, work.revision) == (resources.WORK_STATUS_COMPLETED, 3)


def test_an_initiative_is_one_fact(system: WorkServiceStub, told: Told) -> None:
    facts = WorkEvents("initiative/7", officer_id="an", unit_id="SNV-CCVC", actor_id="chair")
    event = facts.initiative_recognised(at("2026-03-02T08:00"), shares={"an": 0, "cuc": 0, "binh": 0})
    assert send(system, event).accepted == 1
    assert [author.share for author in told()[0].initiative_recognised.authors] == [334, 333, 333]
    assert refused(send(system, facts.submitted(at("2026-03-03T08:00")))) == [(0, "work_id")]


def test_l16_the_head_of_an_author_does_not_recognise_from_outside_either(system: WorkServiceStub) -> None:
    facts = WorkEvents("initiative/8", officer_id="an", unit_id="SNV-CCVC", actor_id="binh")
    assert refused(send(system, facts.initiative_recognised(at("2026-03-02T08:00")))) == [(0, "actor_id")]


def test_the_same_batch_from_many_at_once_is_taken_once(system: WorkServiceStub, told: Told) -> None:
    batch = [event for number in range(20) for event in story(f"document/{number}")]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: send(system, *batch), range(8)))
    assert sum(answer.accepted for answer in answers) == 100
    assert sum(answer.repeated_events for answer in answers) == 700
    revisions: dict[str, list[int]] = {}
    for event in told():
        revisions.setdefault(event.work_id, []).append(event.revision)
    assert list(revisions.values()) == [[1, 2, 3, 4, 5]] * 20


def test_different_facts_of_one_item_from_many_at_once_have_no_gap(system: WorkServiceStub, told: Told) -> None:
    facts = item()
    send(system, facts.assigned(at("2026-03-02T08:00"), due_at=at("2026-03-20")))
    ratings = [facts.citizen_rated(at("2026-03-03T08:00"), stars=n % 5 + 1) for n in range(24)]
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda event: send(system, event), ratings))
    assert sorted(event.revision for event in told()) == list(range(1, 26))


def test_an_empty_batch_is_nothing(system: WorkServiceStub) -> None:
    assert send(system) == rpc.RecordWorkEventsResponse()


def test_a_batch_that_is_too_large_is_refused_as_a_whole(system: WorkServiceStub) -> None:
    with pytest.raises(InvalidInput, match="2000"):
        send(system, *([story()[0]] * 2001))
