"""What people find: general criteria of officers and units, and shortcomings of a few heads."""

import random
from collections.abc import Iterator
from datetime import date, datetime
from hashlib import blake2b

from congvu.evaluation.findings.v1 import events_pb2 as findings
from embedded.demo.datafiles import read_yaml
from embedded.demo.habits import TIERS
from embedded.demo.hours import Frame
from embedded.demo.population import City

# Half points of the general criteria of units, by their level.
_UNIT_RANGES = {"model": (53, 60), "steady": (31, 39), "excellent": (53, 60), "ordinary": (40, 55), "weak": (24, 40)}
_HALF_POINT = 500
_ONE_DAY = 86_400


class _Notes:
    """Makes findings with ids that come from the seed, the day and what they are about."""

    def __init__(self, *, seed: int, frame: Frame) -> None:
        self._seed, self._frame = seed, frame

    def write(self, subject_id: str, period: date, second: int, actor_id: str, name: str) -> findings.FindingEvent:
        """A finding without its fact."""
        identity = f"{self._seed}/{self._frame.today}/{subject_id}/{period}/{name}"
        event = findings.FindingEvent(
            event_id=blake2b(identity.encode(), digest_size=16).hexdigest(),
            subject_id=subject_id,
            actor_id=actor_id,
            period=f"{period:%Y-%m}",
        )
        event.occurred_at.seconds = second
        return event


def make_findings(*, city: City, frame: Frame, seed: int, now: datetime) -> list[findings.FindingEvent]:
    """General criteria of last month (self-scored, confirmed) and of this one (self-scored), and shortcomings."""
    rng = random.Random(f"{seed}/findings")  # noqa: S311 - a demo, not a secret
    notes = _Notes(seed=seed, frame=frame)
    made = [*_general(city, frame, rng, notes), *_shortcomings(city, frame, rng, notes)]
    made.sort(key=_second_of)
    return [event for event in made if event.occurred_at.seconds <= now.timestamp()]


def _general(city: City, frame: Frame, rng: random.Random, notes: _Notes) -> Iterator[findings.FindingEvent]:
    comments = read_yaml("texts.yaml")["general_comment"]
    evaluator = next(person.officer_id for person in city.people if person.stays[0].unit_id == "SNV-CCHC")
    last_day, this_month = frame.turned - frame.hours.day, _begin_of_month(frame)
    scored, confirmed = frame.hours.instant(last_day), frame.hours.instant(last_day + frame.hours.day // 2)
    for subject_id, (least, most) in _subjects(city):
        own = rng.randint(least, most)
        yield _score(notes.write(subject_id, frame.last_month, scored + rng.randrange(3600), subject_id, "self"), own)
        event = notes.write(subject_id, frame.last_month, confirmed + rng.randrange(3600), evaluator, "confirmed")
        event.general_criteria_scored.confirmed = True
        event.general_criteria_scored.comment = rng.choice(comments)
        yield _score(event, own - rng.choice((0, 0, 0, 1, 2)))
        own = rng.randint(least, most)
        yield _score(
            notes.write(subject_id, frame.this_month, this_month + rng.randrange(3600), subject_id, "self"), own
        )


def _score(event: findings.FindingEvent, half_points: int) -> findings.FindingEvent:
    event.general_criteria_scored.points = half_points * _HALF_POINT
    return event


def _subjects(city: City) -> Iterator[tuple[str, tuple[int, int]]]:
    for person in city.people:
        yield person.officer_id, TIERS[person.tier].general
    for unit in city.units:
        level = city.levels.get(unit.unit_id) or city.levels.get(unit.parent_id, "ordinary")
        yield unit.unit_id, _UNIT_RANGES[level]


def _begin_of_month(frame: Frame) -> int:
    """The opening of this month's first working day; before that day, the month's first second."""
    opened = frame.hours.instant(frame.turned)
    return opened if opened < frame.midnight else frame.midnight - _ONE_DAY * (frame.today - frame.this_month).days


def _shortcomings(city: City, frame: Frame, rng: random.Random, notes: _Notes) -> Iterator[findings.FindingEvent]:
    """Against the heads of some weak offices; one is lifted again."""
    texts = read_yaml("texts.yaml")
    weak = {unit_id for unit_id, level in city.levels.items() if level == "weak"}
    heads = [p.officer_id for p in city.people if p.stays[0].unit_id in weak and p.stays[0].role == "head"]
    second = frame.hours.instant(frame.turned - 4 * frame.hours.day)
    for place, head in enumerate(heads[:4]):
        is_delay = place != 1
        kind = findings.SHORTCOMING_KIND_LASTING_DELAY if is_delay else findings.SHORTCOMING_KIND_LASTING_DISUNITY
        event = notes.write(head, frame.last_month, second + rng.randrange(3600), "thanh-tra", "shortcoming")
        event.shortcoming_found.kind = kind
        sentences = texts["shortcoming_delay" if is_delay else "shortcoming_disunity"]
        event.shortcoming_found.evidence = rng.choice(sentences)
        yield event
    for head in heads[3:4]:
        event = notes.write(head, frame.last_month, second + _ONE_DAY, "thanh-tra", "lifted")
        event.shortcoming_lifted.kind = findings.SHORTCOMING_KIND_LASTING_DELAY
        event.shortcoming_lifted.reason = texts["shortcoming_lifted"][0]
        yield event


def _second_of(event: findings.FindingEvent) -> int:
    return event.occurred_at.seconds
