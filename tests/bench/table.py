"""Which rows there are, in their order: those that have aims, on Apache Kafka, and further ones on each engine."""

from collections.abc import Callable, Mapping

from bench.context import Bench
from bench.fold_rows import measure_fold, measure_further_fold, measure_recompute, measure_single, measure_two
from bench.import_rows import measure_import
from bench.items_rows import measure_items
from bench.live_rows import measure_live, measure_reads
from bench.memory_rows import measure_memory
from bench.month_rows import measure_month
from bench.outbox_rows import measure_further_relay, measure_intake, measure_log, measure_relay
from bench.page_rows import measure_pages
from bench.rows import Found

Measurement = Callable[[Bench], Found]

TABLE: Mapping[str, Measurement] = {
    "fold": measure_fold,
    "single": measure_single,
    "two": measure_two,
    "items": measure_items,
    "live": measure_live,
    "recompute": measure_recompute,
    "reads": measure_reads,
    "pages": measure_pages,
    "memory": measure_memory,
    "relay": measure_relay,
    "import": measure_import,
}
FURTHER: Mapping[str, Measurement] = {
    "log": measure_log,
    "log-fold": measure_further_fold,
    "log-relay": measure_further_relay,
    "intake": measure_intake,
    "month": measure_month,
}
"""Some mean something on one engine only, and have no rows on the other."""
