"""What every measurement has at hand: the lab, the sizes, the engine of the event log, and how progress is shown."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import psycopg

from bench.facts import ORGANIZATION_TOPIC, WORK_TOPIC, Town, in_batches
from bench.lab import Lab
from bench.programs import BenchError, Program, wait_for
from bench.rows import Pace, pace_of
from bench.sizes import Sizes
from congvu.work.v1 import events_pb2 as pb
from embedded.doors import Stage
from embedded.render.progress import ConsoleProgress
from runtime.events import EventLog, open_event_log
from working_calendar import WorkingCalendar, load_calendar

KAFKA, EMBEDDED = "Apache Kafka", "embedded log"
ENGINES: Mapping[str, Callable[[Lab], str]] = {KAFKA: Lab.kafka_url, EMBEDDED: Lab.make_database}
"""Engine of the event log → what gives the EVENT_LOG_URL of a fresh one."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class FullLog:
    """A log with the organization and so many facts of work, and how many records that is in all."""

    url: str
    facts: int
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One run over one engine. What several rows need is made once, by whichever comes first."""

    lab: Lab
    sizes: Sizes
    progress: ConsoleProgress
    engine: str
    calendar: WorkingCalendar
    town: Town
    _made: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gave the first time; its failure fails every row that needs it, and each tries again."""
        if name not in self._made:
            self._made[name] = make()
        made: T = self._made[name]
        return made

    def make_log_url(self) -> str:
        """EVENT_LOG_URL of a fresh log."""
        return ENGINES[self.engine](self.lab)

    @contextmanager
    def log(self) -> Iterator[tuple[EventLog, str]]:
        """A fresh log and its URL."""
        url = self.make_log_url()
        with closing(open_event_log(url)) as log:
            yield log, url

    def full_log(self) -> FullLog:
        """A log with everybody of the town and all facts of the run, for rows that only read it."""
        return self.once("full log", self._fill_log)

    def _fill_log(self) -> FullLog:
        facts = self.sizes.facts
        with self.progress.stage(f"facts, onto {self.engine}", facts) as stage, self.log() as (log, url):
            people = self.town.organization_records()
            log.append(people)
            self.append(log, self.town.facts(facts), stage)
        return FullLog(url=url, facts=facts, records=facts + len(people))

    def append(self, log: EventLog, events: Sequence[pb.WorkEvent] | Iterator[pb.WorkEvent], stage: Stage) -> None:
        """Appends facts in batches of 500, outside of what is measured."""
        for batch in in_batches(events):
            log.append(batch)
            stage.advance(len(batch))

    def ask(self, module: str, *arguments: object, environment: Mapping[str, str] | None = None) -> Any:
        """What a module of this package answers, as a process of its own: its last line, JSON."""
        with self.lab.module(module, *map(str, arguments), environment=environment) as program:
            return json.loads(program.answer())


def open_bench(lab: Lab, *, sizes: Sizes, progress: ConsoleProgress, engine: str) -> Bench:
    """A run of this size."""
    calendar = load_calendar()
    town = Town(calendar, datetime.now(UTC))
    return Bench(lab=lab, sizes=sizes, progress=progress, engine=engine, calendar=calendar, town=town)


def follow(count: Callable[[], int], total: int, stage: Stage, *programs: Program) -> Pace:
    """The pace of programs, between their first thing and the last of `total`."""
    wait_for(lambda: count() > 0, *programs, pause=0.005)
    samples = [(time.perf_counter(), count())]
    stage.advance(samples[0][1])
    still = 0
    while samples[-1][1] < total:
        time.sleep(0.05)
        for program in programs:
            program.check()
        seen = count()
        still = 0 if seen > samples[-1][1] else still + 1
        if still > 2_400:
            raise BenchError(f"Nothing has moved for two minutes at {seen:,} of {total:,}.")
        stage.advance(seen - samples[-1][1])
        samples.append((time.perf_counter(), seen))
    return pace_of(samples)


def folded(conn: psycopg.Connection[Any], topic: str = WORK_TOPIC) -> int:
    """How many records of the topic are folded and committed."""
    rows = conn.execute("SELECT next_offset FROM event_positions WHERE topic = %s", [topic])
    return sum(offset for (offset,) in rows)


def has_heard(conn: psycopg.Connection[Any], records: int) -> bool:
    """Whether so many records of the organization are in."""
    return folded(conn, ORGANIZATION_TOPIC) >= records
