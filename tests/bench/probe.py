"""A consumer with a stopwatch: `python -m bench.probe DATABASE_URL EVENT_LOG_URL BATCH FACTS` folds so many facts.

It is the product's own consumer and handler, wrapped; prints one line of JSON, the seconds of each stage.
"""

import json
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from types import ModuleType
from typing import Any

from bench.facts import WORK_TOPIC
from evaluation.consumer import handlers
from evaluation.main import periods_of
from evaluation.store import items, marks, parked
from runtime.events import EventLog, StoredRecord, open_event_log
from runtime.events.consumer import BatchHandler, Consumer
from runtime.postgres import Connection, open_pool
from working_calendar import load_calendar

# Functions are verbs, so the first word of a name tells the stage.
STAGES = {
    "read": "decode",
    "load": "load",
    "partition": "load",
    "save": "write",
    "add": "write",
    "mark": "write",
}


class Stopwatch:
    """Seconds by stage; what runs inside another stage belongs to that one."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._inside = False

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with its time added to the stage."""

        def run(*arguments: Any, **named: Any) -> Any:
            if self._inside:
                return function(*arguments, **named)
            self._inside = True
            began = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                self.seconds[stage] += time.perf_counter() - began
                self._inside = False

        return run

    def watch(self, module: ModuleType, *, imported: bool = False) -> None:
        """Times the functions of a module (or those that it has imported) whose verb names a stage."""
        for name, value in list(vars(module).items()):
            stage = STAGES.get(name.partition("_")[0])
            ours = getattr(value, "__module__", "").startswith("evaluation.") if imported else _made_in(module, value)
            if stage and ours and callable(value):
                setattr(module, name, self.timed(stage, value))


class TimedHandler:
    """The handler of work; counts facts, and sets `done` after the last one."""

    def __init__(self, handler: BatchHandler, watch: Stopwatch, facts: int, done: threading.Event) -> None:
        self._handler, self._watch, self._facts, self._done = handler, watch, facts, done
        self.folded = 0

    def handle(self, conn: Connection, partition: int, records: Sequence[StoredRecord]) -> None:
        """Folds; what is no other stage of it is the fold proper."""
        before, began = sum(self._watch.seconds.values()), time.perf_counter()
        self._handler.handle(conn, partition, records)
        inner = sum(self._watch.seconds.values()) - before
        self._watch.seconds["fold"] += time.perf_counter() - began - inner
        self.folded += len(records)
        if self.folded >= self._facts:
            self._done.set()

    def tick(self, conn: Connection, partition: int, now: datetime) -> None:
        """Follows the clock; all of it counts as one stage."""
        self._watch.timed("tick", self._handler.tick)(conn, partition, now)

    def forget(self, partition: int) -> None:
        """Passed on."""
        self._handler.forget(partition)


def main(database_url: str, log_url: str, batch: int, facts: int) -> None:
    """Folds, and prints {"facts": …, "seconds": …, "stages": {…}}."""
    watch, done = Stopwatch(), threading.Event()
    watch.watch(handlers, imported=True)
    for module in (items, marks, parked):
        watch.watch(module)
    with open_pool(database_url, name="bench probe", max_size=2) as pool, closing(open_event_log(log_url)) as log:
        _time_reading(log, watch)
        handler = TimedHandler(handlers.WorkHandler(periods_of(load_calendar())), watch, facts, done)
        consumer = Consumer(log=log, pool=pool, topic=WORK_TOPIC, owner="probe", handler=handler, batch=batch)
        began = time.perf_counter()
        consumer.run(done)
        seconds = time.perf_counter() - began
    stages = dict(watch.seconds)
    stages["commit"] = seconds - sum(stages.values())
    print(json.dumps({"facts": handler.folded, "seconds": seconds, "stages": stages}))  # noqa: T201 - its answer


def _time_reading(log: EventLog, watch: Stopwatch) -> None:
    for name in ("read", "ends"):
        setattr(log, name, watch.timed("read", getattr(log, name)))


def _made_in(module: ModuleType, value: object) -> bool:
    return getattr(value, "__module__", "") == module.__name__


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
