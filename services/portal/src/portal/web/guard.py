"""What keeps others out: headers of every answer, and whether a form comes from a page of ours."""

from secrets import compare_digest

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.store import Session
from portal.web.context import RefusedError, Signed, Visit

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "strict-transport-security": "max-age=31536000",
}
CSRF_FIELD, CSRF_HEADER = "csrf", "x-csrf-token"
# The longest that a form has is a replaced record; files are never sent.
MOST_BODY_BYTES = 1024 * 1024


class StaleFormError(Exception):
    """A form that no page of the session has sent, or one of a session before."""


class SmallBodies:
    """Refuses bodies that no form of ours has, before they fill memory or disk."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI. Raises HTTPException inside the app, which answers it."""
        received = 0

        async def receiving() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MOST_BODY_BYTES:
                raise HTTPException(413, f"Send at most {MOST_BODY_BYTES:,} bytes.")
            return message

        await self._app(scope, receiving if scope["type"] == "http" else receive, send)


class SafeHeaders:
    """Puts the headers on every answer; what is not an asset is kept by no cache."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, sending if scope["type"] == "http" else send)


def require_same_origin(request: Request) -> None:
    """Dependency of the form to sign in at: Denied when another site sends it. Browsers always name the origin."""
    origin, host = request.headers.get("origin", ""), request.headers.get("host", "")
    if not origin or origin.partition("://")[2] == host:
        return
    raise RefusedError("The form was sent from another site; open the page here and send it again.")


def is_of_session(session: Session, given: str) -> bool:
    """Whether this is the secret that only pages of the session know."""
    return compare_digest(given.encode(), session.csrf.encode())


async def from_own_form(request: Request, visit: Signed) -> Visit:
    """Dependency of every form of someone who signed in: Denied unless it carries the session's secret."""
    require_same_origin(request)
    given = request.headers.get(CSRF_HEADER) or (await request.form()).get(CSRF_FIELD, "")
    if not isinstance(given, str) or not is_of_session(visit.session, given):
        raise StaleFormError
    return visit
