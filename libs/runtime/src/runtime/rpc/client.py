"""Channels to other services: token, deadline and trace context go with every call, errors come back as they were."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import grpc
from opentelemetry.trace import SpanKind

from runtime.rpc.server import LOOK_MILLISECONDS, MESSAGE_BYTES
from runtime.rpc.status import error_of
from runtime.telemetry import PROPAGATOR, tracer

# gRPC would wait up to two minutes before it looks again at a service that was down.
_OPTIONS = [
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    ("grpc.max_send_message_length", MESSAGE_BYTES),
    # A stream on which nothing comes looks whether the other side still lives: a frozen one never ends it.
    ("grpc.keepalive_time_ms", LOOK_MILLISECONDS),
    ("grpc.keepalive_timeout_ms", LOOK_MILLISECONDS),
    ("grpc.http2.ping_timeout_ms", LOOK_MILLISECONDS),
    ("grpc.http2.max_pings_without_data", 0),
]


def open_channel(address: str, token: Callable[[], str], *, timeout: float = 30.0) -> grpc.Channel:
    """A channel for generated stubs. `token` is asked at every call; a call may pass its own `timeout`.

    Failures are errors of runtime.errors; `.future()` calls wait for the answer.
    """
    return speak_for(open_connection(address), token, timeout=timeout)


def open_connection(address: str) -> grpc.Channel:
    """The connection alone, to `speak_for` many callers."""
    return grpc.insecure_channel(address, options=_OPTIONS)


def speak_for(connection: grpc.Channel, token: Callable[[], str], *, timeout: float = 30.0) -> grpc.Channel:
    """The channel of one caller over a connection that is shared; see `open_channel`."""
    return grpc.intercept_channel(connection, _Completing(token, timeout))


class _Details(NamedTuple):
    method: str
    timeout: float | None
    metadata: Any
    credentials: Any
    wait_for_ready: Any
    compression: Any


class _Completing(
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamUnaryClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    def __init__(self, token: Callable[[], str], timeout: float) -> None:
        self._token = token
        self._timeout = timeout

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return self._one(continuation, client_call_details, request)

    def intercept_stream_unary(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return self._one(continuation, client_call_details, request_iterator)

    def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return self._many(continuation, client_call_details, request)

    def intercept_stream_stream(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return self._many(continuation, client_call_details, request_iterator)

    def _one(self, continuation: Any, details: Any, request: Any) -> Any:
        method = _text(details.method)
        with tracer.start_as_current_span(method.lstrip("/"), kind=SpanKind.CLIENT):
            call = continuation(self._complete(details), request)
            failure = call.exception()
            if isinstance(failure, grpc.RpcError):
                raise error_of(failure, method) from None
            return call

    def _many(self, continuation: Any, details: Any, request: Any) -> Any:
        with tracer.start_as_current_span(_text(details.method).lstrip("/"), kind=SpanKind.CLIENT):
            return _Answers(continuation(self._complete(details), request), _text(details.method))

    def _complete(self, details: Any) -> _Details:
        carrier: dict[str, str] = {}
        PROPAGATOR.inject(carrier)
        metadata = [*(details.metadata or ()), *carrier.items(), ("authorization", f"Bearer {self._token()}")]
        return _Details(
            method=details.method,
            timeout=self._timeout if details.timeout is None else details.timeout,
            metadata=metadata,
            credentials=details.credentials,
            wait_for_ready=details.wait_for_ready,
            compression=details.compression,
        )


class _Answers:
    """A stream of responses whose failures are errors of runtime.errors; the rest (cancel …) is the call's own."""

    def __init__(self, call: Any, method: str) -> None:
        self._call = call
        self._method = method

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            return next(self._call)
        except grpc.RpcError as failure:
            raise error_of(failure, self._method) from None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)


def _text(method: str | bytes) -> str:
    return method.decode() if isinstance(method, bytes) else method
