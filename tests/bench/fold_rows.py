"""Rows of the fold: one consumer, its stages, single transactions, two consumers, and recomputing from the log."""

import json
import signal
import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, NamedTuple

import psycopg

from bench.context import Bench, consumers_held, folded, rate_of
from bench.facts import ORGANIZATION_TOPIC, WORK_TOPIC
from bench.lab import Process, wait_for
from bench.log_rows import LogSpeed
from bench.rows import FACTS, MICROSECONDS, Figure, Row
from runtime.events import EventLog

STAGES = {
    "read": "the log is read, 500 records of a partition at a time",
    "decode": "protobuf and headers become facts",
    "load": "items, their facts and what they add at present are loaded, and their JSON is read",
    "fold": "facts are put in order, items evaluated, differences taken: the domain",
    "write": "items, contributions, sums and marks are written",
    "tick": "once a second and partition the clock moves items",
    "commit": "the offset's row is locked and moved, the transaction committed with fsync, leases renewed",
}
_BATCH = 500


class FoldedCity(NamedTuple):
    """A city whose facts are folded, and how fast that went."""

    database: str
    log_url: str
    records: int
    speed: Figure


def measure_fold(bench: Bench, speed: LogSpeed) -> tuple[FoldedCity, list[Row]]:
    """One consumer process folds the facts of a whole city."""
    lab, facts = bench.lab, bench.scale.facts
    database = lab.make_database("evaluation")
    with (
        bench.progress.stage("fold", 2 * facts) as stage,
        bench.log() as (log, url),
        lab.session(database) as conn,
        lab.service("evaluation", "consume", database=database, log=url) as consumer,
    ):
        _found(bench, log, conn, consumer)
        with consumers_held(conn):
            bench.append(log, bench.town.facts(facts), stage)
        rate = rate_of(lambda: folded(conn), facts, stage, consumer)
        records = facts + log.bounds(ORGANIZATION_TOPIC, 0).end
    city = FoldedCity(database, url, records, Figure(rate, FACTS))
    row = Row(
        name="fold, one consumer process",
        figure=city.speed,
        compared_with="bare read of the log",
        reference=speed.read,
        meaning="Facts durably folded: read, decoded, folded into items, sums and marks, committed with fsync. The"
        " database is empty at first, batches have 500 facts.",
    )
    return city, [row]


def _found(bench: Bench, log: EventLog, conn: psycopg.Connection[Any], *consumers: Process) -> None:
    """The consumers have heard of everybody and own the partitions of work."""
    records = bench.town.organization_records()
    log.append(records)
    wait_for(lambda: folded(conn, ORGANIZATION_TOPIC) == len(records) and _owners(conn) != {None}, *consumers)


def _owners(conn: psycopg.Connection[Any]) -> set[str | None]:
    rows = conn.execute("SELECT DISTINCT owner FROM event_positions WHERE topic = %s", [WORK_TOPIC]).fetchall()
    return {owner for (owner,) in rows} or {None}


def measure_stages(bench: Bench, city: FoldedCity) -> list[Row]:
    """Where the time of a fact goes, in batches and with a transaction for each."""
    facts, singles = bench.scale.facts, bench.scale.singles
    with bench.progress.stage("stages of the fold", facts + singles) as stage:
        batched = _probe(bench, city, _BATCH, facts)
        stage.advance(facts)
        single = _probe(bench, city, 1, singles)
        stage.advance(singles)
    whole = sum(batched.values())
    rows = [
        Row(
            name=f"a fact in the fold: {name}",
            figure=Figure(batched.get(name, 0.0), MICROSECONDS),
            compared_with="all stages of a fact",
            reference=Figure(whole, MICROSECONDS),
            meaning=f"Stage of the same consumer with a stopwatch in it: {told}.",
        )
        for name, told in STAGES.items()
    ]
    alone = Row(
        name="fold, a transaction for each fact",
        figure=Figure(1e6 / sum(single.values()), FACTS),
        compared_with="fold in batches of 500, same stopwatch",
        reference=Figure(1e6 / whole, FACTS),
        meaning=f"{singles:,} facts: what batches save. Of {sum(single.values()):,.0f} µs a fact then, commit takes"
        f" {single['commit']:,.0f}, load {single['load']:,.0f}, write {single['write']:,.0f}.",
    )
    return [*rows, alone]


def _probe(bench: Bench, city: FoldedCity, batch: int, facts: int) -> Mapping[str, float]:
    """Microseconds per fact by stage."""
    database = bench.lab.make_database("evaluation")
    with bench.lab.module("probe", database, city.log_url, str(batch), str(facts)) as probe:
        probe.wait()
        answer = json.loads(probe.output().splitlines()[-1])
    bench.lab.drop_database(database)
    return {name: seconds * 1e6 / answer["facts"] for name, seconds in answer["stages"].items()}


def measure_two(bench: Bench, city: FoldedCity) -> list[Row]:
    """Two consumer processes with four partitions each."""
    lab, facts = bench.lab, bench.scale.facts
    database = lab.make_database("evaluation")
    with ExitStack() as stack:
        stage = stack.enter_context(bench.progress.stage("two consumers", 2 * facts))
        log, url = stack.enter_context(bench.log())
        conn = stack.enter_context(lab.session(database))
        one = stack.enter_context(lab.service("evaluation", "consume", database=database, log=url))
        _found(bench, log, conn, one)
        two = stack.enter_context(lab.service("evaluation", "consume", database=database, log=url))
        _share(conn, one, two)
        with consumers_held(conn):
            bench.append(log, bench.town.facts(facts), stage)
        rate = rate_of(lambda: folded(conn), facts, stage, one, two)
    lab.drop_database(database)
    lab.drop_database(url)
    row = Row(
        name="fold, two consumer processes",
        figure=Figure(rate, FACTS),
        compared_with="fold, one consumer process",
        reference=city.speed,
        meaning="Four partitions each, the same facts, one database. Leases are not balanced: of two consumers the"
        " first takes every free partition and the other stands by, so the run hands four of them over by itself.",
    )
    return [row]


def _share(conn: psycopg.Connection[Any], one: Process, two: Process) -> None:
    """The first process sleeps, within its lease, while the second one takes over half of the partitions."""
    wait_for(lambda: "The service" in two.output(), one, two)
    one.send(signal.SIGSTOP)
    try:
        while not _free_half(conn):
            # It fell asleep in a transaction that holds a row.
            one.send(signal.SIGCONT)
            time.sleep(0.05)
            one.send(signal.SIGSTOP)
        wait_for(lambda: len(_owners(conn)) == 2 and None not in _owners(conn), two)
    finally:
        one.send(signal.SIGCONT)


def _free_half(conn: psycopg.Connection[Any]) -> bool:
    free = "UPDATE event_positions SET owner = NULL, lease_until = NULL WHERE topic = %s AND partition >= 4"
    conn.execute("SET lock_timeout = '200ms'")
    try:
        conn.execute(free, [WORK_TOPIC])
    except psycopg.errors.LockNotAvailable:
        return False
    finally:
        conn.execute("RESET lock_timeout")
    return True


def measure_recompute(bench: Bench, city: FoldedCity) -> list[Row]:
    """The whole log folded afresh beside the live state, which it then replaces."""
    with bench.progress.stage("recompute", city.records) as stage:
        database, url = city.database, city.log_url
        with bench.lab.service("evaluation", "recompute", database=database, log=url) as recompute:
            wait_for(lambda: "wait while" in recompute.output(), recompute, pause=0.005)
            began = time.perf_counter()
            recompute.wait()
            seconds = time.perf_counter() - began
        stage.advance(city.records)
    row = Row(
        name="recompute of the whole log",
        figure=Figure(city.records / seconds, FACTS),
        compared_with="fold, one consumer process",
        reference=city.speed,
        meaning=f"`recompute` folds all {city.records:,} records of the log (facts and organization) into a schema of"
        " its own and puts it in the place of the live state; batches have 1,000 facts, and no commit"
        " waits for the disk. The whole time counts, from its first line to its end.",
    )
    return [row]
