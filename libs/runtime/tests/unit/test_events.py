"""Keys to partitions, and the headers of an event."""

from datetime import datetime, timedelta, timezone

import pytest
from opentelemetry import trace

from runtime.errors import InvalidInput, Unavailable
from runtime.events import LARGEST_VALUE, LogUnavailable, Record, cloud_event, partition_of
from runtime.events.partitions import murmur2
from runtime.events.records import check_values
from runtime.telemetry import MOST_LINKS, links_of


@pytest.mark.parametrize(
    ("key", "digest"),
    [
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        ("abc", 479470107),
    ],
)
def test_the_hash_gives_the_values_of_kafkas_own_tests(key: str, digest: int) -> None:
    assert murmur2(key.encode()) == digest & 0xFFFFFFFF


def test_a_record_without_a_key_has_a_fixed_place() -> None:
    assert partition_of(None, 8) == 0
    assert {partition_of(f"task/{number}", 8) for number in range(200)} == set(range(8))
    assert {partition_of(f"task/{number}", 1) for number in range(20)} == {0}


def an_event(time: datetime) -> dict[str, str]:
    record = cloud_event(
        topic="congvu.work.v1",
        event_id="e1",
        type="congvu.work.v1.WorkEvent",
        source="work",
        time=time,
        subject="task/1",
        value=b"x",
    )
    assert (record.topic, record.key, record.value) == ("congvu.work.v1", "task/1", b"x")
    return dict(record.headers)


def test_an_event_is_a_cloud_event_in_binary_mode() -> None:
    assert an_event(datetime(2026, 3, 1, 7, tzinfo=timezone(timedelta(hours=7)))) == {
        "ce_specversion": "1.0",
        "ce_id": "e1",
        "ce_type": "congvu.work.v1.WorkEvent",
        "ce_source": "work",
        "ce_time": "2026-03-01T00:00:00Z",
        "ce_subject": "task/1",
        "content-type": "application/protobuf",
    }


def test_an_event_carries_the_trace_and_a_consumer_links_to_it() -> None:
    context = trace.SpanContext(trace_id=0xABC, span_id=0xDEF, is_remote=False, trace_flags=trace.TraceFlags(1))
    with trace.use_span(trace.NonRecordingSpan(context)):
        headers = an_event(datetime.now().astimezone())
    (link,) = links_of([headers, {}, headers, {"traceparent": "nonsense"}])
    assert (link.context.trace_id, link.context.span_id) == (0xABC, 0xDEF)


def test_a_large_batch_links_to_its_first_traces_only() -> None:
    headers = [{"traceparent": f"00-{number:032x}-{number:016x}-01"} for number in range(1, 500)]
    assert len(links_of(headers)) == MOST_LINKS


def test_a_value_that_no_log_takes_is_refused_by_its_name() -> None:
    largest = Record(topic="congvu.work.v1", key="task/1", value=b"x" * LARGEST_VALUE)
    check_values([largest])
    with pytest.raises(InvalidInput, match=r"congvu\.work\.v1 with the key 'task/2' has 1048577 bytes.* 1048576"):
        check_values([largest, Record(topic="congvu.work.v1", key="task/2", value=b"x" * (LARGEST_VALUE + 1))])


def test_a_log_that_does_not_answer_is_something_that_may_be_tried_again() -> None:
    assert issubclass(LogUnavailable, Unavailable)
