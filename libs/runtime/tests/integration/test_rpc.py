"""The gRPC door over a real socket."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry import trace

from congvu.evaluation.v1 import service_pb2 as evaluation
from congvu.evaluation.v1 import service_pb2_grpc as evaluation_grpc
from congvu.work.v1 import resources_pb2 as resources
from congvu.work.v1 import service_pb2 as work
from congvu.work.v1 import service_pb2_grpc as work_grpc
from runtime.auth import TokenSigner, TokenVerifier, generate_keys
from runtime.errors import (
    Conflict,
    Denied,
    InvalidInput,
    NotFound,
    ServiceError,
    Unauthenticated,
    Unavailable,
)
from runtime.rpc import GrpcServer, GrpcService, caller_of, open_channel
from testkit.fixtures import Keys

ERRORS: dict[str, ServiceError] = {
    "invalid": InvalidInput("Ô này sai; gửi một mã công việc.", field="work_id"),
    "absent": NotFound("There is no work task/9."),
    "denied": Denied("This is not your unit."),
    "conflict": Conflict("The task is completed; reopen it first."),
    "down": Unavailable("The store is away."),
}


# Several looks long, and a little.
QUIET_SECONDS = 22.0


class Work(work_grpc.WorkServiceServicer):
    def GetWork(self, request: work.GetWorkRequest, context: grpc.ServicerContext) -> work.GetWorkResponse:  # noqa: N802
        if request.work_id in ERRORS:
            raise ERRORS[request.work_id]
        if request.work_id == "bug":
            raise RuntimeError("password=secret")
        if request.work_id == "slow":
            time.sleep(1)
        caller = caller_of(context)
        trace_id = format(trace.get_current_span().get_span_context().trace_id, "032x")
        seen = resources.Work(work_id=caller.subject, officer_id=caller.officer_id, title=trace_id)
        return work.GetWorkResponse(work=seen)


class Evaluation(evaluation_grpc.EvaluationServiceServicer):
    def WatchScorecards(  # noqa: N802
        self, request: evaluation.WatchScorecardsRequest, context: grpc.ServicerContext
    ) -> Iterator[evaluation.WatchScorecardsResponse]:
        yield evaluation.WatchScorecardsResponse()
        caller_of(context)
        yield evaluation.WatchScorecardsResponse()
        raise NotFound("There is no more.")

    def WatchMoves(  # noqa: N802
        self, request: evaluation.WatchMovesRequest, context: grpc.ServicerContext
    ) -> Iterator[evaluation.WatchMovesResponse]:
        yield evaluation.WatchMovesResponse()
        time.sleep(QUIET_SECONDS)
        yield evaluation.WatchMovesResponse()


@pytest.fixture(scope="module")
def server(keys: Keys) -> Iterator[GrpcServer]:
    both = frozenset({"officer"})
    server = GrpcServer(
        address="127.0.0.1:0",
        services=[
            GrpcService(
                name="congvu.work.v1.WorkService",
                add=work_grpc.add_WorkServiceServicer_to_server,
                servicer=Work(),  # type: ignore[abstract]
                access={"GetWork": both},
            ),
            GrpcService(
                name="congvu.evaluation.v1.EvaluationService",
                add=evaluation_grpc.add_EvaluationServiceServicer_to_server,
                servicer=Evaluation(),  # type: ignore[abstract]
                access={"WatchScorecards": both, "WatchMoves": both},
            ),
        ],
        verifier=TokenVerifier(keys.public.read_bytes()),
    )
    server.start()
    yield server
    server.stop(0)


@pytest.fixture
def channel_with(server: GrpcServer) -> Callable[..., grpc.Channel]:
    def open_with(token: str, timeout: float = 30.0) -> grpc.Channel:
        return open_channel(f"127.0.0.1:{server.port}", lambda: token, timeout=timeout)

    return open_with


@pytest.fixture
def channel(channel_with: Callable[..., grpc.Channel], token_for: Callable[..., str]) -> grpc.Channel:
    return channel_with(token_for(roles=["officer"], officer_id="HUE-00123", subject="lan"))


def get_work(channel: grpc.Channel, work_id: str = "task/1", **options: Any) -> work.GetWorkResponse:
    return work_grpc.WorkServiceStub(channel).GetWork(work.GetWorkRequest(work_id=work_id), **options)


def test_the_server_knows_who_calls(channel: grpc.Channel) -> None:
    answer = get_work(channel)
    assert (answer.work.work_id, answer.work.officer_id) == ("lan", "HUE-00123")


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_crosses_with_its_class_sentence_and_field(channel: grpc.Channel, name: str) -> None:
    with pytest.raises(ServiceError) as caught:
        get_work(channel, name)
    expected = ERRORS[name]
    assert type(caught.value) is type(expected)
    assert str(caught.value) == expected.message
    assert getattr(caught.value, "field", "") == getattr(expected, "field", "")


def test_an_unexpected_failure_tells_nothing_of_the_inside(channel: grpc.Channel) -> None:
    with pytest.raises(ServiceError) as caught:
        get_work(channel, "bug")
    assert type(caught.value) is ServiceError
    assert "secret" not in str(caught.value)


def test_a_method_that_is_not_listed_is_denied_to_all(channel: grpc.Channel) -> None:
    with pytest.raises(Denied, match="ListWork"):
        work_grpc.WorkServiceStub(channel).ListWork(work.ListWorkRequest())


def test_another_role_is_denied(channel_with: Callable[..., grpc.Channel], token_for: Callable[..., str]) -> None:
    with pytest.raises(Denied, match="GetWork"):
        get_work(channel_with(token_for(roles=["evaluator", "administrator", "service"])))


@pytest.mark.parametrize("token", ["", "x", "a.b.c"])
def test_a_token_that_is_none_is_refused(channel_with: Callable[..., grpc.Channel], token: str) -> None:
    with pytest.raises(Unauthenticated):
        get_work(channel_with(token))


def test_a_token_of_another_key_is_refused(channel_with: Callable[..., grpc.Channel]) -> None:
    signer = TokenSigner(generate_keys()[0])
    token = signer.sign(subject="lan", roles=["officer"], now=datetime.now(UTC), lifetime=timedelta(hours=1))
    with pytest.raises(Unauthenticated, match="not valid"):
        get_work(channel_with(token))


def test_an_expired_token_is_refused(channel_with: Callable[..., grpc.Channel], keys: Keys) -> None:
    signer = TokenSigner(keys.private.read_bytes())
    hour = timedelta(hours=1)
    token = signer.sign(subject="lan", roles=["officer"], now=datetime.now(UTC) - hour, lifetime=hour)
    with pytest.raises(Unauthenticated, match="expired"):
        get_work(channel_with(token))


def test_an_answer_that_comes_too_late_is_unavailable(
    channel_with: Callable[..., grpc.Channel], token_for: Callable[..., str]
) -> None:
    channel = channel_with(token_for(), timeout=0.2)
    with pytest.raises(Unavailable, match="in time"):
        get_work(channel, "slow")
    assert get_work(channel, "slow", timeout=10).work.work_id == "test"


def test_a_service_that_is_not_there_is_unavailable(token_for: Callable[..., str]) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        get_work(open_channel("127.0.0.1:1", token_for))


def test_a_stream_gives_its_answers_and_then_its_error(channel: grpc.Channel) -> None:
    answers = evaluation_grpc.EvaluationServiceStub(channel).WatchScorecards(evaluation.WatchScorecardsRequest())
    assert next(answers) == next(answers) == evaluation.WatchScorecardsResponse()
    with pytest.raises(NotFound, match="no more"):
        next(answers)


class Line:
    """A way to a port on which, once it is dead, nothing comes any more and no end."""

    def __init__(self, port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._far = socket.create_connection(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self.is_dead = False
        threading.Thread(target=self._join, daemon=True).start()

    def _join(self) -> None:
        near, _ = self._listener.accept()
        threading.Thread(target=self._forward, args=(near, self._far), daemon=True).start()
        self._forward(self._far, near)

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while said := source.recv(65_536):
                if not self.is_dead:
                    target.sendall(said)

    def close(self) -> None:
        self._listener.close()
        self._far.close()


def test_a_stream_whose_other_side_is_frozen_ends(server: GrpcServer, token_for: Callable[..., str]) -> None:
    with closing(Line(server.port)) as line:
        token = token_for(roles=["officer"])
        with open_channel(f"127.0.0.1:{line.port}", lambda: token, timeout=120) as channel:
            news = evaluation_grpc.EvaluationServiceStub(channel).WatchMoves(evaluation.WatchMovesRequest())
            next(news)
            line.is_dead = True
            began = time.monotonic()
            with pytest.raises(Unavailable):
                next(news)
            # Long before its deadline.
            assert time.monotonic() - began < 60


@pytest.mark.long
def test_a_quiet_stream_goes_on(channel: grpc.Channel) -> None:
    news = evaluation_grpc.EvaluationServiceStub(channel).WatchMoves(evaluation.WatchMovesRequest())
    assert len(list(news)) == 2


def test_a_stream_is_denied_without_its_role(
    channel_with: Callable[..., grpc.Channel], token_for: Callable[..., str]
) -> None:
    stub = evaluation_grpc.EvaluationServiceStub(channel_with(token_for(roles=["service"])))
    with pytest.raises(Denied):
        next(stub.WatchScorecards(evaluation.WatchScorecardsRequest()))


def test_health_is_open_to_all(server: GrpcServer) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest(service="congvu.work.v1.WorkService")
        answer = stub.Check(request, timeout=5)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_the_trace_of_the_caller_goes_on_in_the_server(channel: grpc.Channel) -> None:
    context = trace.SpanContext(trace_id=0xABC, span_id=0xDEF, is_remote=False, trace_flags=trace.TraceFlags(1))
    with trace.use_span(trace.NonRecordingSpan(context)):
        assert get_work(channel).work.title == format(0xABC, "032x")


def test_no_caller_outside_a_call() -> None:
    elsewhere: Any = Work()  # type: ignore[abstract]
    with pytest.raises(Unauthenticated):
        caller_of(elsewhere)
