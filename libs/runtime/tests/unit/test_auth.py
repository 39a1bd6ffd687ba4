"""Tokens: valid for their lifetime, for nobody else's key."""

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from runtime.auth import Caller, TokenSigner, TokenVerifier, generate_keys
from runtime.errors import Unauthenticated

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
PRIVATE, PUBLIC = generate_keys()


def sign(*, now: datetime = NOW, private: bytes = PRIVATE) -> str:
    signer = TokenSigner(private)
    return signer.sign(subject="lan", roles=["officer", "evaluator"], officer_id="HUE-00123", now=now, lifetime=HOUR)


def test_a_token_tells_who_asks() -> None:
    caller = TokenVerifier(PUBLIC).verify(sign(), NOW)
    assert caller == Caller(subject="lan", roles=frozenset({"officer", "evaluator"}), officer_id="HUE-00123")


def test_a_token_lasts_until_its_last_second() -> None:
    verifier = TokenVerifier(PUBLIC)
    assert verifier.verify(sign(), NOW + HOUR - timedelta(seconds=1)).subject == "lan"
    with pytest.raises(Unauthenticated, match="expired"):
        verifier.verify(sign(), NOW + HOUR)


def test_another_key_is_not_believed() -> None:
    with pytest.raises(Unauthenticated, match="not valid"):
        TokenVerifier(PUBLIC).verify(sign(private=generate_keys()[0]), NOW)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_changed_token_is_not_believed(place: int) -> None:
    parts = sign().split(".")
    parts[place] = ("B" if parts[place][0] == "A" else "A") + parts[place][1:]
    with pytest.raises(Unauthenticated):
        TokenVerifier(PUBLIC).verify(".".join(parts), NOW)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "ê.ê.ê"])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated):
        TokenVerifier(PUBLIC).verify(token, NOW)


@pytest.mark.parametrize("algorithm", ["HS256", "none"])
def test_the_public_key_does_not_pass_for_a_shared_secret(algorithm: str) -> None:
    claims = {"sub": "lan", "roles": ["administrator"], "exp": 4_000_000_000}
    head, body = (urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in ({"alg": algorithm}, claims))
    digest = urlsafe_b64encode(hmac.digest(PUBLIC, head + b"." + body, "sha256")).rstrip(b"=")
    signature = digest if algorithm == "HS256" else b""
    with pytest.raises(Unauthenticated):
        TokenVerifier(PUBLIC).verify(b".".join((head, body, signature)).decode(), NOW)


@pytest.mark.parametrize("missing", ["sub", "roles", "exp"])
def test_a_token_without_a_required_claim_is_refused(missing: str) -> None:
    claims = {"sub": "lan", "roles": ["officer"], "exp": 4_000_000_000}
    del claims[missing]
    token = jwt.encode({"alg": "Ed25519"}, claims, OKPKey.import_key(PRIVATE), algorithms=["Ed25519"])
    with pytest.raises(Unauthenticated, match="lacks"):
        TokenVerifier(PUBLIC).verify(token, NOW)


def test_a_token_that_was_believed_expires_all_the_same() -> None:
    verifier, token = TokenVerifier(PUBLIC), sign()
    assert [verifier.verify(token, NOW).subject for _ in range(2)] == ["lan", "lan"]
    with pytest.raises(Unauthenticated, match="expired"):
        verifier.verify(token, NOW + HOUR)
    assert verifier.verify(token, NOW).subject == "lan"


def test_a_token_that_was_not_believed_is_not_believed_later() -> None:
    verifier, forged = TokenVerifier(PUBLIC), sign(private=generate_keys()[0])
    for _ in range(2):
        with pytest.raises(Unauthenticated, match="not valid"):
            verifier.verify(forged, NOW)


def test_tokens_beside_each_other_keep_their_callers() -> None:
    verifier, signer = TokenVerifier(PUBLIC), TokenSigner(PRIVATE)
    tokens = {name: signer.sign(subject=name, roles=[], now=NOW, lifetime=HOUR) for name in ("lan", "minh")}
    assert [(name, verifier.verify(tokens[name], NOW).subject) for name in ["lan", "minh"] * 2] == [
        ("lan", "lan"),
        ("minh", "minh"),
    ] * 2
