"""The gRPC server: who may call what, deadlines, traces and errors, the same for every service."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import grpc
import psycopg
import psycopg_pool
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from opentelemetry import trace

from runtime.auth import Caller, TokenVerifier
from runtime.config import ConfigError
from runtime.errors import Denied, InvalidInput, ServiceError, Unauthenticated, Unavailable
from runtime.rpc.status import LONGEST_MESSAGE, code_of, trailers_of
from runtime.telemetry import PROPAGATOR, tracer

logger = logging.getLogger(__name__)

# A stream without a deadline is cut after this; callers that still watch call again.
MOST_SECONDS = 3_600.0
MESSAGE_BYTES = 16 * 1024 * 1024
# So long may nothing come over a connection in use before the caller looks whether the server lives, and waits again.
LOOK_MILLISECONDS = 5_000
ANYONE = frozenset({"anyone"})

_HEALTH = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
_callers: WeakKeyDictionary[grpc.ServicerContext, Caller] = WeakKeyDictionary()
Behavior = Callable[[Any, grpc.ServicerContext], Any]
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
MaybeHandler: TypeAlias = "Handler | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpcService:
    """A service and who may call it: `access` maps a method's name to roles; a method not listed is denied.

    ANYONE lets in calls without a token, as signing in needs; such a call has no caller.
    """

    name: str
    add: Callable[[Any, grpc.Server], None]
    servicer: object
    access: Mapping[str, frozenset[str]]


def caller_of(context: grpc.ServicerContext) -> Caller:
    """Who makes this call. Raises Unauthenticated outside a call that was let in."""
    caller = _callers.get(context)
    if caller is None:
        raise Unauthenticated("The call carries no token; sign in.")
    return caller


class GrpcServer:
    """Serves the services, health (open to all) and reflection (any valid token).

    `workers` threads answer; a stream holds one of them while it lives. Binds at once: port 0 takes a free one.
    """

    def __init__(
        self, *, address: str, services: Sequence[GrpcService], verifier: TokenVerifier, workers: int = 8
    ) -> None:
        self._health = health.HealthServicer()
        self._server = grpc.server(
            ThreadPoolExecutor(workers, thread_name_prefix="rpc"),
            interceptors=[_Door(services, verifier)],
            options=[
                ("grpc.so_reuseport", 0),
                ("grpc.max_receive_message_length", MESSAGE_BYTES),
                ("grpc.max_send_message_length", MESSAGE_BYTES),
                # Otherwise it ends the connection of whoever looks so often.
                ("grpc.http2.min_ping_interval_without_data_ms", LOOK_MILLISECONDS // 2),
            ],
        )
        self._names = [service.name for service in services]
        for service in services:
            service.add(service.servicer, self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection([*self._names, _HEALTH, reflection.SERVICE_NAME], self._server)
        self.port = self._bind(address)

    def start(self) -> None:
        """Begins to answer; returns at once."""
        self._server.start()
        for name in ("", *self._names):
            self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    def stop(self, grace: float = 5) -> None:
        """Refuses new calls, gives open ones `grace` seconds, and waits."""
        self._health.enter_graceful_shutdown()
        self._server.stop(grace).wait()

    def run(self, stop: threading.Event) -> None:
        """Serves until `stop` is set: a part for `runtime.process.run_parts`."""
        self.start()
        stop.wait()
        self.stop()

    def _bind(self, address: str) -> int:
        try:
            return self._server.add_insecure_port(address)
        except RuntimeError:
            raise ConfigError(f"The gRPC door cannot open {address}; is the port taken?") from None


class _Door(grpc.ServerInterceptor):
    """Wraps every method: span, token, access, deadline, errors."""

    def __init__(self, services: Sequence[GrpcService], verifier: TokenVerifier) -> None:
        self._verifier = verifier
        self._access = {
            f"/{service.name}/{method}": roles for service in services for method, roles in service.access.items()
        }

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], MaybeHandler],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> MaybeHandler:
        """See grpc.ServerInterceptor."""
        handler = continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or method.startswith(f"/{_HEALTH}/"):
            return handler
        return _rewrap(handler, lambda behavior: self._answer(method, behavior), lambda b: self._stream(method, b))

    def _answer(self, method: str, behavior: Behavior) -> Behavior:
        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            with _span(method, context) as span, _refusing(method, context), trace.use_span(span):
                self._admit(method, context)
                return behavior(request, context)

        return answer

    def _stream(self, method: str, behavior: Behavior) -> Behavior:
        def stream(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
            with _span(method, context) as span, _refusing(method, context):
                self._admit(method, context)
                yield from _limited(behavior(request, context), span, _seconds_left(context))

        return stream

    def _admit(self, method: str, context: grpc.ServicerContext) -> None:
        if _seconds_left(context) <= 0:
            raise Unavailable("The deadline passed before the service began; call again.")
        if self._access.get(method) == ANYONE:
            return
        metadata = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        scheme, _, token = metadata.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("The call carries no token; sign in.")
        caller = self._verifier.verify(token.strip(), datetime.now(UTC))
        if not method.startswith("/grpc.reflection.") and not caller.roles & self._access.get(method, frozenset()):
            raise Denied(f"{caller.subject} may not call {method}; ask an administrator for the role.")
        _callers[context] = caller


def _rewrap(
    handler: Handler,
    answer: Callable[[Behavior], Behavior],
    stream: Callable[[Behavior], Behavior],
) -> Handler:
    """The same handler around another behaviour."""
    codecs = {"request_deserializer": handler.request_deserializer, "response_serializer": handler.response_serializer}
    any_handler: Any = handler
    if handler.unary_unary:
        return grpc.unary_unary_rpc_method_handler(answer(any_handler.unary_unary), **codecs)
    if handler.unary_stream:
        return grpc.unary_stream_rpc_method_handler(stream(any_handler.unary_stream), **codecs)
    if handler.stream_unary:
        return grpc.stream_unary_rpc_method_handler(answer(any_handler.stream_unary), **codecs)
    return grpc.stream_stream_rpc_method_handler(stream(any_handler.stream_stream), **codecs)


@contextmanager
def _span(method: str, context: grpc.ServicerContext) -> Iterator[trace.Span]:
    carrier = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
    span = tracer.start_span(method.lstrip("/"), PROPAGATOR.extract(carrier), trace.SpanKind.SERVER)
    try:
        yield span
    finally:
        span.end()


@contextmanager
def _refusing(method: str, context: grpc.ServicerContext) -> Iterator[None]:
    """Turns what is raised into a status; only refusals tell their sentence, anything else stays inside."""
    try:
        yield
    except ServiceError as error:
        _abort(context, error)
    except (psycopg.OperationalError, psycopg_pool.PoolTimeout) as error:
        logger.warning("%s found no database: %s", method, error)
        _abort(context, Unavailable("The service's database does not answer; try again in a moment."))
    except psycopg.DataError as error:
        # A text with a NUL, or a number that no column holds, in a place that no rule has looked at.
        logger.warning("%s was given what the database cannot hold: %s", method, error)
        _abort(context, InvalidInput("The request holds a value that cannot be stored; check its texts and numbers."))
    except Exception:
        # A behaviour that used context.abort itself has set its status already; grpc's type stubs lack code().
        if getattr(context, "code", lambda: None)() is not None:
            raise
        logger.exception("%s failed.", method)
        context.abort(grpc.StatusCode.INTERNAL, "The service failed; its log has the reason.")


def _abort(context: grpc.ServicerContext, error: ServiceError) -> None:
    context.set_trailing_metadata(trailers_of(error))
    context.abort(code_of(error), error.message[:LONGEST_MESSAGE])


def _limited(responses: Iterator[Any], span: trace.Span, seconds: float) -> Iterator[Any]:
    until = time.monotonic() + seconds
    iterator = iter(responses)
    while True:
        # The span is current only inside a step: between steps the thread is not ours.
        with trace.use_span(span):
            response = next(iterator, None)
        if response is None:
            return
        if time.monotonic() > until:
            raise Unavailable("The stream has reached its deadline; call again.")
        yield response


def _seconds_left(context: grpc.ServicerContext) -> float:
    left = context.time_remaining()
    return MOST_SECONDS if left is None else min(left, MOST_SECONDS)
