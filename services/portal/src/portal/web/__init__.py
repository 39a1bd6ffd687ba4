"""The HTTP door: pages for people, live streams, and the REST door that other programs share."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.middleware.gzip import GZipMiddleware

from portal.clients import Connections, Doors
from portal.store import Sessions
from portal.web import api, live
from portal.web.assets import Assets
from portal.web.context import (
    Portal,
    SignInNeededError,
    give_back_what_was_typed,
    language_of,
    render,
    send_to_sign_in,
)
from portal.web.guard import SafeHeaders, SmallBodies, StaleFormError
from portal.web.hub import Hub
from portal.web.pages import ROUTERS
from portal.web.views import Fragments
from runtime.auth import TokenVerifier
from runtime.errors import Denied, InvalidInput, NotFound
from runtime.web import Problem, answer_problem, create_app
from working_calendar import WorkingCalendar

logger = logging.getLogger(__name__)

# Over this size answers are worth compressing.
COMPRESS_BYTES = 600


def create_web(
    *,
    connections: Connections,
    own: Doors,
    sessions: Sessions,
    hub: Hub,
    verifier: TokenVerifier,
    calendar: WorkingCalendar,
    clock: Callable[[], datetime],
) -> FastAPI:
    """The app: pages, /live, /static, and /api with its OpenAPI document at /openapi.json."""
    app = create_app(title="CongVu portal", verifier=verifier, answer=_answer)
    portal = Portal(connections=connections, own=own, sessions=sessions, hub=hub, calendar=calendar, clock=clock)
    app.state.portal, app.state.fragments = portal, Fragments(portal)
    app.add_exception_handler(SignInNeededError, send_to_sign_in)
    app.add_exception_handler(StaleFormError, give_back_what_was_typed)
    app.add_exception_handler(UnicodeEncodeError, _refuse_unicode)
    app.add_middleware(GZipMiddleware, minimum_size=COMPRESS_BYTES)
    app.add_middleware(SafeHeaders)
    app.add_middleware(SmallBodies)
    app.mount("/static", Assets())
    for router in (api.router, live.router, *ROUTERS):
        app.include_router(router)
    return app


def _answer(request: Request, problem: Problem) -> Response:
    """Programs get a problem, people a page. What another service denies is word for word what is not there."""
    if problem.title == Denied.__name__ or problem.status == 404:
        problem = Problem(status=404, title=NotFound.__name__, detail="")
    if problem.status >= 500:
        logger.warning("%s %s: %s", request.method, request.url.path, problem.detail)
        problem = replace(problem, detail="The service cannot answer at the moment; nothing is lost, try again.")
    if request.url.path.startswith(("/api/", "/live")):
        return answer_problem(request, problem)
    portal: Portal = request.app.state.portal
    return render(portal, "problem.html", language_of(request), status=problem.status, problem=problem)


async def _refuse_unicode(request: Request, error: Exception) -> Response:
    """A form in a charset that makes half letters."""
    return _answer(request, Problem(status=422, title=InvalidInput.__name__, detail="Send the form in UTF-8."))
