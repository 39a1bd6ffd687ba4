"""What every page has at hand: the portal, and one visit of a browser."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.datastructures import URL
from starlette.exceptions import HTTPException

from portal.clients import Connections, Doors
from portal.store import Session, Sessions
from portal.web.assets import asset_url
from portal.web.filters import FILTERS
from portal.web.hub import Hub
from portal.web.languages import LANGUAGES, Language
from portal.web.menu import NOTICES, Entry, menu_of
from runtime.errors import Denied
from working_calendar import WorkingCalendar

TEMPLATES = Path(__file__).parents[1] / "templates"
# The prefix makes browsers insist on https (or loopback), this host and the whole of it.
SESSION_COOKIE = "__Host-congvu"
LANGUAGE_COOKIE = "congvu-language"


class RefusedError(Denied):
    """The portal itself denies, and says so; what another service denies is shown as what is not there."""


class SignInNeededError(Exception):
    """The page is for those who signed in; the browser is sent there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """The parts that all visits share. `own` are the doors of the portal itself, which sees all scores."""

    connections: Connections
    own: Doors
    sessions: Sessions
    hub: Hub
    calendar: WorkingCalendar
    clock: Callable[[], datetime]
    templates: Environment = field(default_factory=lambda: make_templates())


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of someone who signed in. `doors` speak for them."""

    request: Request
    portal: Portal
    session: Session
    language: Language
    doors: Doors

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.portal.clock()

    def is_evaluator(self) -> bool:
        """Whether all scores are open to them."""
        return "evaluator" in self.session.roles

    def require_role(self, *roles: str) -> None:
        """Denied unless they have one of the roles."""
        if not self.session.roles & set(roles):
            raise RefusedError(
                self.language.say("This page is for evaluators of the city; it is not open to your account.")
            )

    def menu(self) -> Sequence[Entry]:
        """The pages that are for them, in order."""
        return menu_of(self.session, self.request.url.path)

    def notice(self) -> str:
        """What a form has just done, as a sentence to be said; empty when none was sent."""
        return NOTICES.get(self.request.query_params.get("done", ""), "")

    def page(self, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """A page or a part of one. In templates: `visit`, `t` (say), `lang`, and the values."""
        return render(self.portal, template, self.language, status=status, visit=self, here=self._here(), **values)

    def _here(self) -> str:
        """The address of the page; a refused form stands on the page that it came from."""
        url = self.request.url if self.request.method == "GET" else URL(self.request.headers.get("referer", ""))
        return f"{url.path}?{url.query}" if url.query else url.path or "/"

    def back_to(self, path: str, *, done: str = "") -> Response:
        """Where a form leads to after it was done; `done` is a key of NOTICES."""
        return RedirectResponse(f"{path}{'&' if '?' in path else '?'}done={done}" if done else path, status_code=303)


def portal_of(request: Request) -> Portal:
    """Dependency: what all visits share."""
    portal: Portal = request.app.state.portal
    return portal


def language_of(request: Request) -> Language:
    """Dependency: the language that the browser chose; Vietnamese unless it chose another."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    zone = portal_of(request).calendar.timezone
    return Language(chosen if chosen in LANGUAGES else LANGUAGES[0], zone)


def signed_in(request: Request) -> Visit:
    """Dependency: the visit. Raises SignInNeededError without a session."""
    portal = portal_of(request)
    secret = request.cookies.get(SESSION_COOKIE, "")
    session = portal.sessions.find(secret) if secret else None
    if session is None:
        raise SignInNeededError
    return Visit(
        request=request,
        portal=portal,
        session=session,
        language=language_of(request),
        doors=portal.connections.of(session.token),
    )


Signed = Annotated[Visit, Depends(signed_in)]


async def send_to_sign_in(request: Request, error: Exception) -> Response:
    """The page to sign in at, which leads back here; a form gets back what was typed, parts and streams a plain 401."""
    if request.url.path.startswith(("/live", "/parts/")):
        return Response(status_code=401)
    if request.method != "GET":
        return await give_back_what_was_typed(request, error, status=401)
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    to = f"/sign-in?next={quote(path, safe='')}"
    if "hx-request" in request.headers:
        # A filter would put the form into the table.
        return Response(status_code=401, headers={"hx-redirect": to})
    return RedirectResponse(to, status_code=303)


async def give_back_what_was_typed(request: Request, error: Exception, *, status: int = 403) -> Response:
    """The page after a form whose session has ended, with its texts."""
    typed = await _typed_in(request)
    return render(portal_of(request), "ended.html", language_of(request), status=status, typed=typed)


async def _typed_in(request: Request) -> Sequence[str]:
    """The texts of a form, to be copied into it once more."""
    try:
        form = await request.form()
    except (HTTPException, RuntimeError):
        return []
    return [value for name, value in form.multi_items() if isinstance(value, str) and " " in value.strip()]


def render(portal: Portal, template: str, language: Language, *, status: int = 200, **values: object) -> HTMLResponse:
    """A template with its language; `visit` is missing for those who did not sign in."""
    shown: Mapping[str, Any] = {"visit": None, "here": "/", "lang": language, "t": language.say, **values}
    return HTMLResponse(portal.templates.get_template(template).render(shown), status_code=status)


def make_templates() -> Environment:
    """Templates escape everything and fail at a name that is not there."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = asset_url
    environment.filters.update(FILTERS)
    return environment
