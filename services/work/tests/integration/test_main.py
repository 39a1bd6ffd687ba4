"""The service as a process: it migrates, follows the organization, answers, publishes, and ends when told to."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from congvu.work.v1 import events_pb2 as pb
from congvu.work.v1 import service_pb2 as rpc
from congvu.work.v1.service_pb2_grpc import WorkServiceStub
from runtime.errors import Unavailable
from runtime.events import EventLog, open_event_log
from runtime.rpc import open_channel
from testkit.facts import WorkEvents
from testkit.fixtures import Keys
from testkit.waiting import wait_until
from work.main import main

from .city import at, organization_of


@contextmanager
def running(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "work.main", "run"], env=os.environ | environment, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def free_address() -> str:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


def published(log: EventLog) -> list[pb.WorkEvent]:
    records = [
        record
        for partition in range(log.partitions("congvu.work.v1"))
        for record in log.read("congvu.work.v1", partition, 0, max_records=100, wait_seconds=0)
    ]
    return [pb.WorkEvent.FromString(record.value) for record in records]


def answers(call: Callable[[], object]) -> bool:
    try:
        call()
    except Unavailable:
        return False
    return True


@pytest.fixture
def environment(database_url: str, event_log_url: str, keys: Keys) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "EVENT_LOG_URL": event_log_url,
        "GRPC_ADDRESS": free_address(),
        "HTTP_ADDRESS": free_address(),
        "TOKEN_PUBLIC_KEY": str(keys.public),
    }


def test_run_follows_the_organization_takes_in_publishes_and_ends_at_a_signal(
    environment: dict[str, str], event_log_url: str, token_for: Callable[..., str]
) -> None:
    facts = WorkEvents("document/1", officer_id="an", unit_id="SNV-CCVC")
    batch = rpc.RecordWorkEventsRequest(
        events=[facts.assigned(at("2026-03-02T08:00"), due_at=at("2026-03-20")), facts.completed(at("2026-03-10"))]
    )
    with running(environment) as process, closing(open_event_log(event_log_url)) as log:
        token = token_for(roles=["service"], subject="records")
        door = WorkServiceStub(open_channel(environment["GRPC_ADDRESS"], lambda: token))
        wait_until(lambda: answers(lambda: door.ListProducts(rpc.ListProductsRequest())), seconds=30)
        assert httpx.get(f"http://{environment['HTTP_ADDRESS']}/healthz").json() == {"status": "ok"}
        assert door.RecordWorkEvents(batch).refused[0].reason == "unit SNV-CCVC is unknown"
        log.append(list(organization_of("an", "SNV-CCVC")))
        wait_until(lambda: not door.RecordWorkEvents(batch).refused)
        wait_until(lambda: len(published(log)) == 2)
        assert [event.revision for event in published(log)] == [1, 2]
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def send_until_answered(door: WorkServiceStub, event: pb.WorkEvent) -> rpc.RecordWorkEventsResponse:
    answered: list[rpc.RecordWorkEventsResponse] = []
    request = rpc.RecordWorkEventsRequest(events=[event])
    wait_until(lambda: answers(lambda: answered.append(door.RecordWorkEvents(request))), seconds=60)
    return answered[-1]


def test_what_was_committed_and_not_answered_is_known_when_it_is_sent_again(
    environment: dict[str, str], event_log_url: str, token_for: Callable[..., str]
) -> None:
    def tell(number: int) -> int:
        """Six facts of an item, one after the other; gives how many were known already."""
        facts = WorkEvents(f"document/{number}", officer_id="an", unit_id="SNV-CCVC")
        events = [facts.assigned(at("2026-03-02T08:00"), due_at=at("2026-03-20"))]
        events += [facts.citizen_rated(at("2026-03-03T08:00"), stars=stars) for stars in (1, 2, 3, 4, 5)]
        told = [send_until_answered(door, event) for event in events]
        assert [answer.accepted + answer.repeated_events for answer in told] == [1] * 6
        return sum(answer.repeated_events for answer in told)

    token = token_for(roles=["service"], subject="records")
    door = WorkServiceStub(open_channel(environment["GRPC_ADDRESS"], lambda: token))
    crash = {"CRASH_AT": "intake.after-commit", "CRASH_AFTER": "3"}
    with closing(open_event_log(event_log_url)) as log, ThreadPoolExecutor(8) as threads:
        log.append(list(organization_of("an", "SNV-CCVC")))
        with running(environment | crash) as dying:
            wait_until(lambda: is_known(environment["DATABASE_URL"], "an"), seconds=30)
            known = [threads.submit(tell, number) for number in range(8)]
            assert dying.wait(30) == -signal.SIGKILL
        with running(environment):
            assert sum(each.result() for each in known) >= 1
            wait_until(lambda: len({event.event_id for event in published(log)}) == 48)
        revisions = {(event.work_id, event.revision): event.event_id for event in published(log)}
    assert revisions == {
        (f"document/{item}", revision): f"document/{item}#{revision}" for item in range(8) for revision in range(1, 7)
    }


def is_known(database_url: str, officer_id: str) -> bool:
    with psycopg.connect(database_url) as conn:
        if conn.execute("SELECT to_regclass('known_officers')").fetchone() == (None,):
            return False
        return conn.execute("SELECT FROM known_officers WHERE officer_id = %s", [officer_id]).fetchone() is not None


@pytest.mark.parametrize("arguments", [[], ["dance"], ["run", "serve"]])
def test_a_wrong_verb_is_answered_with_the_right_ones(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "run | serve | consume | relay | migrate" in capsys.readouterr().err


def test_a_wrong_calendar_stops_the_service_with_its_place(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "city.yaml"
    file.write_text("culture_day_off: perhaps")
    for name, value in {**environment, "CALENDAR": str(file)}.items():
        monkeypatch.setenv(name, value)
    assert main(["migrate"]) == 2
    assert "city.yaml, key culture_day_off" in capsys.readouterr().err
