"""Signing in."""

from datetime import datetime
from secrets import token_urlsafe
from zoneinfo import ZoneInfo

from portal.clients import Connections, find_headed, sign_in
from portal.store import Session, Sessions


def begin_session(
    connections: Connections, sessions: Sessions, *, username: str, password: str, now: datetime, zone: ZoneInfo
) -> tuple[str, Session]:
    """The secret for the browser, and the session. Raises Unauthenticated; the account's lock is organization's."""
    signed_in = sign_in(connections, username=username, password=password)
    name = ""
    headed: tuple[str, ...] = ()
    if signed_in.officer_id:
        today = now.astimezone(zone).date()
        name, headed = find_headed(connections.of(signed_in.token), signed_in.officer_id, today)
    session = Session(
        username=username,
        name=name or username,
        officer_id=signed_in.officer_id,
        roles=signed_in.roles,
        headed=headed,
        token=signed_in.token,
        csrf=token_urlsafe(24),
        expires_at=signed_in.expires_at,
    )
    secret = token_urlsafe(32)
    sessions.keep(secret, session, now=now)
    return secret, session
