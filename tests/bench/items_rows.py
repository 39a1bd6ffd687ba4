"""Rows of the fold with few and with many items behind it: the cost of a fact, and its WAL."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from typing import Any

import psycopg

from bench.context import Bench, folded, follow
from bench.facts import WORK_TOPIC
from bench.fill import tables_of_items
from bench.fold_rows import make_city
from bench.programs import Effort, family_of, wait_for
from bench.rows import BYTES, MICROSECONDS, Bound, Figure, Found, Row
from congvu.work.v1 import events_pb2 as pb
from runtime.events import EventLog

_TURNS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cost:
    """What a fact costs: microseconds that pass, that are computed, and bytes of WAL."""

    passed: float
    computed: float
    wal: float


def measure_items(bench: Bench) -> Found:
    """Completions of items drawn from all over those that are there, few of them and many."""
    sizes, lab = bench.sizes, bench.lab
    with bench.log() as (log, url):
        few = _fold_stock(bench, log, url)
        many = _multiply(bench, few)
        cities = {sizes.few_items: few, sizes.items: many}
        facts = {items: bench.town.completions(items, sizes.few_items, sizes.moved * _TURNS) for items in cities}
        costs: dict[int, list[_Cost]] = {items: [] for items in cities}
        with bench.progress.stage("few and many items behind", 2 * _TURNS * sizes.moved) as stage:
            for _ in range(_TURNS):
                for items, database in cities.items():
                    costs[items].append(_complete(bench, log, url, database, facts[items]))
                    stage.advance(sizes.moved)
    for database in cities.values():
        lab.drop_database(database)
    return _rows(bench, _best(costs[sizes.few_items]), _best(costs[sizes.items]))


def _rows(bench: Bench, few: _Cost, many: _Cost) -> Found:
    sizes = bench.sizes
    name, against = f"with {sizes.items:,} items behind", f"with {sizes.few_items:,}"
    cost = Row(
        name=f"cost per fact {name}",
        figure=Figure(many.passed, MICROSECONDS),
        compared_with=against,
        reference=Figure(few.passed, MICROSECONDS),
        aim=Bound(value=1.15, kind="most"),
        least=Bound(value=1.4, kind="most"),
        meaning=f"{sizes.moved:,} completions of items drawn from all over those that are there, folded by one process;"
        f" the better of {_TURNS} turns, few and many in turn. The first {sizes.few_items:,} items were folded; the"
        " others are copies of the rows that the fold had written, each under its own id.",
    )
    computed = Row(
        name=f"processor per fact {name}",
        figure=Figure(many.computed, MICROSECONDS),
        compared_with=against,
        reference=Figure(few.computed, MICROSECONDS),
        meaning="What consumer and PostgreSQL compute for it, the writing of checkpoints included.",
    )
    wal = Row(
        name=f"WAL per fact {name}",
        figure=Figure(many.wal, BYTES),
        compared_with=against,
        reference=Figure(few.wal, BYTES),
        meaning="Bytes that PostgreSQL writes ahead for one fact, from a checkpoint on: the first change of a page"
        " writes the page as a whole, and with many items nearly every fact is the first on its page.",
    )
    return Found(key="items", rows=[cost, computed, wal])


def _fold_stock(bench: Bench, log: EventLog, url: str) -> str:
    """A city that has folded the few."""
    items, lab = bench.sizes.few_items, bench.lab
    database = make_city(bench)
    with ExitStack() as stack:
        stage = stack.enter_context(bench.progress.stage(f"{items:,} items", 2 * items))
        log.append(bench.town.organization_records())
        bench.append(log, bench.town.stock(items), stage)
        conn = stack.enter_context(lab.session(database))
        consumer = stack.enter_context(lab.service("evaluation", "consume", database=database, log=url))
        follow(lambda: folded(conn), items, stage, consumer)
    return database


def _multiply(bench: Bench, few: str) -> str:
    """A copy of the city with many items; both have indexes that were just made, and clean pages."""
    sizes, lab = bench.sizes, bench.lab
    many = lab.copy_database(few)
    with bench.progress.stage(f"{sizes.items:,} items", sizes.items) as stage, ExitStack() as stack:
        with lab.session(few) as conn:
            tables = tables_of_items(conn)
        fillers = [
            stack.enter_context(lab.module("fill", few, many, table, str(sizes.few_items), str(sizes.items)))
            for table in tables
        ]
        answers = {table: json.loads(filler.answer())["rows"] for table, filler in zip(tables, fillers, strict=True)}
        stage.advance(answers["items"])
    for database in (few, many):
        with lab.session(database) as conn:
            if database == few:
                conn.execute(f"REINDEX DATABASE {conn.info.dbname}")
            conn.execute("VACUUM ANALYZE")
    lab.checkpoint()
    os.sync()
    return many


def _complete(bench: Bench, log: EventLog, url: str, database: str, facts: Iterator[pb.WorkEvent]) -> _Cost:
    """Folds the next facts into the city, from the end of the log on."""
    lab, count = bench.lab, bench.sizes.moved
    with ExitStack() as stack:
        conn = stack.enter_context(lab.session(database))
        ends = log.ends(WORK_TOPIC)
        _stand_at(conn, ends)
        bench.append(log, islice(facts, count), _Silent())
        lab.checkpoint()
        wal, before = lab.wal_position(), sum(ends)
        consumer = stack.enter_context(lab.service("evaluation", "consume", database=database, log=url))
        wait_for(lambda: folded(conn) > before, consumer, pause=0.005)
        begun = folded(conn) - before
        postgres, python = lab.postgres_effort(), Effort(lambda: family_of(consumer.pid))
        pace = follow(lambda: folded(conn) - before, count, _Silent(), consumer)
        computed = (postgres.seconds() + python.seconds()) * 1e6 / (count - begun)
        return _Cost(passed=1e6 / pace.whole, computed=computed, wal=(lab.wal_position() - wal) / count)


def _stand_at(conn: psycopg.Connection[Any], ends: Sequence[int]) -> None:
    for partition, end in enumerate(ends):
        conn.execute(
            "UPDATE event_positions SET next_offset = %s, owner = NULL, lease_until = NULL"
            " WHERE topic = %s AND partition = %s",
            [end, WORK_TOPIC, partition],
        )


def _best(costs: Sequence[_Cost]) -> _Cost:
    return _Cost(
        passed=min(cost.passed for cost in costs),
        computed=min(cost.computed for cost in costs),
        wal=costs[-1].wal,
    )


class _Silent:
    def advance(self, steps: int) -> None:
        """Shown elsewhere."""
