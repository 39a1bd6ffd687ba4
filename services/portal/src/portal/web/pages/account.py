"""Signing in and out, the language, and the page to begin with."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

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
def show_sign_in(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name in the address
    """The form."""
    return render(portal_of(request), "sign_in.html", language_of(request), next=_own_path(next), problem="", name="")


@router.post("/sign-in", dependencies=[Depends(require_same_origin)])
def sign_in(
    request: Request,
    username: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """Begins a session; the wrong name, the wrong password and a locked account are told alike."""
    portal, language = portal_of(request), language_of(request)
    try:
        secret, session = begin_session(
            portal.connections,
            portal.sessions,
            username=username.strip()[:LONGEST_NAME],
            password=password[:LONGEST_PASSWORD],
            now=portal.clock(),
            zone=portal.calendar.timezone,
        )
    except (Unauthenticated, InvalidInput):
        said = language.say(
            "The name or the password is wrong, or there were five wrong tries: check both, or wait 15 minutes."
        )
        shown = {"next": _own_path(next), "problem": said, "name": username[:LONGEST_NAME]}
        return render(portal, "sign_in.html", language, status=401, **shown)
    response = RedirectResponse(_own_path(next), status_code=303)
    seconds = int((session.expires_at - portal.clock()).total_seconds())
    response.set_cookie(SESSION_COOKIE, secret, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax")
    return response


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
