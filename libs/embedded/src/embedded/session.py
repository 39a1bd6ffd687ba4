"""Who the command line speaks for: the local evaluator and administrator, or the account that signed in."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from congvu.organization.v1 import service_pb2
from embedded.doors import Doors, local_token, open_doors, open_doors_as, signed_in_token
from embedded.home import Home, write_private
from runtime.timestamps import from_timestamp


@contextmanager
def caller_doors(home: Home) -> Iterator[Doors]:
    """Doors with the token of whoever signed in; without a sign-in, of the local evaluator and administrator."""
    token = signed_in_token(home, datetime.now(UTC)) or local_token(home)
    doors = open_doors_as(home, token)
    try:
        yield doors
    finally:
        doors.close()


@contextmanager
def local_doors(home: Home, *, timeout: float = 30.0) -> Iterator[Doors]:
    """Doors of the local evaluator and administrator, whoever signed in."""
    doors = open_doors(home, timeout=timeout)
    try:
        yield doors
    finally:
        doors.close()


def sign_in(home: Home, username: str, password: str) -> service_pb2.SignInResponse:
    """Trades name and password for a token and keeps it, for the owner of the home only."""
    with local_doors(home) as doors:
        answer = doors.organization.SignIn(service_pb2.SignInRequest(username=username, password=password))
    expires_at = from_timestamp(answer.expires_at).isoformat()
    write_private(
        home.sign_in_file, json.dumps({"username": username, "token": answer.token, "expires_at": expires_at})
    )
    return answer


def sign_out(home: Home) -> bool:
    """Forgets the kept token; whether there was one."""
    existed = home.sign_in_file.exists()
    home.sign_in_file.unlink(missing_ok=True)
    return existed
