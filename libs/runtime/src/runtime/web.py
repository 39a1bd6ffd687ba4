"""The HTTP door: a FastAPI app with one shape of error, and a server that runs as a part of the process."""

import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from opentelemetry.trace import Span, SpanKind
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime.addresses import split_address
from runtime.auth import Caller, TokenVerifier
from runtime.errors import Conflict, Denied, InvalidInput, NotFound, ServiceError, Unauthenticated, Unavailable
from runtime.telemetry import PROPAGATOR, tracer

logger = logging.getLogger(__name__)

STATUS: dict[type[ServiceError], int] = {
    InvalidInput: 422,
    NotFound: 404,
    Denied: 403,
    Unauthenticated: 401,
    Conflict: 409,
    Unavailable: 503,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a request was not done. `title` is the kind, `detail` a sentence, `field` the place, if any."""

    status: int
    title: str
    detail: str
    field: str = ""


def answer_problem(request: Request, problem: Problem) -> Response:
    """The problem as programs read it: {"title", "detail", "field"}."""
    content = {"title": problem.title, "detail": problem.detail, "field": problem.field}
    return JSONResponse(content, status_code=problem.status, media_type="application/problem+json")


def create_app(
    *, title: str, verifier: TokenVerifier, answer: Callable[[Request, Problem], Response] = answer_problem
) -> FastAPI:
    """An app with /healthz, request spans, and errors as `answer` tells them."""
    app = FastAPI(title=title, docs_url=None, redoc_url=None)
    app.state.verifier = verifier
    app.state.answer = answer
    app.add_exception_handler(ServiceError, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_form)
    app.add_exception_handler(HTTPException, _refuse_plainly)
    app.add_middleware(_Tracing)
    app.get("/healthz", include_in_schema=False)(_health)
    return app


async def authenticated(request: Request) -> Caller:
    """Dependency: who asks, by the token of the Authorization header. Raises Unauthenticated."""
    # It waits for nothing; as a plain function it would cost a thread's turn.
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("The request carries no token; sign in.")
    verifier: TokenVerifier = request.app.state.verifier
    return verifier.verify(token.strip(), datetime.now(UTC))


class HttpServer:
    """Uvicorn in a thread. The port is bound at once: "127.0.0.1:0" takes a free one."""

    def __init__(self, app: FastAPI, address: str) -> None:
        host, port = split_address(address)
        self._socket = socket.create_server((host, port), reuse_port=False)
        # Inherited by connections: head and body of an answer are sent apart, and the body would wait for the caller's
        # delayed acknowledgement of the head, 40 ms. asyncio sees to that only on sockets that it has made itself.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=5)
        self._server = uvicorn.Server(config)

    def run(self, stop: threading.Event) -> None:
        """Serves until `stop` is set; open requests get 5 s to end."""
        threading.Thread(target=self._stop_after, args=(stop,), daemon=True).start()
        self._server.run(sockets=[self._socket])

    def _stop_after(self, stop: threading.Event) -> None:
        stop.wait()
        self._server.should_exit = True


def _health() -> dict[str, str]:
    return {"status": "ok"}


class _Tracing:
    """Outermost of the app's layers: a span per request, and a problem without internals when something broke."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = f"{scope['method']} {scope['path']}"
        carrier = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        with tracer.start_as_current_span(name, PROPAGATOR.extract(carrier), SpanKind.SERVER) as span:
            await self._answer(name, scope, receive, _watched(send, scope, span))

    async def _answer(self, name: str, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception:
            logger.exception("%s failed.", name)
            if not scope.get("congvu.answered"):
                problem = Problem(status=500, title="HTTP 500", detail="The service failed; its log has the reason.")
                response = _answer(Request(scope, receive), problem)
                await response(scope, receive, send)


def _watched(send: Send, scope: Scope, span: Span) -> Send:
    async def watched(message: Message) -> None:
        if message["type"] == "http.response.start":
            scope["congvu.answered"] = True
            span.set_attribute("http.response.status_code", message["status"])
        await send(message)

    return watched


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    field = getattr(error, "field", "")
    return _answer(request, Problem(status=status, title=type(error).__name__, detail=error.message, field=field))


async def _refuse_form(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first: dict[str, Any] = dict(error.errors()[0])
    field = ".".join(str(part) for part in first["loc"][1:])
    detail = f"{field or 'The request'}: {first['msg']}."
    return _answer(request, Problem(status=422, title="InvalidInput", detail=detail, field=field))


async def _refuse_plainly(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    problem = Problem(status=error.status_code, title=f"HTTP {error.status_code}", detail=str(error.detail))
    response = _answer(request, problem)
    # 405 names what is allowed.
    response.headers.update(error.headers or {})
    return response


def _answer(request: Request, problem: Problem) -> Response:
    answer: Callable[[Request, Problem], Response] = request.app.state.answer
    return answer(request, problem)
