"""Sending to services that are away for a while. The doors here keep what they are given."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from congvu.organization.v1 import resources_pb2 as organization
from congvu.organization.v1 import service_pb2 as organization_service
from congvu.work.v1 import events_pb2 as work
from congvu.work.v1 import resources_pb2 as work_resources
from congvu.work.v1 import service_pb2 as work_service
from embedded.demo.live import produce
from embedded.demo.sending import BATCH, batches, call_patiently, send_facts
from embedded.doors import Doors
from embedded.errors import CityError
from runtime.errors import NotFound, Unavailable

Facts = Callable[..., list[work.WorkEvent]]
ByItem = Callable[[Sequence[work.WorkEvent]], dict[str, list[work.WorkEvent]]]
Faults = Callable[[Sequence[work.WorkEvent]], list[str]]


class WorkDoor:
    """Takes facts, but is away at every `away`-th call; refuses those of one item; stops when it has enough."""

    def __init__(self, *, away: int = 0, refused: str = "", stop: threading.Event | None = None) -> None:
        self.taken: list[work.WorkEvent] = []
        self.largest = self._calls = 0
        self._away, self._refused, self._stop = away, refused, stop
        self._lock = threading.Lock()

    def RecordWorkEvents(  # noqa: N802 - the name is the contract's
        self, request: work_service.RecordWorkEventsRequest
    ) -> work_service.RecordWorkEventsResponse:
        with self._lock:
            self._calls += 1
            if self._away and self._calls % self._away == 1:
                raise Unavailable("The service is away.")
            self.largest = max(self.largest, len(request.events))
            self.taken += [event for event in request.events if event.work_id != self._refused]
            if self._stop is not None and len(self.taken) >= 60:
                self._stop.set()
            refused = [
                work_service.RefusedEvent(index=n, event_id=event.event_id, reason="no such thing")
                for n, event in enumerate(request.events)
                if event.work_id == self._refused
            ]
            return work_service.RecordWorkEventsResponse(accepted=len(request.events) - len(refused), refused=refused)

    def ListWork(self, request: work_service.ListWorkRequest) -> work_service.ListWorkResponse:  # noqa: N802
        submitted = work_resources.Work(
            work_id="task/waiting",
            status=work_resources.WORK_STATUS_SUBMITTED,
            kind=work.WORK_KIND_TASK,
            officer_id="HUE-2",
            unit_id=request.unit_id,
        )
        return work_service.ListWorkResponse(works=[submitted])


class OrganizationDoor:
    """A city of two people."""

    def __init__(self, *people: str) -> None:
        self._people = people

    def GetTree(self, _: organization_service.GetTreeRequest) -> organization_service.GetTreeResponse:  # noqa: N802
        unit = organization_service.TreeUnit(unit_id="SNV", head_officer_id="HUE-1")
        return organization_service.GetTreeResponse(as_of="2026-04-16", units=[unit])

    def ListOfficers(  # noqa: N802
        self, _: organization_service.ListOfficersRequest
    ) -> organization_service.ListOfficersResponse:
        posts = [
            organization.Post(unit_id="SNV", valid_from="2025-07-01"),
            organization.Post(unit_id="OLD", valid_from="2025-07-01", valid_to="2026-04-16"),
        ]
        officers = [organization.Officer(officer_id=officer, posts=posts) for officer in self._people]
        return organization_service.ListOfficersResponse(officers=officers)


class Counting:
    """A stage that counts."""

    def __init__(self) -> None:
        self.steps = 0

    def advance(self, steps: int) -> None:
        self.steps += steps


def doors_to(door: WorkDoor, *people: str) -> Doors:
    nobody = cast(Any, None)
    return Doors(organization=cast(Any, OrganizationDoor(*people)), work=cast(Any, door), evaluation=nobody)


def test_a_call_is_made_again_while_the_service_is_away() -> None:
    answers = iter([Unavailable("away"), Unavailable("away"), None])
    pauses: list[float] = []

    def call(request: str) -> str:
        problem = next(answers)
        if problem is not None:
            raise problem
        return request

    assert call_patiently(call, "hello", pause=pauses.append) == "hello"
    assert len(pauses) == 2


def test_a_service_that_stays_away_is_told_in_the_end() -> None:
    def call(_: str) -> str:
        raise Unavailable("The service is away.")

    with pytest.raises(Unavailable):
        call_patiently(call, "hello", pause=lambda _: None)


def test_other_errors_are_not_tried_again() -> None:
    def call(_: str) -> str:
        raise NotFound("nothing there")

    with pytest.raises(NotFound):
        call_patiently(call, "hello", pause=lambda _: pytest.fail("it paused"))


def test_batches_keep_everything_in_order() -> None:
    pieces = list(batches(list(range(1_203)), 500))
    assert [len(piece) for piece in pieces] == [500, 500, 203]
    assert [number for piece in pieces for number in piece] == list(range(1_203))


def test_all_facts_arrive_and_those_of_an_item_in_order(facts_of: Facts, by_item: ByItem) -> None:
    events, door, stage = facts_of(3, facts=8_000), WorkDoor(), Counting()
    known = send_facts(doors_to(door), events, stage)
    assert known == stage.steps == len(events)
    assert by_item(door.taken) == by_item(events)
    assert door.largest == BATCH


def test_a_refused_fact_ends_the_load_with_its_reason(facts_of: Facts) -> None:
    events = facts_of(3, facts=2_000)
    with pytest.raises(CityError, match="no such thing"):
        send_facts(doors_to(WorkDoor(refused=events[0].work_id)), events, Counting())


def test_the_living_demo_outlasts_a_service_that_is_away(by_item: ByItem, faults_of: Faults) -> None:
    stop = threading.Event()
    door = WorkDoor(away=3, stop=stop, refused="task/waiting")
    doors = doors_to(door, "HUE-1", "HUE-2")
    produce(doors=doors, seed=1, stop=stop, rate=60, now=lambda: datetime.now(UTC))
    assert len({event.event_id for event in door.taken}) == len(door.taken) >= 60
    assert {event.assigned.unit_id for event in door.taken if event.HasField("assigned")} == {"SNV"}
    for item in by_item(door.taken).values():
        assert item[0].HasField("assigned")
        assert item[-1].occurred_at.ToDatetime(UTC) <= datetime.now(UTC)


def test_a_city_without_people_cannot_live() -> None:
    with pytest.raises(CityError, match="Nobody works"):
        produce(doors=doors_to(WorkDoor()), seed=1, stop=threading.Event(), rate=1, now=lambda: datetime.now(UTC))
