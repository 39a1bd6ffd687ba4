"""Whose scores move is told to other services, in batches, until Redis goes away."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import redis

from congvu.evaluation.v1 import service_pb2 as rpc
from runtime.errors import Unavailable
from testkit.waiting import wait_until

from .city import at, city, done

Door = Callable[..., Any]


class Watch:
    """A stream of moves, read by a thread."""

    def __init__(self, stub: Any) -> None:
        self.batches: list[set[tuple[str, str, str]]] = []
        self.error: Exception | None = None
        self._stream = stub.WatchMoves(rpc.WatchMovesRequest())
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        try:
            for answer in self._stream:
                self.batches.append({(move.subject_id, move.period, move.policy) for move in answer.moves})
        except Unavailable as error:
            self.error = error

    @property
    def moved(self) -> set[str]:
        return {subject for batch in self.batches for subject, _, _ in batch}


@pytest.fixture
def watch(open_door: Door) -> Watch:
    return Watch(open_door(roles=["service"]))


def test_moves_of_one_round_come_together_and_a_sign_of_life_before_them(evaluation: Any, watch: Watch) -> None:
    wait_until(lambda: len(watch.batches) > 0)
    assert watch.batches[0] == set()
    evaluation.hear([*city(), *done("task/1", "an", due=at(10), completed=at(9))])
    wait_until(lambda: {"an", "SNV-CCVC", "SNV", "HUE"} <= watch.moved)
    policies = {"decree-335", "pilot-seven-groups"}
    assert any({("an", "2026-03", policy) for policy in policies} <= batch for batch in watch.batches)


def test_work_due_in_a_month_to_come_is_told_without_a_policy(evaluation: Any, watch: Watch) -> None:
    evaluation.hear([*city(), *done("task/1", "an", due=at(10), completed=at(9))])
    wait_until(lambda: "an" in watch.moved)
    evaluation.hear(done("task/2", "an", due=at(10, month=5), completed=None))
    wait_until(lambda: any(("an", "2026-05", "") in batch for batch in watch.batches))


def test_without_moves_there_is_a_sign_of_life_every_second(watch: Watch) -> None:
    wait_until(lambda: len(watch.batches) >= 3)
    assert watch.moved == set()


def test_a_broken_connection_ends_it_for_something_may_have_been_missed(watch: Watch, redis_url: str) -> None:
    wait_until(lambda: len(watch.batches) > 0)
    redis.Redis.from_url(redis_url).client_kill_filter(_type="pubsub")
    watch.thread.join(10)
    assert isinstance(watch.error, Unavailable)
