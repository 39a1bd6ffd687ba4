"""Traces, metrics and logs. Exported over OTLP/HTTP when an endpoint is set; otherwise no exporter runs."""

import json
import logging
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

PROPAGATOR = TraceContextTextMapPropagator()
# A batch of 500 facts names the first few of their traces; more would only be weight.
MOST_LINKS = 16
SPARING_SECONDS = 10.0

tracer = trace.get_tracer("runtime")
meter = metrics.get_meter("runtime")


def set_up_telemetry(service: str, otlp_endpoint: str) -> None:
    """Once per process, before the parts start. Empty endpoint: trace ids exist (in logs and headers), spans do not."""
    logging.basicConfig(level=logging.INFO, handlers=[_json_handler(service)], force=True)
    # It warns of every moment in which the machine had something else to do.
    logging.getLogger("kafka.net.selector").setLevel(logging.ERROR)
    # A pool tells of every attempt to reach a server that is away; whoever waits for a connection tells it once.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    resource = Resource.create({SERVICE_NAME: service})
    if not otlp_endpoint:
        trace.set_tracer_provider(TracerProvider(resource=resource, sampler=ALWAYS_OFF))
        return
    base = otlp_endpoint.rstrip("/")
    traces = TracerProvider(resource=resource)
    traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{base}/v1/traces")))
    trace.set_tracer_provider(traces)
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=f"{base}/v1/metrics"))
    metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=[reader]))


def shut_down_telemetry() -> None:
    """Sends what is left. For a process that ends without Python's exit handlers, as a fork does."""
    for provider in (trace.get_tracer_provider(), metrics.get_meter_provider()):
        if isinstance(provider, TracerProvider | MeterProvider):
            provider.shutdown()


def links_of(headers: Iterable[Mapping[str, str]]) -> list[trace.Link]:
    """Links to the traces that the records came from: the first few different ones."""
    contexts: dict[int, trace.SpanContext] = {}
    seen: set[str | None] = {None}
    for each in headers:
        parent = each.get("traceparent")
        if parent in seen:
            continue
        seen.add(parent)
        found = trace.get_current_span(PROPAGATOR.extract(each, Context())).get_span_context()
        if found.is_valid:
            contexts.setdefault(found.span_id, found)
        if len(contexts) == MOST_LINKS:
            break
    return [trace.Link(context) for context in contexts.values()]


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time, level, service, logger, message, trace_id, error."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            line["trace_id"] = trace.format_trace_id(context.trace_id)
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class SparingFilter(logging.Filter):
    """Of a talkative library the warnings, and of those one in ten seconds: in an outage it repeats itself for ever."""

    def __init__(self, library: str) -> None:
        super().__init__()
        self._library = library
        self._silent_until = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        """See logging.Filter."""
        if record.name.partition(".")[0] != self._library:
            return True
        if record.levelno < logging.WARNING or record.created < self._silent_until:
            return False
        self._silent_until = record.created + SPARING_SECONDS
        return True


def _json_handler(service: str) -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(service))
    handler.addFilter(SparingFilter("kafka"))
    return handler
