"""CloudEvents in binary mode: the attributes are headers, the value is the bare protobuf."""

from datetime import UTC, datetime

from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from runtime.events.records import Record

_PROPAGATOR = TraceContextTextMapPropagator()


def cloud_event(
    *,
    topic: str,
    event_id: str,
    type: str,  # noqa: A002
    source: str,
    time: datetime,
    subject: str,
    value: bytes,
) -> Record:
    """A record whose key is `subject`, with ce_* headers and the trace context of the current span."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event_id,
        "ce_type": type,
        "ce_source": source,
        "ce_time": time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "ce_subject": subject,
        "content-type": "application/protobuf",
    }
    _PROPAGATOR.inject(headers)
    return Record(topic=topic, key=subject, value=value, headers=headers)
