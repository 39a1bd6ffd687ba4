"""Consumers at work while their state is replaced under them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from evaluation.consumer.handlers import WORK_TOPIC, WorkHandler
from evaluation.domain.periods import Periods
from runtime.events.consumer import Consumer
from testkit.waiting import wait_until

from .city import at, done


class NotingHandler(WorkHandler):
    """Notes which partitions it was told to forget."""

    def __init__(self, periods: Periods) -> None:
        super().__init__(periods)
        self.forgotten: set[int] = set()

    def forget(self, partition: int) -> None:
        self.forgotten.add(partition)
        super().forget(partition)


@contextmanager
def following(evaluation: Any, handler: WorkHandler) -> Iterator[None]:
    stop = threading.Event()
    consumer = Consumer(log=evaluation.log, pool=evaluation.pool, topic=WORK_TOPIC, owner="test", handler=handler)
    thread = threading.Thread(target=consumer.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def state(evaluation: Any) -> dict[str, str]:
    return dict(evaluation.rows("SELECT work_id, state FROM items"))


def test_a_consumer_forgets_what_it_kept_of_a_state_that_was_replaced(
    evaluation: Any, periods: Periods, recomputation: Callable[..., tuple[int, list[str]]]
) -> None:
    assigned, completed = done("task/1", "an", due=at(10), completed=at(9))
    evaluation.log.append([assigned])
    handler = NotingHandler(periods)
    with following(evaluation, handler):
        wait_until(lambda: state(evaluation) == {"task/1": "open"})
        wait_until(lambda: evaluation.rows("SELECT count(watermark) FROM event_positions") == [(8,)])
        handler.forgotten.clear()
        assert recomputation(check=False)[0] == 0
        wait_until(lambda: handler.forgotten == set(range(8)))
        evaluation.log.append([completed])
        wait_until(lambda: state(evaluation) == {"task/1": "completed"})
