"""The load: a small organization, and what happens to its work; the same for a seed and a moment."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from congvu.organization.v1 import events_pb2 as organization_pb2
from congvu.organization.v1 import resources_pb2 as resources
from congvu.work.v1 import events_pb2 as pb
from runtime.events import Record, cloud_event
from runtime.timestamps import to_timestamp
from testkit.facts import WorkEvents

# Items due within this time of the load's moment fall overdue while the test runs: ticks work beside facts.
DUE_SOON = timedelta(seconds=4)
ORGANIZATION_TOPIC = "congvu.organization.v1"
UNITS = {
    "HUE": (resources.UNIT_KIND_CITY, ""),
    "SNV": (resources.UNIT_KIND_DEPARTMENT, "HUE"),
    "SNV-CCVC": (resources.UNIT_KIND_DIVISION, "SNV"),
    "SNV-TCBM": (resources.UNIT_KIND_DIVISION, "SNV"),
    "19753": (resources.UNIT_KIND_COMMUNE, "HUE"),
    "19753-KT": (resources.UNIT_KIND_DIVISION, "19753"),
}
DIVISIONS = ("SNV-CCVC", "SNV-TCBM", "19753-KT")
OFFICERS = {f"HUE-{number:05}": DIVISIONS[number % len(DIVISIONS)] for number in range(1, 31)}

_ITEMS_AT_A_TIME = 60
_REPEATED = 0.03


def organization_records(now: datetime) -> list[Record]:
    """Units and officers, the first officer of each division its head; all there since 2025."""
    heads = {unit_id: officer_id for officer_id, unit_id in reversed(OFFICERS.items())}
    return [
        *(_unit_record(unit_id, now) for unit_id in UNITS),
        *(_officer_record(officer_id, officer_id in heads.values(), now) for officer_id in OFFICERS),
    ]


def work_facts(seed: int, now: datetime) -> Iterator[pb.WorkEvent]:
    """Facts without end, of sixty items at a time, each item's in its order; now and then an old one again."""
    rng = random.Random(seed)
    numbers = count(1)
    stories = [_story(rng, next(numbers), now) for _ in range(_ITEMS_AT_A_TIME)]
    said: list[pb.WorkEvent] = []
    while True:
        place = rng.randrange(len(stories))
        fact = next(stories[place], None)
        if fact is None:
            stories[place] = _story(rng, next(numbers), now)
            continue
        said.append(fact)
        yield fact
        if rng.random() < _REPEATED:
            yield rng.choice(said[-200:])


def _story(rng: random.Random, number: int, now: datetime) -> Iterator[pb.WorkEvent]:
    """An item of the last seventy days, from its assignment on; a step that does not fit its state changes nothing."""
    officer_id = rng.choice(list(OFFICERS))
    item = WorkEvents(f"task/{number}", officer_id=officer_id, unit_id=OFFICERS[officer_id])
    began = now - timedelta(days=rng.uniform(1, 70))
    steps = rng.randrange(7)
    moments = sorted(began + (now - began) * rng.random() for _ in range(steps))
    due = now + DUE_SOON * rng.random() if rng.random() < 0.2 else began + timedelta(days=rng.uniform(1, 30))
    yield item.assigned(
        began,
        due_at=due,
        standard_units=rng.choice([250, 1000, 3500]),
        basis=rng.choice([pb.BASIS_OWN, pb.BASIS_OWN, pb.BASIS_SELF_INITIATED, pb.BASIS_TAKEN_OVER]),
    )
    for moment in moments:
        yield _step(rng, item, moment, due, recorded_at=moment + (now - moment) * rng.choice([0, 0, rng.random()]))


def _step(rng: random.Random, item: WorkEvents, at: datetime, due: datetime, *, recorded_at: datetime) -> pb.WorkEvent:
    later = at + timedelta(days=rng.uniform(0.1, 20))
    officer_id = rng.choice(list(OFFICERS))
    known: dict[str, Any] = {"recorded_at": recorded_at}
    steps = {
        "submitted": lambda: item.submitted(at, **known),
        "completed": lambda: item.completed(at, **known),
        "returned": lambda: item.returned(at, due_at=later, grounds=[pb.REVIEW_GROUND_FACTS], **known),
        "reopened": lambda: item.reopened(at, due_at=later, **known),
        "due_changed": lambda: item.due_changed(at, due_at=later, **known),
        "reassigned": lambda: item.reassigned(
            at, officer_id=officer_id, unit_id=OFFICERS[officer_id], due_at=later, **known
        ),
        "handed_back": lambda: item.handed_back(at, **known),
        "excused": lambda: item.delay_excused(at, missed_due_at=due, due_at=due + timedelta(days=3), **known),
        "rated": lambda: item.citizen_rated(at, stars=rng.randint(1, 5), **known),
        "cancelled": lambda: item.cancelled(at, **known),
    }
    weights = [6, 6, 3, 2, 2, 3, 1, 2, 2, 1]
    return steps[rng.choices(list(steps), weights)[0]]()


def _unit_record(unit_id: str, now: datetime) -> Record:
    kind, parent_id = UNITS[unit_id]
    version = resources.UnitVersion(valid_from="2025-01-01", name=f"Unit {unit_id}", parent_id=parent_id)
    unit = resources.Unit(unit_id=unit_id, kind=kind, versions=[version])
    return _organization_record(unit_id, now, unit_changed=organization_pb2.UnitChanged(unit=unit))


def _officer_record(officer_id: str, is_head: bool, now: datetime) -> Record:
    post = resources.Post(
        post_id=f"{officer_id}/1",
        unit_id=OFFICERS[officer_id],
        role=resources.POST_ROLE_HEAD if is_head else resources.POST_ROLE_STAFF,
        valid_from="2025-01-01",
    )
    officer = resources.Officer(
        officer_id=officer_id,
        full_name=f"Officer {officer_id}",
        category=resources.OFFICER_CATEGORY_CIVIL_SERVANT,
        posts=[post],
    )
    return _organization_record(officer_id, now, officer_changed=organization_pb2.OfficerChanged(officer=officer))


def _organization_record(
    subject_id: str,
    now: datetime,
    **fact: organization_pb2.UnitChanged | organization_pb2.OfficerChanged,
) -> Record:
    event = organization_pb2.OrganizationEvent(
        event_id=f"{subject_id}#1",
        subject_id=subject_id,
        revision=1,
        occurred_at=to_timestamp(now),
        recorded_at=to_timestamp(now),
        actor_id="test",
        **fact,  # type: ignore[arg-type]
    )
    return cloud_event(
        topic=ORGANIZATION_TOPIC,
        event_id=event.event_id,
        type=f"{ORGANIZATION_TOPIC}.OrganizationEvent",
        source="organization",
        time=now,
        subject=subject_id,
        value=event.SerializeToString(),
    )
