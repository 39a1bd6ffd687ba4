"""Rows of the fold: one consumer process against a bare poll, its stages, single transactions, two processes."""

import json
import signal
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from bench.context import KAFKA, Bench, folded, follow
from bench.facts import ORGANIZATION_TOPIC
from bench.probe import STAGES
from bench.programs import Effort, family_of, wait_for
from bench.rows import FACTS, Bound, Figure, Found, Pace, Row, Stage, pace_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """A city whose facts are folded, how fast that went, and what a fact cost to compute (µs)."""

    database: str
    pace: Pace
    python: float
    postgres: float


def make_city(bench: Bench) -> str:
    """URL of a fresh database of evaluation that has heard of everybody and of no work."""
    return bench.lab.copy_database(bench.once("founded", lambda: _found(bench)))


def _found(bench: Bench) -> str:
    lab, people = bench.lab, bench.town.organization_records()
    database = lab.make_database("evaluation")
    with (
        bench.progress.stage("everybody is told", len(people)) as stage,
        bench.log() as (log, url),
        lab.session(database) as conn,
        lab.service("evaluation", "consume", database=database, log=url) as consumer,
    ):
        log.append(people)
        wait_for(lambda: folded(conn, ORGANIZATION_TOPIC) == len(people), consumer)
        stage.advance(len(people))
    return database


def fold_log(bench: Bench, name: str, *, processes: int = 1) -> Fold:
    """Folds the run's whole log into a fresh city."""
    lab, full = bench.lab, bench.full_log()
    database = make_city(bench)
    with ExitStack() as stack:
        stage = stack.enter_context(bench.progress.stage(name, full.facts))
        conn = stack.enter_context(lab.session(database))
        consumers = [
            stack.enter_context(lab.service("evaluation", "consume", database=database, log=full.url))
            for _ in range(processes)
        ]
        wait_for(lambda: folded(conn) > 0, *consumers, pause=0.005)
        before = folded(conn)
        postgres = lab.postgres_effort()
        python = Effort(lambda: [pid for consumer in consumers for pid in family_of(consumer.pid)])
        pace = follow(lambda: folded(conn), full.facts, stage, *consumers)
        each = 1e6 / max(full.facts - before, 1)
        return Fold(database=database, pace=pace, python=python.seconds() * each, postgres=postgres.seconds() * each)


def live_fold(bench: Bench) -> Fold:
    """One consumer process over the whole log: what others are compared with."""
    return bench.once("live fold", lambda: fold_log(bench, "fold, one process"))


def measure_fold(bench: Bench) -> Found:
    """One consumer process against a bare poll, and where its time goes."""
    full = bench.full_log()
    fold, bare = live_fold(bench), _bare_poll(bench)
    timed = probe(bench, facts=full.facts, batch=0)
    row = Row(
        name="fold from the log, one consumer process",
        figure=Figure(fold.pace.best, FACTS),
        compared_with="bare poll of kafka-python" if bench.engine == KAFKA else "bare read of the log",
        reference=Figure(bare, FACTS),
        aim=Bound(value=0.45, kind="least"),
        least=Bound(value=0.3, kind="least"),
        meaning=f"{full.facts:,} facts of 8 partitions, durably folded into an empty city: decoded, folded into items,"
        " sums and marks, committed with fsync. The bare poll is a process of its own that does nothing with the same"
        " records (assign, seek, poll; defaults but for the bytes fetched); each the fastest third of its run.",
    )
    remarks = [
        f"A fact of the fold costs {fold.python:.0f} µs of processor in the consumer's process, its connection to the"
        f" log included, and {fold.postgres:.0f} µs in PostgreSQL; two threads of the process overlap them."
        f" The stages are those of the same process with a stopwatch in it: {timed.python:.0f} µs and"
        f" {timed.postgres:.0f} µs. Waiting is counted for each thread by itself, so the stages add up to more than"
        " the time that passes.",
    ]
    return Found(key="fold", rows=[row], stages=timed.stages, remarks=remarks)


def measure_further_fold(bench: Bench) -> Found:
    """The same on an engine without a bare driver, against a read of the log that does nothing else."""
    if bench.engine == KAFKA:
        return Found(key="log-fold")
    fold, full = live_fold(bench), bench.full_log()
    row = Row(
        name="fold from the log, one consumer process",
        figure=Figure(fold.pace.best, FACTS),
        compared_with="read of the log",
        reference=Figure(_bare_poll(bench), FACTS),
        meaning=f"{full.facts:,} facts into an empty city; {fold.python:.0f} µs of processor a fact in the consumer and"
        f" {fold.postgres:.0f} in PostgreSQL, which holds the log as well.",
    )
    return Found(key="log-fold", rows=[row])


def _bare_poll(bench: Bench) -> float:
    """Facts per second: the better of two runs."""
    full = bench.full_log()
    verb = "poll" if bench.engine == KAFKA else "read"
    with bench.progress.stage("bare poll", 2 * full.facts) as stage:
        paces = []
        for _ in range(2):
            paces.append(pace_of(bench.ask("bare", verb, full.url, full.facts)["samples"]).best)
            stage.advance(full.facts)
    return max(paces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """What the probe found (µs a fact)."""

    pace: Pace
    stages: list[Stage]
    python: float
    postgres: float


def probe(bench: Bench, *, facts: int, batch: int) -> Timed:
    """Folds so many facts with a stopwatch in the consumer; `batch` facts to a transaction (0: as the product does)."""
    lab, full = bench.lab, bench.full_log()
    database = make_city(bench)
    told = lab.environment(database=database, log=full.url)
    name = "stages of the fold" if not batch else "one transaction a fact"
    with (
        bench.progress.stage(name, facts) as stage,
        lab.session(database) as conn,
        lab.module("probe", str(batch), environment=told) as program,
    ):
        wait_for(lambda: folded(conn) > 0, program, pause=0.005)
        postgres = lab.postgres_effort()
        pace = follow(lambda: folded(conn), facts, stage, program)
        computed = postgres.seconds() * 1e6 / facts
        program.end(signal.SIGTERM)
        answer: Mapping[str, Any] = json.loads(program.answer())
        done = folded(conn)
    lab.drop_database(database)
    stages = [_stage(name, answer["stages"][name], done) for name in STAGES]
    return Timed(pace=pace, stages=stages, python=answer["computed"] / done, postgres=computed)


def _stage(name: str, micros: Mapping[str, float], facts: int) -> Stage:
    return Stage(name=name, **{what: spent / facts for what, spent in micros.items()})


def measure_single(bench: Bench) -> Found:
    """What batches save."""
    fold, singles = live_fold(bench), bench.sizes.singles
    alone = probe(bench, facts=singles, batch=1)
    shares = ", ".join(f"{stage.name} {stage.wall:,.0f}" for stage in alone.stages)
    row = Row(
        name="the same against one transaction per fact",
        figure=Figure(fold.pace.best, FACTS),
        compared_with="one transaction per fact",
        reference=Figure(alone.pace.best, FACTS),
        aim=Bound(value=15, kind="least"),
        least=Bound(value=10, kind="least"),
        meaning=f"The first {singles:,} facts of the same log by the same process, whose batches have one fact. Of such"
        f" a fact's time, in µs: {shares}.",
    )
    return Found(key="single", rows=[row])


def measure_two(bench: Bench) -> Found:
    """Two consumer processes that share the partitions by themselves."""
    one = live_fold(bench)
    two = fold_log(bench, "fold, two processes", processes=2)
    bench.lab.drop_database(two.database)
    row = Row(
        name="two consumer processes against one",
        figure=Figure(two.pace.best, FACTS),
        compared_with="one consumer process",
        reference=Figure(one.pace.best, FACTS),
        aim=Bound(value=1.9, kind="least"),
        least=Bound(value=1.5, kind="least"),
        meaning="The same log and an empty city again; the two share the partitions by themselves. A fact costs"
        f" {two.python:.0f} µs of processor in the consumers and {two.postgres:.0f} in PostgreSQL, with one process"
        f" {one.python:.0f} and {one.postgres:.0f}.",
    )
    return Found(key="two", rows=[row])


def measure_recompute(bench: Bench) -> Found:
    """The whole log folded afresh beside the live state, which it then replaces."""
    live, full = live_fold(bench), bench.full_log()
    paces = {count: _recompute(bench, live.database, full.records, full.url, count) for count in (1, 2)}
    row = Row(
        name="recompute of the whole log, one process",
        figure=Figure(paces[1], FACTS),
        compared_with="the live fold",
        reference=Figure(live.pace.whole, FACTS),
        aim=Bound(value=1.5, kind="least"),
        least=Bound(value=1.2, kind="least"),
        meaning=f"`recompute` folds all {full.records:,} records of the log (facts and organization) beside the live"
        " state, compares all rows and puts right those that differ, of which there are none here; the whole time"
        " counts, from its first line to its end, and the live fold likewise as a whole.",
    )
    two = Row(
        name="recompute of the whole log, two processes",
        figure=Figure(paces[2], FACTS),
        compared_with="recompute, one process",
        reference=Figure(paces[1], FACTS),
        meaning="The same with `--processes 2`, beside one process of its own.",
    )
    return Found(key="recompute", rows=[row, two])


def _recompute(bench: Bench, database: str, records: int, url: str, processes: int) -> float:
    """Records per second."""
    options = ["--processes", str(processes)] if processes > 1 else []
    with (
        bench.progress.stage(f"recompute, {processes}", records) as stage,
        bench.lab.service("evaluation", "recompute", *options, database=database, log=url) as program,
    ):
        wait_for(lambda: bool(program.output().strip()), program, pause=0.005)
        began = time.perf_counter()
        program.wait()
        seconds = time.perf_counter() - began
        stage.advance(records)
    return records / seconds
