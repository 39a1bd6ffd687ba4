"""Kills at random moments under load: of parts, the database, the broker; all come back by themselves."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest

from kill.city import CONSUMER, PIPELINE, KillableCity, Part, Process, wait_for
from kill.engines import on_own_kafka
from kill.judging import differences_from_the_oracle
from kill.producer import Producer
from kill.proof import prove
from testkit.kafka import KafkaServer

# How long a broker is away at most; that longer is no harm is for the contract suite of the log to prove.
AWAY_SECONDS = 3.0

Kill = Callable[[], None]


@pytest.mark.parametrize("log_url", ["embedded"], indirect=True)
@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.long)])
def test_kills_at_random_moments_lose_and_double_nothing(
    city: KillableCity, producer: Producer, seed: int, kills: int
) -> None:
    rng = random.Random(seed)
    producer.send(500)
    running = city.start_all()
    victims = [*of_parts(city, running).values(), of_database(city)]
    kill_at_random(city, producer, rng, some_of(victims, kills, rng))


@on_own_kafka
@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.long)])
def test_kills_at_random_moments_lose_and_double_nothing_on_kafka_whose_broker_dies_too(
    city: KillableCity, broker: KafkaServer, producer: Producer, seed: int, kills: int
) -> None:
    rng = random.Random(seed)
    producer.send(500)
    running = city.start_all()
    # Three kills are the broker, and who writes to it and who reads.
    victims = [of_broker(city, broker, rng), *of_parts(city, running).values(), of_database(city)]
    kill_at_random(city, producer, rng, some_of(victims, kills, rng))


@pytest.fixture
def broker(kafka_server: KafkaServer) -> Iterator[KafkaServer]:
    """The broker, which runs again when the test ends, however."""
    yield kafka_server
    kafka_server.start()


def some_of(victims: Sequence[Kill], kills: int, rng: random.Random) -> list[Kill]:
    """The first ones, each as often as the others, in any order."""
    chosen = [victims[number % len(victims)] for number in range(kills)]
    rng.shuffle(chosen)
    return chosen


def kill_at_random(city: KillableCity, producer: Producer, rng: random.Random, kills: Sequence[Kill]) -> None:
    """The kills, each in a city at work; then the proofs."""
    with producer.sending(pause=0.1):
        for kill in kills:
            wait_until_it_flows(city)
            time.sleep(rng.uniform(0, 0.5))
            kill()
    prove(city, producer)
    assert differences_from_the_oracle(city) == []


def of_parts(city: KillableCity, running: dict[Part, Process]) -> Mapping[Part, Kill]:
    """Each part is killed, and its successor started, which need not wait for the lease."""

    def of(part: Part) -> Kill:
        def kill() -> None:
            city.kill(running[part])
            if part == CONSUMER:
                city.free_leases(running[part])
            running[part] = city.start(part)

        return kill

    return {part: of(part) for part in PIPELINE}


def of_database(city: KillableCity) -> Kill:
    """The server of all databases is killed and started again."""

    def kill() -> None:
        city.server.kill()
        city.server.start()

    return kill


def of_broker(city: KillableCity, broker: KafkaServer, rng: random.Random) -> Kill:
    """The broker is killed and started again; nobody ends for that."""

    def kill() -> None:
        broker.kill()
        time.sleep(rng.uniform(0, AWAY_SECONDS))
        city.check_alive()
        broker.start()

    return kill


def wait_until_it_flows(city: KillableCity) -> None:
    """Until facts are consumed again, so that each kill hits a city at work."""
    before = consumed(city)
    wait_for(lambda: consumed(city) > before)


def consumed(city: KillableCity) -> int:
    """How many facts evaluation has consumed."""
    return int(city.rows(city.evaluation_url, "SELECT coalesce(sum(next_offset), 0) FROM event_positions")[0][0])
