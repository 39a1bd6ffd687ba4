"""The HTTP door over a real socket."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Annotated

import httpx
import psutil
import pytest
from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse

from runtime.auth import Caller, TokenVerifier
from runtime.errors import Conflict, Denied, InvalidInput, NotFound, ServiceError, Unavailable
from runtime.web import HttpServer, authenticated, create_app
from testkit.fixtures import Keys

ERRORS: dict[str, tuple[ServiceError, int]] = {
    "invalid": (InvalidInput("Send a month.", field="period"), 422),
    "absent": (NotFound("There is no unit SNV."), 404),
    "denied": (Denied("This is not your unit."), 403),
    "conflict": (Conflict("The month is closed."), 409),
    "down": (Unavailable("The store is away."), 503),
}


def an_app(keys: Keys) -> FastAPI:
    app = create_app(title="Test", verifier=TokenVerifier(keys.public.read_bytes()))

    @app.get("/me")
    def me(caller: Annotated[Caller, Depends(authenticated)]) -> dict[str, str]:
        return {"officer_id": caller.officer_id}

    @app.get("/errors/{name}")
    def fail(name: str) -> None:
        raise ERRORS[name][0] if name in ERRORS else RuntimeError("password=secret")

    @app.get("/numbers/{number}")
    def double(number: int) -> int:
        return number * 2

    @app.get("/stream")
    def stream() -> StreamingResponse:
        def parts() -> Iterator[str]:
            yield "one "
            raise RuntimeError("password=secret")

        return StreamingResponse(parts())

    return app


@pytest.fixture(scope="module")
def client(keys: Keys) -> Iterator[httpx.Client]:
    server = HttpServer(an_app(keys), "127.0.0.1:0")
    stop = threading.Event()
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as client:
        yield client
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_health_is_open(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_a_token_tells_who_asks(client: httpx.Client, token_for: Callable[..., str]) -> None:
    headers = {"authorization": f"Bearer {token_for(officer_id='HUE-00123')}"}
    assert client.get("/me", headers=headers).json() == {"officer_id": "HUE-00123"}


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic abc"])
def test_without_a_valid_token_it_is_401(client: httpx.Client, header: str) -> None:
    answer = client.get("/me", headers={"authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.json()["title"] == "Unauthenticated"


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_is_a_problem_with_its_sentence(client: httpx.Client, name: str) -> None:
    error, status = ERRORS[name]
    answer = client.get(f"/errors/{name}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    field = "period" if name == "invalid" else ""
    assert answer.json() == {"title": type(error).__name__, "detail": error.message, "field": field}


def test_an_unexpected_failure_tells_nothing_of_the_inside(client: httpx.Client) -> None:
    answer = client.get("/errors/bug")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert set(answer.json()) == {"title", "detail", "field"}


def test_a_failure_inside_a_stream_cuts_it(client: httpx.Client) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/stream")


def test_a_wrong_parameter_names_its_field(client: httpx.Client) -> None:
    answer = client.get("/numbers/many")
    assert answer.status_code == 422
    assert answer.json()["field"] == "number"


def test_an_unknown_page_is_a_problem_too(client: httpx.Client) -> None:
    answer = client.get("/nowhere")
    assert (answer.status_code, answer.json()["detail"]) == (404, "Not Found")


def test_no_answer_waits_for_the_acknowledgement_of_its_head(client: httpx.Client) -> None:
    assert client.get("/healthz").status_code == 200
    ends = [each for each in psutil.Process().net_connections("tcp") if each.laddr.port == client.base_url.port]
    connected = [socket.socket(fileno=os.dup(each.fd)) for each in ends if each.raddr]
    options = [end.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for end in connected]
    for end in connected:
        end.close()
    assert options
    assert all(options)
