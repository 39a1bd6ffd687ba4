"""The service as a process."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from congvu.organization.v1 import resources_pb2 as pb
from congvu.organization.v1 import service_pb2 as rpc
from congvu.organization.v1.service_pb2_grpc import OrganizationServiceStub
from organization.events import TOPIC
from organization.main import main
from runtime.errors import Unavailable
from runtime.events import open_event_log
from runtime.rpc import open_channel
from testkit.fixtures import Keys


@contextmanager
def running(verb: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "organization.main", verb], env=os.environ | environment, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def free_address() -> str:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


def until_it_answers(call: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            call()
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def test_run_migrates_serves_and_publishes_and_ends_at_a_signal(
    database_url: str, event_log_url: str, keys: Keys, token_for: Callable[..., str]
) -> None:
    address = free_address()
    environment = {
        "DATABASE_URL": database_url,
        "EVENT_LOG_URL": event_log_url,
        "GRPC_ADDRESS": address,
        "TOKEN_PUBLIC_KEY": str(keys.public),
        "TOKEN_PRIVATE_KEY": str(keys.private),
    }
    unit = rpc.EstablishUnitRequest(unit_id="HUE", kind=pb.UNIT_KIND_CITY, name="Huế", valid_from="2025-07-01")
    with running("run", environment) as process, closing(open_event_log(event_log_url)) as log:
        door = OrganizationServiceStub(open_channel(address, lambda: token_for(roles=["administrator"])))
        until_it_answers(lambda: door.GetTree(rpc.GetTreeRequest()))
        door.EstablishUnit(unit)
        (record,) = log.read(TOPIC, 0, 0, max_records=10, wait_seconds=20)
        assert record.key == "HUE"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


@pytest.mark.parametrize("arguments", [[], ["dance"], ["run", "serve"]])
def test_a_wrong_verb_is_answered_with_the_right_ones(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "run | serve | relay | migrate" in capsys.readouterr().err


def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name, value in {"DATABASE_URL": "x", "EVENT_LOG_URL": "x", "TOKEN_PUBLIC_KEY": "x"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("TOKEN_PRIVATE_KEY", raising=False)
    assert main(["serve"]) == 2
    assert "TOKEN_PRIVATE_KEY is not set" in capsys.readouterr().err
