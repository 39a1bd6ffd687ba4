"""What every measurement has at hand: the lab, the scale, the log's engine, and how progress is shown."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg

from bench.facts import WORK_TOPIC, Town, in_batches
from bench.lab import Lab, Process, wait_for
from bench.rows import Scale, fastest_third
from congvu.work.v1 import events_pb2 as pb
from embedded.doors import Stage
from embedded.render.progress import ConsoleProgress
from runtime.events import TOPICS, EventLog, open_event_log
from working_calendar import WorkingCalendar, load_calendar

PARTITIONS = TOPICS[WORK_TOPIC].partitions

LOGS: Mapping[str, Callable[[Lab], str]] = {"embedded log": lambda lab: lab.make_database()}
"""Engine of the event log → what makes a fresh log and gives its EVENT_LOG_URL; a column of the table each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One run over one engine."""

    lab: Lab
    scale: Scale
    progress: ConsoleProgress
    make_log: Callable[[Lab], str]
    calendar: WorkingCalendar
    town: Town

    @contextmanager
    def log(self) -> Iterator[tuple[EventLog, str]]:
        """A fresh log and its URL."""
        url = self.make_log(self.lab)
        with closing(open_event_log(url)) as log:
            yield log, url

    def append(self, log: EventLog, events: list[pb.WorkEvent] | Iterator[pb.WorkEvent], stage: Stage) -> None:
        """Appends facts in batches of 500, outside of what is measured."""
        for batch in in_batches(events):
            log.append(batch)
            stage.advance(len(batch))


def open_bench(lab: Lab, *, facts: int, progress: ConsoleProgress, make_log: Callable[[Lab], str]) -> Bench:
    """A run of this size."""
    calendar = load_calendar()
    town = Town(calendar, datetime.now(UTC))
    scale = Scale(facts=facts)
    return Bench(lab=lab, scale=scale, progress=progress, make_log=make_log, calendar=calendar, town=town)


def rate_of(count: Callable[[], int], total: int, stage: Stage, *processes: Process) -> float:
    """Things per second of a process, between its first one and the last of `total`."""
    wait_for(lambda: count() > 0, *processes, pause=0.002)
    samples = [(time.perf_counter(), count())]
    stage.advance(samples[0][1])
    while samples[-1][1] < total:
        time.sleep(0.02)
        for process in processes:
            process.check()
        seen = count()
        stage.advance(seen - samples[-1][1])
        samples.append((time.perf_counter(), seen))
    return fastest_third(samples)


def folded(conn: psycopg.Connection[Any], topic: str = WORK_TOPIC) -> int:
    """How many records of the topic are folded and committed."""
    rows = conn.execute("SELECT next_offset FROM event_positions WHERE topic = %s", [topic])
    return sum(offset for (offset,) in rows)


@contextmanager
def consumers_held(conn: psycopg.Connection[Any]) -> Iterator[None]:
    """Consumers of work wait at their offsets inside; their leases last for a minute after it, however long it took."""
    with conn.transaction():
        conn.execute("SELECT FROM event_positions WHERE topic = %s FOR UPDATE", [WORK_TOPIC])
        yield
        conn.execute(
            "UPDATE event_positions SET lease_until = clock_timestamp() + interval '1 minute'"
            " WHERE topic = %s AND owner IS NOT NULL",
            [WORK_TOPIC],
        )
