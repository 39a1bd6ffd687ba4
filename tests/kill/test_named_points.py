"""Every named point between two durable steps: a process dies exactly there, under load, and another one goes on.

The short variant lets the points of a part kill one process after the other; the long one has a city for each point.
"""

import re
from collections.abc import Iterable, Sequence
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
    wait_for,
)
from kill.producer import Producer, Sender
from kill.proof import prove

ROOT = Path(__file__).parents[2]

OF_A_CONSUMER = ("consumer.before-handle", "consumer.after-handle", "consumer.after-commit", "consumer.after-tick")
OF_A_RELAY = ("relay.after-read", "relay.after-append", "relay.after-delete")
OF_THE_SCORER = ("scorer.after-score", "scorer.after-write", "scorer.after-say")
AT_THE_DOOR = ("work.intake.before_commit", "work.intake.after_commit")


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
        die(city, [EVALUATION], points, after=5, then=[EVALUATION])
    prove(city, producer)


@in_turn(OF_A_RELAY)
def test_relays_that_die_at_a_named_point_lose_nothing_and_what_they_repeat_counts_once(
    city: KillableCity, producer: Producer, points: Sequence[str]
) -> None:
    producer.send(300)
    with producer.sending():
        die(city, [PRODUCER_RELAY, EVALUATION], points, after=1, then=[PRODUCER_RELAY, EVALUATION])
    prove(city, producer)


@in_turn(OF_THE_SCORER)
def test_a_scorer_that_dies_between_score_and_event_leaves_nothing_unsaid(
    city: KillableCity, producer: Producer, points: Sequence[str]
) -> None:
    producer.send(300)
    city.start_all([PRODUCER_RELAY, CONSUMER])
    ticked = "SELECT count(*) = 8 FROM event_positions WHERE topic = 'congvu.work.v1' AND watermark IS NOT NULL"
    with producer.sending():
        wait_for(lambda: city.rows(city.evaluation_url, ticked) == [(True,)])
        die(city, [SCORER], points, after=0, then=[EVALUATION])
    prove(city, producer)


@in_turn(AT_THE_DOOR)
def test_what_is_sent_again_to_a_door_that_died_is_taken_once(
    city: KillableCity, seed: int, points: Sequence[str]
) -> None:
    sender = Sender(city, seed)
    city.start(EVALUATION)
    with sender.sending():
        die(city, [PRODUCER], points, after=4, then=[PRODUCER])
    prove(city, sender)


def test_every_named_point_is_covered() -> None:
    files = [*ROOT.glob("libs/*/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")]
    named = {name for file in files for name in re.findall(r'crash_point\("(.+?)"\)', file.read_text())}
    assert named == {*OF_A_CONSUMER, *OF_A_RELAY, *OF_THE_SCORER, *AT_THE_DOOR}


def die(city: KillableCity, parts: Sequence[Part], points: Iterable[str], *, after: int, then: Iterable[Part]) -> None:
    """Processes of the parts die at each point, each after so many passes of it; `then` follow them and live."""
    for point in points:
        for process in [city.start(part, crash_at=point, crash_after=after) for part in parts]:
            process.wait_until_crashed()
            city.bury(process)
            city.free_leases(process)
    city.start_all(then)
