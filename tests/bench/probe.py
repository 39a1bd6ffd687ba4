"""The consumers of evaluation with a stopwatch in them: `python -m bench.probe BATCH`, in a service's environment.

It is the product's own verb `consume`; ended by SIGTERM it prints one line of JSON: microseconds by stage, in all.
BATCH is the number of facts in a transaction, 0 for that of the product.
"""

import json
import sys
import time
from collections import defaultdict, deque
from dataclasses import asdict
from typing import Any

import psycopg

from bench.stopwatch import Stopwatch
from evaluation import main as evaluation
from evaluation.consumer import handlers
from evaluation.store import evidence, items, marks, parked, sums
from runtime.events import EventLog, StoredRecord, open_event_log, positions

STAGES = ("poll", "decode", "load", "fold", "write", "commit", "tick")
# Functions are verbs, so the first word of a name tells the stage.
_VERBS = {"load": "load", "save": "write", "add": "write", "mark": "write", "delete": "write"}
_THREADS = "consume-work"
_BATCH = evaluation.BATCH


def main(batch: int) -> None:
    """Runs until told to stop; prints {"stages": {stage: {"wall": …, "python": …, "postgres": …}}, "computed": …}."""
    watch = Stopwatch()
    _watch_store(watch)
    _watch_consumer(watch)
    if batch:
        evaluation.BATCH = batch
    code = evaluation.main(["consume"])
    spent = watch.spent(_THREADS)
    stages = {name: {what: seconds * 1e6 for what, seconds in asdict(spent[name]).items()} for name in STAGES}
    print(json.dumps({"stages": stages, "computed": time.process_time() * 1e6}))  # noqa: T201 - its answer
    sys.exit(code)


def _watch_store(watch: Stopwatch) -> None:
    for module in (evidence, items, marks, parked, sums):
        watch.watch_verbs(module, _VERBS)
    watch.watch(handlers, {"load_place": "load"})


def _watch_consumer(watch: Stopwatch) -> None:
    """What of the handler is no other stage is the fold proper: the domain."""
    decode = "read_work_record"
    setattr(handlers, decode, watch.counted("decode", getattr(handlers, decode)))
    watch.watch(handlers.WorkHandler, {"handle": "fold", "tick": "tick"})
    watch.watch_verbs(positions, {"hold": "commit", "move": "commit", "set": "tick"})
    watch.watch(psycopg.Transaction, {"__enter__": "commit", "__exit__": "commit"})

    def open_timed(url: str) -> EventLog:
        log: Any = _OneByOne(open_event_log(url)) if evaluation.BATCH == 1 else open_event_log(url)
        for name in ("read", "ends"):
            setattr(log, name, watch.timed("poll", getattr(log, name)))
        return log  # type: ignore[no-any-return]

    setattr(evaluation, "open_event_log", open_timed)  # noqa: B010 - a module does not export what it imports


class _OneByOne:
    """A log that is read as always and gives the records out one by one: only transactions are to differ."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._ready: dict[tuple[str, int], deque[StoredRecord]] = defaultdict(deque)

    def read(self, topic: str, partition: int, offset: int, *, max_records: int, wait_seconds: float) -> Any:
        """One record, if there is any."""
        ready = self._ready[topic, partition]
        if not ready or ready[0].offset != offset:
            ready.clear()
            ready += self._log.read(topic, partition, offset, max_records=_BATCH, wait_seconds=wait_seconds)
        return [ready.popleft()] if ready else []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


if __name__ == "__main__":
    main(int(sys.argv[1]))
