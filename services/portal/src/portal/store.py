"""Sessions in Redis. They may be lost: people sign in again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import redis

from runtime.errors import Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who is signed in at one browser. `token` speaks for them; `csrf` comes back with every form."""

    username: str
    name: str
    officer_id: str
    roles: frozenset[str]
    # Units that the officer heads, the first one first.
    headed: tuple[str, ...]
    token: str
    csrf: str
    expires_at: datetime


class Sessions:
    """Sessions by a secret that only the browser knows: Redis has its digest."""

    def __init__(self, cache: redis.Redis) -> None:
        self._cache = cache

    def keep(self, secret: str, session: Session, *, now: datetime) -> None:
        """Keeps a new session until it expires."""
        seconds = max(int((session.expires_at - now).total_seconds()), 1)
        name = _key(secret)
        values = asdict(session) | {
            "roles": sorted(session.roles),
            "headed": list(session.headed),
            "expires_at": session.expires_at.isoformat(),
        }
        with _reaching(), self._cache.pipeline(transaction=True) as pipeline:
            pipeline.set(name, json.dumps(values), ex=seconds)
            pipeline.sadd(_all_of(session.username), name)
            pipeline.expire(_all_of(session.username), seconds)
            pipeline.execute()

    def find(self, secret: str) -> Session | None:
        """The session, unless it ended."""
        with _reaching():
            kept = self._cache.get(_key(secret))
        if not isinstance(kept, bytes):
            return None
        try:
            return _read(json.loads(kept))
        except (KeyError, TypeError, ValueError):
            # Kept by another version.
            return None

    def end(self, secret: str) -> None:
        """Ends the session."""
        with _reaching():
            self._cache.delete(_key(secret))

    def end_all(self, username: str) -> None:
        """Ends every session of the account, at every browser."""
        with _reaching():
            names = self._cache.smembers(_all_of(username))
            self._cache.delete(_all_of(username), *names)


@contextmanager
def _reaching() -> Iterator[None]:
    """Redis that does not answer is a passing outage."""
    try:
        yield
    except redis.RedisError as error:
        raise Unavailable("Sessions cannot be read at the moment; try again shortly.") from error


def _read(values: dict[str, Any]) -> Session:
    made = {
        "roles": frozenset(values["roles"]),
        "headed": tuple(values["headed"]),
        "expires_at": datetime.fromisoformat(values["expires_at"]),
    }
    return Session(**values | made)


def _key(secret: str) -> str:
    return f"portal:session:{sha256(secret.encode()).hexdigest()}"


def _all_of(username: str) -> str:
    return f"portal:sessions:{username}"
