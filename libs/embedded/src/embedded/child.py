"""One service of the city as a process."""

import json
import os
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2

from embedded.processes import ProcessMark, mark_process

BACK_OFF_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
# A service that lived this long died of something new.
STEADY_SECONDS = 60.0


class Child:
    """A service's process and its restarts. `stage` is "waiting", "starting", "up" or "restarting"."""

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self.stage = "waiting"
        self.restarts = 0
        self.due = 0.0
        self._deaths = 0
        self._launched = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self, command: Sequence[str], environment: Mapping[str, str], now: float) -> ProcessMark | None:
        """Starts the process in a session of its own, so that a terminal's Ctrl-C does not reach it."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self._launched = now
        if self.stage == "waiting":
            self.stage = "starting"
        return mark_process(self._process.pid)

    @property
    def launched(self) -> bool:
        return self._process is not None

    def exit_code(self) -> int | None:
        """The exit code of a process that has ended."""
        return None if self._process is None else self._process.poll()

    def forget(self) -> None:
        """The process has ended and will be launched afresh, without a penalty."""
        self._process, self.stage = None, "waiting"

    def bury(self, now: float) -> None:
        """The process has ended of itself: it is due again after a pause that grows with every quick death."""
        self._deaths = 0 if now - self._launched > STEADY_SECONDS else self._deaths
        self.due = now + BACK_OFF_SECONDS[min(self._deaths, len(BACK_OFF_SECONDS) - 1)]
        self._deaths += 1
        self.restarts += 1
        self._process, self.stage = None, "restarting"

    def last_words(self) -> str:
        """The last line of its log that says something, shortened."""
        with self.log.open("rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - 4096))
            lines = log.read().decode(errors="replace").strip().splitlines()
        return last_sentence(lines)[-300:]


def last_sentence(lines: Sequence[str]) -> str:
    """The message of the last log record, or the last line of a traceback; indented lines only explain others."""
    for line in reversed(lines):
        if line.startswith("{"):
            with suppress(ValueError, KeyError):
                return str(json.loads(line)["message"])
        if line[:1].isalpha() or line.startswith("/"):  # a file that was refused comes first in its sentence
            return line
    return "its log says nothing"


def is_healthy(address: str, *, timeout: float = 1.0) -> bool:
    """Whether the service at the address answers gRPC health with SERVING."""
    host, _, port = address.rpartition(":")
    with socket.socket() as probe:
        probe.settimeout(timeout)
        # Far cheaper than a channel, while nobody listens yet.
        if probe.connect_ex((host, int(port))) != 0:
            return False
    with grpc.insecure_channel(address) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        try:
            answer = check(health_pb2.HealthCheckRequest(), timeout=timeout)
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
