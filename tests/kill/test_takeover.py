"""Consumers that contend for the partitions: one works, and when it dies or freezes, the other takes over its leases.

The leases run out by themselves, after ten seconds; the transaction of a frozen process is cut after thirty.
"""

import random
import time

import pytest

from kill.city import CONSUMER, KillableCity, Process, wait_for
from kill.engines import on_kafka_when_long
from kill.producer import Producer
from kill.proof import prove


@on_kafka_when_long
@pytest.mark.parametrize(
    "inside",
    [
        pytest.param(False, id="frozen between two transactions"),
        pytest.param(True, id="frozen inside a transaction", marks=pytest.mark.long),
    ],
)
def test_of_two_consumers_one_takes_over_when_the_other_freezes_or_dies(
    city: KillableCity, producer: Producer, seed: int, inside: bool
) -> None:
    first, second = start_two(city, producer)
    with producer.sending(pause=0.5):
        freeze_at_work(city, first, random.Random(seed), inside=inside)
        wait_for(lambda: partitions_of(city, second) == 8)
        told = first.log_size()
        first.wake()
        wait_for(lambda: first.log_size() > told)
        city.kill(second)
        wait_for(lambda: partitions_of(city, first) == 8)
    prove(city, producer)


def start_two(city: KillableCity, producer: Producer) -> tuple[Process, Process]:
    """The whole pipeline with two consumers: the first has all partitions until the second comes for its share."""
    producer.send(300)
    first = city.start_all()[CONSUMER]
    wait_for(lambda: partitions_of(city, first) == 8)
    second = city.start(CONSUMER)
    wait_for(lambda: partitions_of(city, second) == 4)
    return first, second


def partitions_of(city: KillableCity, process: Process) -> int:
    """How many partitions of work events the process has leased."""
    owned = "SELECT count(*) FROM event_positions WHERE topic = 'congvu.work.v1' AND owner ~ %s"
    return int(city.rows(city.evaluation_url, owned, [f":{process.pid}/"])[0][0])


def freeze_at_work(city: KillableCity, process: Process, rng: random.Random, *, inside: bool) -> None:
    """Freezes the process again and again, until it is caught with a row of its partitions locked, or with none."""
    free = "SELECT FROM event_positions WHERE topic = 'congvu.work.v1' AND owner ~ %s FOR UPDATE SKIP LOCKED"
    for _ in range(200):
        time.sleep(rng.uniform(0, 0.2))
        process.freeze()
        # What it asked last is answered by now.
        time.sleep(0.5)
        unlocked = len(city.rows(city.evaluation_url, free, [f":{process.pid}/"]))
        if (unlocked < partitions_of(city, process)) == inside:
            return
        process.wake()
    pytest.fail("It was never caught so.")
