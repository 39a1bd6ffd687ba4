"""Signing in and out, the language, and the page to begin with."""

from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote

from anyio import CapacityLimiter, fail_after, to_thread
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from portal.store import Session
from portal.usecases.signing_in import begin_session
from portal.web.context import (
    LANGUAGE_COOKIE,
    SESSION_COOKIE,
    Signed,
    Visit,
    language_of,
    portal_of,
    render,
)
from portal.web.guard import from_own_form, require_same_origin
from portal.web.languages import LANGUAGES
from runtime.errors import InvalidInput, Unauthenticated

LONGEST_NAME, LONGEST_PASSWORD = 100, 200
YEAR_SECONDS = 365 * 24 * 3600
# Passwords are dear to check: so many are checked at once, and so long others wait for their turn.
MOST_AT_ONCE, TURN_SECONDS = 4, 8.0
_TURNS = CapacityLimiter(MOST_AT_ONCE)

router = APIRouter(include_in_schema=False)


@router.get("/")
def show_first_page(visit: Signed) -> Response:
    """Leads to what the caller needs first: their unit, the city, or their own score."""
    if visit.session.headed:
        return visit.back_to(f"/units/{visit.session.headed[0]}")
    if visit.is_evaluator():
        return visit.back_to("/city")
    return visit.back_to("/me")


@router.get("/sign-in")
async def show_sign_in(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name in the address
    """The form. It waits for nothing; as a plain function it would cost a thread's turn."""
    return _form(request, _own_path(next))


@router.post("/sign-in", dependencies=[Depends(require_same_origin)])
async def sign_in(
    request: Request,
    username: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """Begins a session; the wrong name, the wrong password and a locked account are told alike."""
    portal, language, name = portal_of(request), language_of(request), username.strip()[:LONGEST_NAME]

    def begin() -> tuple[str, Session]:
        portal.sessions.end(request.cookies.get(SESSION_COOKIE, ""))
        known = {"username": name, "password": password[:LONGEST_PASSWORD]}
        return begin_session(
            portal.connections, portal.sessions, **known, now=portal.clock(), zone=portal.calendar.timezone
        )

    try:
        secret, session = await _in_turn(begin)
    except (Unauthenticated, InvalidInput):
        said = language.say(
            "The name or the password is wrong, or there were five wrong tries: check both, or wait 15 minutes."
        )
        return _form(request, _own_path(next), status=401, problem=said, name=name)
    except TimeoutError:
        said = language.say("Too many people are signing in at this moment: try again in a few seconds.")
        return _form(request, _own_path(next), status=503, problem=said, name=name)
    response = RedirectResponse(_own_path(next), status_code=303)
    seconds = int((session.expires_at - portal.clock()).total_seconds())
    response.set_cookie(SESSION_COOKIE, secret, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax")
    return response


async def _in_turn(begin: Callable[[], tuple[str, Session]]) -> tuple[str, Session]:
    """Few at a time, while the others wait without a thread of the pages. Raises TimeoutError."""
    with fail_after(TURN_SECONDS):
        await _TURNS.acquire_on_behalf_of(begin)
    try:
        return await to_thread.run_sync(begin)
    finally:
        _TURNS.release_on_behalf_of(begin)


def _form(request: Request, next_path: str, *, status: int = 200, problem: str = "", name: str = "") -> Response:
    here = f"/sign-in?next={quote(next_path, safe='')}"
    shown = {"next": next_path, "problem": problem, "name": name, "here": here}
    return render(portal_of(request), "sign_in.html", language_of(request), status=status, **shown)


FromForm = Annotated[Visit, Depends(from_own_form)]


@router.post("/sign-out")
def sign_out(visit: FromForm) -> Response:
    """Ends this session."""
    visit.portal.sessions.end(visit.request.cookies[SESSION_COOKIE])
    return _signed_out()


@router.post("/sign-out-everywhere")
def sign_out_everywhere(visit: FromForm) -> Response:
    """Ends every session of the account; open pages elsewhere notice within seconds."""
    visit.portal.sessions.end_all(visit.session.username)
    return _signed_out()


@router.post("/language", dependencies=[Depends(require_same_origin)])
def choose_language(
    code: Annotated[str, Form()],
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """Remembers the language in the browser."""
    response = RedirectResponse(_own_path(next), status_code=303)
    if code in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, code, max_age=YEAR_SECONDS, secure=True, samesite="lax")
    return response


@router.get("/account")
def show_account(visit: Signed) -> Response:
    """Who is signed in, and the ways out."""
    return visit.page("account.html")


def _signed_out() -> Response:
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(SESSION_COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return response


def _own_path(path: str) -> str:
    """A path of this site; anything that could lead elsewhere becomes the first page."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"
