"""What is measured with: the demo's organization, and facts of one fixed shape, the same for a seed and a moment.

A record has the six ce_* headers and a value of 130 to 200 bytes, as from a system outside with long ids of its own.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, islice

from congvu.organization.v1 import events_pb2 as organization_pb2
from congvu.work.v1 import events_pb2 as pb
from embedded.demo.hours import frame_of
from embedded.demo.messages import officer_message, unit_message
from embedded.demo.population import City, Person, populate
from runtime.events import Record, cloud_event
from runtime.timestamps import to_timestamp
from testkit.facts import WorkEvents, work_record
from working_calendar import WorkingCalendar

WORK_TOPIC = "congvu.work.v1"
ORGANIZATION_TOPIC = "congvu.organization.v1"
VALUE_BYTES = range(130, 201)
SEED = 335
# Items of a run are given out within this time before it; those of the stock are due after it.
PAST = timedelta(days=40)
_RETURNED, _RATED, _OPEN = 0.3, 0.25, 0.15
# Within the id of an item, what stands before its number, and how long that is.
_YEAR, _DIGITS = ".H57-2026-", 8
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """An officer who stays in one division."""

    officer_id: str
    unit_id: str


class Town:
    """The demo's organization of about 1,500 officers, and work for those who stay where they are."""

    def __init__(self, calendar: WorkingCalendar, now: datetime) -> None:
        self._calendar = calendar
        self._now = now
        self.city: City = populate(rng=random.Random(SEED), frame=frame_of(calendar, now))
        # Leave would move due times.
        staying = [one for one in self.city.people if len(one.stays) == 1 and not one.absences]
        self.posts = [_post(person) for person in staying if person.load]

    def organization_records(self) -> list[Record]:
        """Units and officers as their service publishes them."""
        units = [(unit.unit_id, unit_message(unit)) for unit in self.city.units]
        officers = [(person.officer_id, officer_message(person, self._calendar)) for person in self.city.people]
        return [
            *(self._told(key, unit_changed=organization_pb2.UnitChanged(unit=unit)) for key, unit in units),
            *(self._told(key, officer_changed=organization_pb2.OfficerChanged(officer=one)) for key, one in officers),
        ]

    def facts(self, wanted: int) -> list[pb.WorkEvent]:
        """So many facts of items from their assignment to their completion, in the order of recording."""
        events = list(islice(self.stories(0), wanted))
        return sorted(events, key=lambda event: event.recorded_at.ToNanoseconds())

    def stories(self, first: int) -> Iterator[pb.WorkEvent]:
        """Facts without end, item after item, from the item of this number on."""
        rng = random.Random(SEED + first)
        for number in count(first):
            yield from _story(rng, _item("mot-cua", number, rng.choice(self.posts)), self._now)

    def stock(self, count: int) -> Iterator[pb.WorkEvent]:
        """An assignment each of so many items, due in the weeks ahead."""
        rng = random.Random(SEED)
        for number in range(count):
            at, due = self._now - PAST * (0.1 + 0.9 * rng.random()), self._now + PAST * (1 + rng.random())
            yield _assigned(rng, self._stocked(number, count), at, due)

    def completions(self, items: int, stock: int, count: int) -> Iterator[pb.WorkEvent]:
        """The completion of so many of the items, drawn from all over them; they are copies of a stock of that size."""
        rng = random.Random(SEED + items)
        for number in rng.sample(range(items), count):
            item = self._stocked(number, stock)
            item.revision = 1
            yield item.completed(self._now - timedelta(hours=2) * rng.random())

    def _stocked(self, number: int, stock: int) -> WorkEvents:
        """An item of the stock, or of a copy of it: whose number is higher by the size of the stock, or twice that …"""
        return _item("ton-dong", number, self.posts[number % stock % len(self.posts)])

    def new_item(self, number: int, post: Post, at: datetime, *, due_at: datetime) -> pb.WorkEvent:
        """An item given to the officer at this moment."""
        return _assigned(random.Random(number), _item("truc-tiep", number, post), at, due_at)

    def completion(self, number: int, post: Post, at: datetime) -> pb.WorkEvent:
        """The completion of the new item of that number, without another fact between."""
        item = _item("truc-tiep", number, post)
        item.revision = 1
        return item.completed(at)

    def _told(self, subject_id: str, **fact: organization_pb2.UnitChanged | organization_pb2.OfficerChanged) -> Record:
        moment = to_timestamp(self._now)
        event = organization_pb2.OrganizationEvent(
            event_id=f"{subject_id}#1",
            subject_id=subject_id,
            revision=1,
            occurred_at=moment,
            recorded_at=moment,
            actor_id="bench",
            **fact,  # type: ignore[arg-type]
        )
        return cloud_event(
            topic=ORGANIZATION_TOPIC,
            event_id=event.event_id,
            type=f"{ORGANIZATION_TOPIC}.OrganizationEvent",
            source="organization",
            time=self._now,
            subject=subject_id,
            value=event.SerializeToString(),
        )


def to_record(event: pb.WorkEvent) -> Record:
    """The fact as published. Raises ValueError when it has not the shape that all runs share."""
    record = work_record(event)
    attributes = sum(name.startswith("ce_") for name in record.headers)
    if len(record.value) not in VALUE_BYTES or attributes != 6:
        raise ValueError(f"{event.event_id} has {len(record.value)} bytes and {attributes} attributes; mend its maker.")
    return record


def in_batches(events: Sequence[pb.WorkEvent] | Iterator[pb.WorkEvent], size: int = 500) -> Iterator[list[Record]]:
    """The facts as records, so many at a time."""
    batch: list[Record] = []
    for event in events:
        batch.append(to_record(event))
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _post(person: Person) -> Post:
    return Post(officer_id=person.officer_id, unit_id=person.stays[0].unit_id)


def renumbered(work_id: str, by: int) -> str:
    """The id of an item whose number is higher by so much."""
    before, after = work_id[: work_id.index(_YEAR)] + _YEAR, work_id[work_id.index(_YEAR) + len(_YEAR) :]
    return f"{before}{int(after[:_DIGITS]) + by:0{_DIGITS}d}{after[_DIGITS:]}"


def _item(source: str, number: int, post: Post) -> WorkEvents:
    work_id = f"import/{source}/000.{post.unit_id[:5]}{_YEAR}{number:0{_DIGITS}d}"
    return WorkEvents(work_id.ljust(49, "0"), officer_id=post.officer_id, unit_id=post.unit_id)


def _story(rng: random.Random, item: WorkEvents, now: datetime) -> Iterator[pb.WorkEvent]:
    """An item from its assignment to its completion, or to where it is now."""
    at = now - PAST * (0.1 + 0.9 * rng.random())
    due = at + timedelta(days=rng.uniform(2, 20))
    yield _assigned(rng, item, at, due)
    if rng.random() < _OPEN:
        return
    step = min(due - at, now - at) / 5
    at += step * rng.uniform(1, 2) + _MICROSECOND
    yield item.submitted(at)
    if rng.random() < _RETURNED:
        at += step * rng.random() + _MICROSECOND
        yield item.returned(at, due_at=due + timedelta(days=2), grounds=[pb.REVIEW_GROUND_FACTS])
        at += step * rng.random() + _MICROSECOND
        yield item.submitted(at)
    at += step * rng.random() + _MICROSECOND
    yield item.completed(at)
    if rng.random() < _RATED:
        yield item.citizen_rated(at + _MICROSECOND, stars=rng.randint(1, 5))


def _assigned(rng: random.Random, item: WorkEvents, at: datetime, due: datetime) -> pb.WorkEvent:
    due = due.replace(microsecond=0)
    return item.assigned(
        at, due_at=due, standard_units=rng.choice([250, 1000, 3500]), kind=pb.WORK_KIND_DOSSIER, title="Đơn"
    )
