"""Keeps the demo city alive: facts of this moment about new work and about what is open."""

import random
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

from congvu.organization.v1 import resources_pb2 as organization
from congvu.organization.v1 import service_pb2 as organization_service
from congvu.work.v1 import events_pb2 as work
from congvu.work.v1 import resources_pb2 as work_resources
from congvu.work.v1 import service_pb2 as work_service
from embedded.demo.catalogue import read_products
from embedded.demo.steps import Crew, OpenItem, Steps
from embedded.doors import Doors
from embedded.errors import CityError
from runtime.errors import Unavailable
from runtime.timestamps import from_timestamp
from working_calendar import load_calendar

_BEAT_SECONDS = 0.5
_PAUSE_SECONDS = 1.0
# Open items kept at hand; fewer, and the work of one more unit is looked up.
_AT_HAND = 300
_NEW_WORK = 0.3

T = TypeVar("T")
R = TypeVar("R")


def produce(*, doors: Doors, seed: int, stop: threading.Event, rate: float, now: Callable[[], datetime]) -> None:
    """Sends about `rate` facts a second until `stop` is set, and goes on after a service was away.

    Raises CityError when nobody works in the city, and the errors of runtime.errors but Unavailable.
    """
    patient = _Patient(stop)
    crew = _read_crew(doors, patient)
    if crew is None:
        return
    rng = random.Random(f"{seed}/live")  # noqa: S311 - a demo, not a secret
    steps = Steps(rng=rng, crew=crew, products=read_products(), calendar=load_calendar(), new_id=_new_id)
    units, items, owed = tuple(crew.officers), dict[str, OpenItem](), 0.0
    while not stop.wait(_BEAT_SECONDS):
        owed += rate * _BEAT_SECONDS
        if len(items) < _AT_HAND:
            items.update(_open_items(doors, patient, rng.choice(units)))
        batch = [_next_fact(steps, rng, items, now) for _ in range(int(owed))]
        owed -= len(batch)
        _send(doors, patient, batch, items)


class _Patient:
    """Calls again while a service is away, until the stop; then there is no answer."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def call(self, call: Callable[[T], R], request: T) -> R | None:
        while not self._stop.is_set():
            try:
                return call(request)
            except Unavailable:
                self._stop.wait(_PAUSE_SECONDS)
        return None


def _next_fact(
    steps: Steps, rng: random.Random, items: dict[str, OpenItem], now: Callable[[], datetime]
) -> work.WorkEvent:
    """New work, or the next step of an item at hand."""
    if not items or rng.random() < _NEW_WORK:
        event, item = steps.begin(now())
        items[item.work_id] = item
        return event
    item = items[rng.choice(tuple(items))]
    event = steps.go_on(item, now())
    if item.is_finished:
        del items[item.work_id]
    return event


def _send(doors: Doors, patient: _Patient, batch: list[work.WorkEvent], items: dict[str, OpenItem]) -> None:
    """Sends the facts; the item of a refused one is somebody else's and left alone."""
    if batch:
        answer = patient.call(doors.work.RecordWorkEvents, work_service.RecordWorkEventsRequest(events=batch))
        for refused in answer.refused if answer else ():
            items.pop(batch[refused.index].work_id, None)


def _open_items(doors: Doors, patient: _Patient, unit_id: str) -> Iterator[tuple[str, OpenItem]]:
    request = work_service.ListWorkRequest(unit_id=unit_id, page_size=50)
    answer = patient.call(doors.work.ListWork, request)
    for one in answer.works if answer else ():
        if one.status in (work_resources.WORK_STATUS_OPEN, work_resources.WORK_STATUS_SUBMITTED):
            yield one.work_id, _open_item(one)


def _open_item(one: work_resources.Work) -> OpenItem:
    return OpenItem(
        work_id=one.work_id,
        kind=one.kind,
        officer_id=one.officer_id,
        unit_id=one.unit_id,
        due_at=from_timestamp(one.due_at),
        is_submitted=one.status == work_resources.WORK_STATUS_SUBMITTED,
    )


def _read_crew(doors: Doors, patient: _Patient) -> Crew | None:
    """The people of today as the organization has them; None when it is time to stop."""
    tree = patient.call(doors.organization.GetTree, organization_service.GetTreeRequest())
    if tree is None:
        return None
    officers: dict[str, list[str]] = defaultdict(list)
    for officer in _officers(doors, patient):
        for post in officer.posts:
            if post.valid_from <= tree.as_of and (not post.valid_to or tree.as_of < post.valid_to):
                officers[post.unit_id].append(officer.officer_id)
    if not officers:
        raise CityError("Nobody works in this city: load the demo with `congvu demo` first.")
    return Crew(
        officers=officers,
        heads={unit.unit_id: unit.head_officer_id for unit in tree.units},
        parents={unit.unit_id: unit.parent_id for unit in tree.units},
    )


def _officers(doors: Doors, patient: _Patient) -> Iterator[organization.Officer]:
    token = ""
    while True:
        request = organization_service.ListOfficersRequest(page_size=500, page_token=token)
        answer = patient.call(doors.organization.ListOfficers, request)
        if answer is None:
            return
        yield from answer.officers
        token = answer.next_page_token
        if not token:
            return


def _new_id() -> str:
    return uuid.uuid4().hex
