"""Every named point between two durable steps: a process dies exactly there, under load, and another one goes on.

The short variant lets the points of a part kill one process after the other; the long one has a city for each point.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest

from kill.city import (
    CONSUMER,
    EVALUATION,
    PRODUCER,
    PRODUCER_RELAY,
    SCORER,
    KillableCity,
    Part,
)
from kill.engines import on_kafka_when_long
from kill.producer import Producer, Sender
from kill.proof import prove, wait_until_ticked

ROOT = Path(__file__).parents[2]

OF_A_CONSUMER = ("consumer.before-handle", "consumer.after-handle", "consumer.after-commit", "consumer.after-tick")
OF_A_RELAY = ("relay.after-read", "relay.after-append", "relay.after-delete")
# The last death leaves scores behind that Redis never saw, and nothing else moves them.
OF_THE_SCORER = ("scorer.after-say", "scorer.after-write", "scorer.after-score")
AT_THE_DOOR = ("intake.before-commit", "intake.after-commit")
# Proven beside evaluation's other tests of it.
OF_A_RECOMPUTATION = ("recompute.after-batch",)


def in_turn(points: Sequence[str]) -> pytest.MarkDecorator:
    """All points one after the other; in the long variant each alone as well."""
    alone = [pytest.param((point,), marks=pytest.mark.long, id=point) for point in points]
    return pytest.mark.parametrize("points", [pytest.param(points, id="in turn"), *alone])


@in_turn(OF_A_CONSUMER)
def test_a_consumer_that_dies_at_a_named_point_loses_and_doubles_nothing(
    city: KillableCity, producer: Producer, points: Sequence[str]
) -> None:
    producer.send(300)
    city.start(PRODUCER_RELAY)
    with producer.sending():
        die(city, {EVALUATION: 5}, points)
        city.start(EVALUATION)
    prove(city, producer)


@in_turn(OF_A_RELAY)
def test_relays_that_die_at_a_named_point_lose_nothing_and_what_they_repeat_counts_once(
    city: KillableCity, producer: Producer, points: Sequence[str]
) -> None:
    producer.send(300)
    with producer.sending():
        die(city, {PRODUCER_RELAY: 1, EVALUATION: 0}, points)
        city.start_all([PRODUCER_RELAY, EVALUATION])
    prove(city, producer)


@on_kafka_when_long
@in_turn(OF_THE_SCORER)
def test_a_scorer_that_dies_between_score_and_event_leaves_nothing_unsaid(
    city: KillableCity, producer: Producer, points: Sequence[str]
) -> None:
    city.start_all([PRODUCER_RELAY, CONSUMER])
    for point in points:
        producer.send(200)
        wait_until_ticked(city)
        die(city, {SCORER: 0}, [point])
    city.start(EVALUATION)
    prove(city, producer)


@on_kafka_when_long
@in_turn(AT_THE_DOOR)
def test_what_is_sent_again_to_a_door_that_died_is_taken_once(
    city: KillableCity, seed: int, points: Sequence[str]
) -> None:
    sender = Sender(city, seed)
    city.start(EVALUATION)
    with sender.sending():
        die(city, {PRODUCER: 4}, points)
        city.start(PRODUCER)
    prove(city, sender)


def test_every_named_point_is_covered() -> None:
    files = [*ROOT.glob("libs/*/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")]
    named = {name for file in files for name in re.findall(r'crash_point\("(.+?)"\)', file.read_text())}
    assert named == {*OF_A_CONSUMER, *OF_A_RELAY, *OF_THE_SCORER, *AT_THE_DOOR, *OF_A_RECOMPUTATION}


def die(city: KillableCity, passes: Mapping[Part, int], points: Iterable[str]) -> None:
    """A process of each part dies at each point, after so many passes of it; those for the next point follow."""
    for point in points:
        dying = [city.start(part, crash_at=point, crash_after=after) for part, after in passes.items()]
        for process in dying:
            process.wait_until_crashed()
            city.bury(process)
            city.free_leases(process)
