"""The row of the memory of a consumer that has folded few and then many facts."""

import time
from contextlib import ExitStack

from bench.context import Bench, folded, follow
from bench.facts import WORK_TOPIC
from bench.fold_rows import make_city
from bench.programs import Program
from bench.rows import MEGABYTES, Bound, Figure, Found, Row
from runtime.events import open_event_log

# Writers have numbers of items of their own, further apart than they have facts.
_APART = 20_000_000


def measure_memory(bench: Bench) -> Found:
    """The same process after few facts and after many, which others write meanwhile."""
    sizes, lab = bench.sizes, bench.lab
    database, url = make_city(bench), bench.make_log_url()
    log = open_event_log(url)
    log.append(bench.town.organization_records())
    with ExitStack() as stack:
        stack.callback(log.close)
        stage = stack.enter_context(bench.progress.stage("memory of a consumer", sizes.many_facts))
        conn = stack.enter_context(lab.session(database))
        consumer = stack.enter_context(lab.service("evaluation", "consume", database=database, log=url))

        def fold(facts: int, writer: int) -> float:
            """Memory in MB once so many more are folded."""
            before = sum(log.ends(WORK_TOPIC))
            with lab.module("writer", url, str(writer * _APART), str(facts)) as program:
                follow(lambda: folded(conn) - before, facts, stage, consumer)
                program.answer()
            return settled(consumer)

        few = fold(sizes.few_facts, 0)
        many = fold(sizes.many_facts - sizes.few_facts, 1)
    lab.drop_database(database)
    row = Row(
        name=f"memory of the consumer after {sizes.many_facts:,} facts",
        figure=Figure(many, MEGABYTES),
        compared_with=f"after {sizes.few_facts:,} facts",
        reference=Figure(few, MEGABYTES),
        aim=Bound(value=1.1, kind="most"),
        least=Bound(value=1.3, kind="most"),
        meaning="Proportional set size of one process that folds what another one writes; an empty city at first.",
    )
    return Found(key="memory", rows=[row])


def settled(consumer: Program) -> float:
    """The largest of a few looks, in MB."""
    looks = []
    for _ in range(5):
        time.sleep(0.5)
        looks.append(consumer.memory())
    return max(looks)
