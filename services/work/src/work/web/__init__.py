"""The HTTP door: CloudEvents of systems outside, the same intake as over gRPC."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from runtime.auth import Caller, TokenVerifier
from runtime.errors import Denied, InvalidInput
from runtime.web import authenticated, create_app
from work.usecases.desk import Actor, Desk
from work.usecases.intake import Outcome
from work.usecases.queue import IntakeQueue
from work.web.cloud_events import is_batch, read_body
from work.web.schema import REQUEST_BODY, RESPONSES

MAY_SEND = frozenset({"administrator", "service"})
MOST_BYTES = 16 * 1024 * 1024


def create_web(*, desk: Desk, verifier: TokenVerifier, clock: Callable[[], datetime]) -> FastAPI:
    """The app with POST /v1/work-events; its OpenAPI document is at /openapi.json."""
    app = create_app(title="CongVu work: intake of work events", verifier=verifier)
    intake = IntakeQueue(desk)

    @app.post(
        "/v1/work-events",
        summary="Record work events",
        openapi_extra={"requestBody": REQUEST_BODY},
        responses=RESPONSES,
        response_model=None,
    )
    async def post_work_events(request: Request, caller: Annotated[Caller, Depends(authenticated)]) -> JSONResponse:
        """Takes CloudEvents of type congvu.work.v1.WorkEvent: structured, batched or binary.

        In a batch each event is accepted, known already, or refused with its reason; the others stand. A single event
        that is refused is answered with 422.
        """
        if not caller.roles & MAY_SEND:
            raise Denied(f"{caller.subject} may not record work events; ask an administrator for a system's account.")
        body = await _body_of(request)
        actor = Actor(caller=caller, now=clock())
        outcome = await run_in_threadpool(lambda: intake.record(actor, read_body(request.headers, body)))
        return _answer(outcome, single=not is_batch(request.headers))

    return app


async def _body_of(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise HTTPException(413, f"The body is larger than {MOST_BYTES} bytes: send smaller batches.")
        parts.append(part)
    return b"".join(parts)


def _answer(outcome: Outcome, *, single: bool) -> JSONResponse:
    if single and outcome.refused:
        refusal = outcome.refused[0]
        raise InvalidInput(f"{refusal.reason}.", field=refusal.field)
    refused = [asdict(refusal) for refusal in outcome.refused]
    return JSONResponse({"accepted": outcome.accepted, "repeated": outcome.repeated, "refused": refused})
