"""Rows of the log itself, the relay and the intake."""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from bench.context import PARTITIONS, Bench, rate_of
from bench.facts import ORGANIZATION_TOPIC, WORK_TOPIC, in_batches
from bench.lab import wait_for
from bench.rows import FACTS, Figure, Row, fastest_third
from congvu.work.v1 import events_pb2 as pb
from congvu.work.v1 import service_pb2 as work_service
from congvu.work.v1.service_pb2_grpc import WorkServiceStub
from embedded.doors import Stage
from runtime.events import EventLog, Record
from runtime.outbox import enqueue
from runtime.postgres import open_pool

_BATCH = 500


class LogSpeed(NamedTuple):
    """Facts per second of the bare log, which the other rows are compared with."""

    append: Figure
    read: Figure


def measure_log(bench: Bench) -> tuple[LogSpeed, list[Row]]:
    """Bare append and bare read."""
    batches = list(in_batches(bench.town.facts(bench.scale.facts)))
    with bench.progress.stage("append and read", 2 * bench.scale.facts) as stage, bench.log() as (log, url):
        append = Figure(_pace(_append(log, batches), stage), FACTS)
        read = Figure(_pace(_read(log), stage), FACTS)
    bench.lab.drop_database(url)
    row = Row(
        name="append to the log",
        figure=append,
        compared_with="bare read of the log",
        reference=read,
        meaning="One process appends batches of 500 to 8 partitions, each batch durable before the next; then it reads"
        " all of it back, a partition after the other, 500 at a time, and does nothing with it.",
    )
    return LogSpeed(append, read), [row]


def _append(log: EventLog, batches: Iterable[Sequence[Record]]) -> Iterator[int]:
    for batch in batches:
        log.append(batch)
        yield len(batch)


def _read(log: EventLog) -> Iterator[int]:
    for partition in range(PARTITIONS):
        offset = 0
        while records := log.read(WORK_TOPIC, partition, offset, max_records=_BATCH, wait_seconds=0):
            offset = records[-1].offset + 1
            yield len(records)


def _pace(steps: Iterator[int], stage: Stage) -> float:
    """Things per second of steps that tell how many things they did."""
    samples = [(time.perf_counter(), 0)]
    for done in steps:
        samples.append((time.perf_counter(), samples[-1][1] + done))
        stage.advance(done)
    return fastest_third(samples)


def measure_relay(bench: Bench, speed: LogSpeed) -> list[Row]:
    """The way from the outbox to the log."""
    lab, facts = bench.lab, bench.scale.facts
    database = lab.make_database("work")
    with bench.progress.stage("relay", 2 * facts) as stage, bench.log() as (log, url):
        with open_pool(database, name="bench") as pool:
            for batch in in_batches(bench.town.facts(facts)):
                with pool.connection() as conn, conn.transaction():
                    enqueue(conn, batch)
                stage.advance(len(batch))
        with lab.service("work", "relay", database=database, log=url) as relay:
            rate = rate_of(lambda: sum(log.ends(WORK_TOPIC)), facts, stage, relay)
    lab.drop_database(database)
    lab.drop_database(url)
    row = Row(
        name="relay: outbox to log",
        figure=Figure(rate, FACTS),
        compared_with="append to the log",
        reference=speed.append,
        meaning="A relay process empties an outbox that is full: read the oldest 500, append them, delete them.",
    )
    return [row]


def measure_intake(bench: Bench, speed: LogSpeed) -> list[Row]:
    """Facts of a system outside, from a gRPC client to the log."""
    lab, count, port = bench.lab, bench.scale.intake, bench.lab.choose_port()
    database = lab.make_database("work")
    with bench.progress.stage("intake", count) as stage, bench.log() as (log, url):
        log.append(bench.town.organization_records())
        with (
            lab.service("work", "run", database=database, log=url, port=port) as work,
            lab.session(database) as conn,
            lab.stub(port, WorkServiceStub) as stub,
        ):
            known = "SELECT coalesce(max(next_offset), 0) FROM event_positions WHERE topic = %s"
            told = log.bounds(ORGANIZATION_TOPIC, 0).end
            wait_for(lambda: _has_table(conn) and conn.execute(known, [ORGANIZATION_TOPIC]).fetchone() == (told,), work)
            events = bench.town.facts(count)
            began = time.perf_counter()
            taken = _pace(_send(stub, events), stage)
            wait_for(lambda: sum(log.ends(WORK_TOPIC)) >= count, work, pause=0.005)
            published = count / (time.perf_counter() - began)
    lab.drop_database(database)
    lab.drop_database(url)
    return _intake_rows(taken, published, speed)


def _has_table(conn: Any) -> bool:
    return bool(conn.execute("SELECT to_regclass('event_positions') IS NOT NULL").fetchone()[0])


def _send(stub: Any, events: Sequence[pb.WorkEvent]) -> Iterator[int]:
    for start in range(0, len(events), _BATCH):
        batch = events[start : start + _BATCH]
        answer = stub.RecordWorkEvents(work_service.RecordWorkEventsRequest(events=batch))
        if answer.accepted != len(batch):
            first = answer.refused[0].reason
            raise ValueError(f"The intake refused {len(answer.refused)} facts, the first because {first}")
        yield len(batch)


def _intake_rows(taken: float, published: float, speed: LogSpeed) -> list[Row]:
    return [
        Row(
            name="intake through gRPC, until answered",
            figure=Figure(taken, FACTS),
            compared_with="append to the log",
            reference=speed.append,
            meaning="One client sends RecordWorkEvents with 500 facts each, the next when the last is answered; each is"
            " then durable, checked, numbered and in the outbox, while the relay publishes in the same process.",
        ),
        Row(
            name="intake through gRPC, until in the log",
            figure=Figure(published, FACTS),
            compared_with="append to the log",
            reference=speed.append,
            meaning="The same facts from the first call until the last of them is in the log, as a whole: the rate that"
            " the service sustains.",
        ),
    ]
