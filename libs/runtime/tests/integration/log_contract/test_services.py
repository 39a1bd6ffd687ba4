"""What services do with a log: start together, follow its traces, take their time, empty a full outbox."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from runtime.events import TOPICS, EventLog, StoredRecord, cloud_event, consumer
from runtime.outbox import enqueue
from runtime.postgres import Pool
from testkit.records import all_records
from testkit.waiting import wait_until

from ..consuming import Handler, all_applied, append, applied, consuming, expected, query
from ..logs import MANY, ONE, read_all, record
from ..relaying import relaying, rows_left
from .engines import OpenLog

ROWS = 30_000


def test_any_number_of_starters_at_once_make_one_log(open_log: OpenLog) -> None:
    with ThreadPoolExecutor(6) as pool:
        logs = list(pool.map(lambda _: open_log(), range(6)))
    for number, log in enumerate(logs):
        log.append([record("task/1", str(number).encode(), ONE)])
    for log in logs:
        assert [each.value for each in read_all(log, ONE, 0)] == [b"0", b"1", b"2", b"3", b"4", b"5"]
        for topic, declared in TOPICS.items():
            assert len(log.ends(topic)) == declared.partitions


def test_what_a_consumer_does_is_linked_to_what_was_traced_where_the_event_was_written(
    log: EventLog, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    tracer = provider.get_tracer("test")
    monkeypatch.setattr(consumer, "tracer", tracer)
    with tracer.start_as_current_span("assign a task") as writing, pool.connection() as conn:
        enqueue(
            conn,
            [
                cloud_event(
                    topic=MANY,
                    event_id="1",
                    type="congvu.work.v1.WorkEvent",
                    source="work",
                    time=datetime.now(UTC),
                    subject="task/1",
                    value=b"x",
                )
            ],
        )
    with relaying(pool, log), consuming(pool, log, Handler()):
        wait_until(lambda: applied(pool) != {})
    (consuming_span,) = [span for span in spans.get_finished_spans() if span.name == f"consume {MANY}"]
    (link,) = consuming_span.links
    written = writing.get_span_context()
    assert (link.context.trace_id, link.context.span_id) == (written.trace_id, written.span_id)


@pytest.mark.parametrize(
    ("seconds", "who"), [(3, "slow"), pytest.param(50, "other", marks=pytest.mark.long)], ids=["keeps", "is-cut"]
)
def test_a_slow_consumer_loses_nothing(log: EventLog, pool: Pool, seconds: float, who: str) -> None:
    """Slower than its lease it keeps what it has: it holds the row. After 30 s without a word PostgreSQL cuts it off,
    and another takes over; 50 s are also longer than a session of Apache Kafka's groups may be.
    """
    slept: list[int] = []

    def sleep_once(records: Sequence[StoredRecord]) -> None:
        if not slept:
            slept.append(records[0].partition)
            time.sleep(seconds)

    append(log, 100)
    with consuming(pool, log, Handler("slow", before=sleep_once), lease_seconds=1, batch=10):
        wait_until(lambda: slept != [])
        with consuming(pool, log, Handler("other"), lease_seconds=1, batch=10):
            append(log, 100, start=100)
            wait_until(all_applied(pool, log), seconds + 20)
            append(log, 100, start=200)
            wait_until(all_applied(pool, log))
    assert applied(pool) == expected(log)
    first = f"SELECT consumer FROM applied WHERE partition = {slept[0]} ORDER BY id LIMIT 1"
    assert query(pool, first) == who


def test_a_full_outbox_is_drained_in_order(log: EventLog, pool: Pool) -> None:
    for start in range(0, ROWS, 5000):
        with pool.connection() as conn:
            enqueue(
                conn, [record(f"task/{number % 500}", str(number).encode()) for number in range(start, start + 5000)]
            )
    with relaying(pool, log):
        wait_until(lambda: rows_left(pool) == 0, 120)
    found = all_records(log, MANY)
    assert len(found) == ROWS
    by_key: dict[str | None, list[int]] = {}
    for each in found:
        by_key.setdefault(each.key, []).append(int(each.value))
    assert by_key == {f"task/{key}": list(range(key, ROWS, 500)) for key in range(500)}
