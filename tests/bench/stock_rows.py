"""Rows of a consumer with few and with many items behind it: speed, WAL and memory."""

from contextlib import ExitStack
from typing import NamedTuple

from bench.context import Bench, consumers_held, folded, rate_of
from bench.rows import BYTES, FACTS, MEGABYTES, Figure, Row

# Facts after which a consumer process has seen few.
_FEW = 300


class _Behind(NamedTuple):
    """What folding the same number of facts costs with so many items behind."""

    items: int
    speed: Figure
    wal: Figure
    memory_before: Figure
    memory_after: Figure


def measure_stock(bench: Bench) -> list[Row]:
    """The same number of facts, each about another item, out of few items and out of many."""
    few = _fold_behind(bench, bench.scale.moved)
    many = _fold_behind(bench, bench.scale.stock)
    name, against = f"with {many.items:,} items behind", f"the same with {few.items:,} items behind"
    return [
        Row(
            name=f"fold {name}",
            figure=many.speed,
            compared_with=against,
            reference=few.speed,
            meaning=f"{bench.scale.moved:,} completions of items drawn from all over those that are there: whether a"
            " fact costs the same whatever the history.",
        ),
        Row(
            name=f"WAL per fact {name}",
            figure=many.wal,
            compared_with=against,
            reference=few.wal,
            meaning="Bytes that PostgreSQL writes ahead for one fact, from a checkpoint on: the first change of a page"
            " writes the page as a whole, and with many items nearly every fact is the first on its page.",
        ),
        Row(
            name=f"memory of the consumer after {many.items + bench.scale.moved:,} facts",
            figure=many.memory_after,
            compared_with=f"the same process after {_FEW:,} facts",
            reference=many.memory_before,
            meaning="Proportional set size of the process, which keeps nothing between batches.",
        ),
    ]


def _fold_behind(bench: Bench, items: int) -> _Behind:
    lab, moved = bench.lab, bench.scale.moved
    database = lab.make_database("evaluation")
    with ExitStack() as stack:
        stage = stack.enter_context(bench.progress.stage(f"{items:,} items behind", 2 * (items + moved)))
        log, url = stack.enter_context(bench.log())
        conn = stack.enter_context(lab.session(database))
        stock = bench.town.stock(items)
        bench.append(log, [next(stock) for _ in range(_FEW)], stage)
        consumer = stack.enter_context(lab.service("evaluation", "consume", database=database, log=url))
        rate_of(lambda: folded(conn), _FEW, stage, consumer)
        before = Figure(consumer.memory(), MEGABYTES)
        bench.append(log, stock, stage)
        rate_of(lambda: folded(conn) - _FEW, items - _FEW, stage, consumer)
        conn.execute("VACUUM ANALYZE")
        with consumers_held(conn):
            bench.append(log, bench.town.completions(items, moved), stage)
            lab.checkpoint()
            wal = lab.wal_position()
        rate = rate_of(lambda: folded(conn) - items, moved, stage, consumer)
        wal = lab.wal_position() - wal
        after = Figure(consumer.memory(), MEGABYTES)
    lab.drop_database(database)
    lab.drop_database(url)
    return _Behind(items, Figure(rate, FACTS), Figure(wal / moved, BYTES), before, after)
