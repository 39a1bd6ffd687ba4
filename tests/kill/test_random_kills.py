"""Kills at random moments under load: consumer, scorer, both relays and the database; all come back by themselves."""

import random
import subprocess
import time

import pytest

from embedded.environment import service_command
from kill.city import CONSUMER, PATIENCE, PIPELINE, KillableCity, Process, wait_for
from kill.producer import Producer
from kill.proof import prove

VICTIMS = (*PIPELINE, None)
"""The database stands as None beside the parts."""


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.long)])
def test_kills_at_random_moments_lose_and_double_nothing(
    city: KillableCity, producer: Producer, seed: int, kills: int
) -> None:
    rng = random.Random(seed)
    producer.send(500)
    running = city.start_all()
    victims = [VICTIMS[number % len(VICTIMS)] for number in range(kills)]
    rng.shuffle(victims)
    with producer.sending(pause=0.1):
        for victim in victims:
            wait_until_it_flows(city)
            time.sleep(rng.uniform(0, 0.5))
            if victim is None:
                city.server.kill()
                city.server.start()
            else:
                running[victim] = replace(city, running[victim])
    prove(city, producer)
    live_equals_recomputed(city)


def wait_until_it_flows(city: KillableCity) -> None:
    """Until facts are consumed again, so that each kill hits a city at work."""
    before = consumed(city)
    wait_for(lambda: consumed(city) > before)


def consumed(city: KillableCity) -> int:
    """How many facts evaluation has consumed."""
    return int(city.rows(city.evaluation_url, "SELECT coalesce(sum(next_offset), 0) FROM event_positions")[0][0])


def replace(city: KillableCity, process: Process) -> Process:
    """Kills a process and starts its successor, which need not wait for the lease."""
    city.kill(process)
    if process.part == CONSUMER:
        city.free_leases(process)
    return city.start(process.part)


def live_equals_recomputed(city: KillableCity) -> None:
    """As an operator finds out."""
    command = service_command("evaluation", "recompute", "--check")
    answer = subprocess.run(
        command, env=city.environment("evaluation"), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "differences=0" in answer.stdout
