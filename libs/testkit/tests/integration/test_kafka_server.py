"""Apache Kafka for tests and development: it starts on what it finds, stays where it was, and says what is missing."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from embedded.ports import choose_ports
from embedded.servers import ServerError
from runtime.events import Record, open_event_log
from testkit import requires
from testkit.kafka import KafkaServer

TOPIC = "congvu.organization.v1"


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cv-") as directory:
        yield Path(directory) / "kafka"


@pytest.fixture
def server(home: Path) -> Iterator[KafkaServer]:
    requires("kafka-server")
    server = KafkaServer(home)
    yield server
    server.kill()


def write(server: KafkaServer, value: bytes) -> None:
    log = open_event_log(f"kafka://{server.bootstrap}")
    log.append([Record(topic=TOPIC, key="a", value=value)])
    log.close()


def read(server: KafkaServer) -> list[bytes]:
    log = open_event_log(f"kafka://{server.bootstrap}")
    try:
        return [each.value for each in log.read(TOPIC, 0, 0, max_records=10, wait_seconds=5)]
    finally:
        log.close()


def test_what_it_took_survives_a_stop_and_a_kill_at_the_same_address(server: KafkaServer, home: Path) -> None:
    server.start()
    bootstrap = server.bootstrap
    write(server, b"1")
    server.stop()
    server.start()
    write(server, b"2")
    server.kill()
    again = KafkaServer(home)
    again.start()
    try:
        assert read(again) == [b"1", b"2"]
        assert again.bootstrap == bootstrap
    finally:
        again.kill()


def test_it_listens_on_loopback_only_and_a_leftover_is_ended(server: KafkaServer, home: Path) -> None:
    server.start()
    listening = [each.laddr.ip for each in psutil.Process(server.pid).net_connections("tcp") if each.status == "LISTEN"]
    assert set(listening) <= {"127.0.0.1", "::ffff:127.0.0.1"}
    assert len(listening) == 2
    leftover = psutil.Process(server.pid)
    heir = KafkaServer(home)
    heir.start()
    try:
        assert not server.is_running()
        assert heir.pid != leftover.pid
    finally:
        heir.kill()


def test_the_command_starts_one_that_stays_and_says_what_it_did(home: Path) -> None:
    requires("kafka-server")
    port = choose_ports(["kafka"], {})["kafka"]
    place = f"127.0.0.1:{port}"
    try:
        started = command("start", "--home", str(home), "--port", str(port))
        assert started.stdout.startswith("Apache Kafka 4.")
        assert started.stdout.endswith(f" runs on {place}; use it with KAFKA_BOOTSTRAP={place} make demo\n")
        assert f"runs already on {place}" in command("start", "--home", str(home)).stdout
        log = open_event_log(f"kafka://{place}")
        assert list(log.ends(TOPIC)) == [0]
        log.close()
    finally:
        ended = command("stop", "--home", str(home))
    assert ended.stdout == "Apache Kafka has ended.\n"
    again = command("stop", "--home", str(home))
    assert (again.returncode, again.stdout) == (0, "No Apache Kafka of this folder runs.\n")


def test_a_port_that_is_taken_is_one_sentence(home: Path) -> None:
    requires("kafka-server")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = command("start", "--home", str(home), "--port", str(port))
    assert refused.returncode == 1
    assert refused.stderr == (
        f"Port {port} of 127.0.0.1 is taken by another program; choose one that is free (--port).\n"
    )


def test_without_jars_or_java_it_says_what_is_missing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ServerError, match="there is no Java 17 or newer: no `java`"):
        KafkaServer(home).start()
    monkeypatch.setenv("PATH", str(script(home, "java", "echo 'openjdk version \"17.0.1\" 2021-10-19' >&2")))
    with pytest.raises(ServerError, match=r"the jars of Apache Kafka are not in .*/nowhere"):
        KafkaServer(home, jars=home / "nowhere").start()


def script(home: Path, name: str, text: str) -> Path:
    """A program of that name, in a directory of its own."""
    directory = home.parent / f"bin-{name}"
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return directory


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "testkit.kafka", *arguments],
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
