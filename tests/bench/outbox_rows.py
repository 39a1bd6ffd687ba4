"""Rows of the relay, and further ones: the log by itself, and facts from a gRPC client to the log."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg

from bench.context import KAFKA, Bench, folded, follow
from bench.facts import ORGANIZATION_TOPIC, WORK_TOPIC, in_batches
from bench.programs import wait_for
from bench.rows import FACTS, Bound, Figure, Found, Pace, Row, pace_of
from congvu.work.v1 import events_pb2 as pb
from congvu.work.v1 import service_pb2 as work_service
from congvu.work.v1.service_pb2_grpc import WorkServiceStub
from embedded.doors import Stage
from runtime.outbox import enqueue
from runtime.postgres import open_pool

_BATCH = 500


def measure_relay(bench: Bench) -> Found:
    """The way from the outbox to the log, against the bare producer."""
    relayed, facts = relay_full_outbox(bench), bench.sizes.relayed
    bare = _bare(bench, "produce", facts)
    row = Row(
        name="relay: outbox to Kafka, acknowledged",
        figure=Figure(relayed.whole, FACTS),
        compared_with="bare producer of kafka-python",
        reference=Figure(bare.whole, FACTS),
        aim=Bound(value=15_000, kind="least", of="figure"),
        least=Bound(value=0.6, kind="least"),
        meaning=f"A relay process empties an outbox of {facts:,} facts: it reads the oldest, has them acknowledged by"
        " the log, and deletes them. The bare producer (acks=all, idempotent, the same batches) sends as many of the"
        " same shape, made before, as fast as it takes them. Both rates are of the whole run, from first to last.",
    )
    return Found(key="relay", rows=[row])


def relay_full_outbox(bench: Bench) -> Pace:
    """The pace of a relay process that finds a full outbox."""
    lab, facts = bench.lab, bench.sizes.relayed
    database = lab.make_database("work")
    with bench.progress.stage("relay", 2 * facts) as stage, bench.log() as (log, url):
        _fill_outbox(bench, database, stage)
        with lab.service("work", "relay", database=database, log=url) as relay:
            pace = follow(lambda: sum(log.ends(WORK_TOPIC)), facts, stage, relay)
            with lab.session(database) as conn:
                wait_for(lambda: conn.execute("SELECT EXISTS (SELECT FROM outbox)").fetchone() == (False,), relay)
    lab.drop_database(database)
    return pace


def _fill_outbox(bench: Bench, database: str, stage: Stage) -> None:
    with open_pool(database, name="bench") as pool:
        for batch in in_batches(bench.town.facts(bench.sizes.relayed)):
            with pool.connection() as conn, conn.transaction():
                enqueue(conn, batch)
            stage.advance(len(batch))


def _bare(bench: Bench, verb: str, facts: int) -> Pace:
    """The better of two runs that write the full log's first facts onto fresh logs."""
    full, paces = bench.full_log(), []
    facts = min(facts, full.facts)
    with bench.progress.stage(f"bare {verb}", 2 * facts) as stage:
        for _ in range(2):
            with bench.log() as (_, url):
                paces.append(pace_of(bench.ask("bare", verb, url, full.url, facts)["samples"]))
            stage.advance(facts)
    return max(paces)


def measure_log(bench: Bench) -> Found:
    """Append and read through ours, with nothing else at work."""
    full = bench.full_log()
    append = _bare(bench, "append", bench.sizes.relayed)
    with bench.progress.stage("read", full.facts) as stage:
        read = pace_of(bench.ask("bare", "read", full.url, full.facts)["samples"])
        stage.advance(full.facts)
    row = Row(
        name="append to the log",
        figure=Figure(append.best, FACTS),
        compared_with="read of the log",
        reference=Figure(read.best, FACTS),
        meaning="One process appends batches of 500 to 8 partitions, each batch durable before the next; another reads"
        " them, a partition after the other, and does nothing with them.",
    )
    return Found(key="log", rows=[row])


def measure_further_relay(bench: Bench) -> Found:
    """The relay of an engine that has no bare producer, against appends."""
    if bench.engine == KAFKA:
        return Found(key="log-relay")
    relayed, append = relay_full_outbox(bench), _bare(bench, "append", bench.sizes.relayed)
    row = Row(
        name="relay: outbox to log",
        figure=Figure(relayed.best, FACTS),
        compared_with="append to the log",
        reference=Figure(append.best, FACTS),
        meaning="A relay process empties a full outbox.",
    )
    return Found(key="log-relay", rows=[row])


def measure_intake(bench: Bench) -> Found:
    """Facts of a system outside, from a gRPC client to the log, in batches."""
    lab, count, port = bench.lab, bench.sizes.intake, bench.lab.choose_port()
    database = lab.make_database("work")
    with bench.progress.stage("intake", count) as stage, bench.log() as (log, url):
        people = bench.town.organization_records()
        log.append(people)
        with (
            lab.service("work", "run", database=database, log=url, port=port) as work,
            lab.session(database) as conn,
            lab.stub(port, WorkServiceStub) as stub,
        ):
            wait_for(lambda: knows_everybody(conn, len(people)), work)
            events = bench.town.facts(count)
            began = time.perf_counter()
            taken = pace_of(list(_send(stub, events, stage)))
            wait_for(lambda: sum(log.ends(WORK_TOPIC)) >= count, work, pause=0.005)
            published = count / (time.perf_counter() - began)
    lab.drop_database(database)
    row = Row(
        name="intake through gRPC in batches of 500, until answered",
        figure=Figure(taken.best, FACTS),
        compared_with="the same until in the log",
        reference=Figure(published, FACTS),
        meaning="One client sends RecordWorkEvents, the next when the last is answered; each fact is then checked,"
        " numbered, durable and in the outbox, while the relay publishes in the same process.",
    )
    return Found(key="intake", rows=[row])


def knows_everybody(conn: psycopg.Connection[Any], people: int) -> bool:
    """Whether a service that has just been started has made its tables and heard of so many."""
    row = conn.execute("SELECT to_regclass('event_positions') IS NOT NULL").fetchone()
    return bool(row and row[0]) and folded(conn, ORGANIZATION_TOPIC) >= people


def _send(stub: Any, events: Sequence[pb.WorkEvent], stage: Stage) -> Iterator[tuple[float, int]]:
    yield time.perf_counter(), 0
    for start in range(0, len(events), _BATCH):
        batch = events[start : start + _BATCH]
        answer = stub.RecordWorkEvents(work_service.RecordWorkEventsRequest(events=batch))
        if answer.accepted != len(batch):
            raise ValueError(f"The intake refused {len(answer.refused)} facts, the first: {answer.refused[0].reason}")
        stage.advance(len(batch))
        yield time.perf_counter(), start + len(batch)
