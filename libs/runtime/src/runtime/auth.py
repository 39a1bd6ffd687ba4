"""Who asks: signed tokens (JWT, EdDSA over Ed25519) that every RPC and HTTP request carries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from runtime.errors import Unauthenticated

# The name of EdDSA with this curve since RFC 9864.
ALGORITHM = "Ed25519"
# Callers send the same token until it expires; to check its signature takes longer than most answers.
MOST_REMEMBERED = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks. Roles: "officer", "evaluator", "administrator", "service"; `officer_id` may be empty."""

    subject: str
    roles: frozenset[str]
    officer_id: str


def generate_keys() -> tuple[bytes, bytes]:
    """A fresh pair (private, public) as PEM."""
    key = OKPKey.generate_key("Ed25519")
    return key.as_pem(private=True), key.as_pem(private=False)


class TokenSigner:
    """Signs tokens; only the service that knows the accounts holds the private key."""

    def __init__(self, private_pem: bytes) -> None:
        self._key = OKPKey.import_key(private_pem)

    def sign(
        self, *, subject: str, roles: Iterable[str], officer_id: str = "", now: datetime, lifetime: timedelta
    ) -> str:
        """A token that is valid from `now` for `lifetime`."""
        claims = {
            "sub": subject,
            "roles": sorted(set(roles)),
            "officer_id": officer_id,
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
        }
        return jwt.encode({"alg": ALGORITHM}, claims, self._key, algorithms=[ALGORITHM])


class TokenVerifier:
    """Checks tokens against the public key. A signature is checked once, the expiry every time."""

    def __init__(self, public_pem: bytes) -> None:
        self._key = OKPKey.import_key(public_pem)
        # What fails is not remembered.
        self._remembered = lru_cache(maxsize=MOST_REMEMBERED)(self._read)

    def verify(self, token: str, now: datetime) -> Caller:
        """Who the token speaks for. Raises Unauthenticated when it is forged, broken or expired."""
        caller, expires = self._remembered(token)
        if now.timestamp() >= expires:
            raise Unauthenticated("The token has expired; sign in again.")
        return caller

    def _read(self, token: str) -> tuple[Caller, int]:
        try:
            claims = jwt.decode(token, self._key, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError):
            raise Unauthenticated("The token is not valid; sign in again.") from None
        return _caller(claims)


def _caller(claims: dict[str, Any]) -> tuple[Caller, int]:
    expires, subject, roles = claims.get("exp"), claims.get("sub"), claims.get("roles")
    if not (isinstance(expires, int) and isinstance(subject, str) and isinstance(roles, list)):
        raise Unauthenticated("The token lacks its subject, roles or expiry; sign in again.")
    caller = Caller(
        subject=subject,
        roles=frozenset(str(role) for role in roles),
        officer_id=str(claims.get("officer_id", "")),
    )
    return caller, expires
