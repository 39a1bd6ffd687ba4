"""The client of the load understands a real gRPC server."""

import select
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from bench.http2 import Call, Client, is_settled

METHOD = "/bench.Test/Echo"


class Echo(grpc.GenericRpcHandler):
    """Answers with what it was sent; refuses what says so."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        assert dict(handler_call_details.invocation_metadata or ())["authorization"] == "Bearer secret"
        return grpc.unary_unary_rpc_method_handler(self._echo)

    def _echo(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        if request == b"no":
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "No.")
        return request


@pytest.fixture
def address() -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((Echo(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(0)


def make_calls(address: str, requests: Sequence[bytes]) -> list[Call]:
    """Sends all at once, and waits for the answers."""
    client = Client(address, METHOD, "secret")
    calls = [Call("", 0.0, request) for request in requests]
    for call in calls:
        client.send(call)
    deadline = time.perf_counter() + 20
    while not is_settled([client]) and time.perf_counter() < deadline:
        if select.select([client], (), (), 1.0)[0]:
            client.receive()
    client.close()
    return calls


def test_each_call_gets_its_own_answer(address: str) -> None:
    requests = [str(number).encode() for number in range(500)]
    calls = make_calls(address, requests)
    assert [call.answer for call in calls] == requests
    assert all(0 < call.sent <= call.answered for call in calls)


def test_more_than_the_server_takes_at_once_waits_for_its_word(address: str) -> None:
    requests = [bytes([number]) * 15_000 for number in range(60)]
    assert [call.answer for call in make_calls(address, requests)] == requests


def test_a_call_that_is_refused_has_no_answer_and_the_others_do(address: str) -> None:
    calls = make_calls(address, [b"yes", b"no", b"yes"])
    assert [call.answer for call in calls] == [b"yes", b"", b"yes"]
    assert all(call.answered for call in calls)
