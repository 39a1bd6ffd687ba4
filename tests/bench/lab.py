"""The servers and processes of one run, in a temporary directory; nothing of them is left behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from embedded.environment import service_command
from embedded.memory import memory_of
from embedded.ports import choose_ports
from embedded.processes import mark_process
from embedded.servers import PostgresServer, RedisServer
from evaluation.main import MIGRATIONS as EVALUATION_MIGRATIONS
from runtime.auth import TokenSigner, generate_keys
from runtime.rpc import open_channel
from testkit.databases import Databases
from work.main import MIGRATIONS as WORK_MIGRATIONS

MIGRATIONS = {"evaluation": [EVALUATION_MIGRATIONS], "work": [WORK_MIGRATIONS]}
# However busy the machine is.
PATIENCE = 600.0
_TESTS = Path(__file__).resolve().parents[1]


class BenchError(Exception):
    """A run cannot go on; the message says why."""


class Process:
    """A process of ours. Its output goes to a file, of which the last lines explain an early end."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                command, env={**os.environ, **environment}, stdout=output, stderr=output, start_new_session=True
            )

    def check(self) -> None:
        """Raises BenchError when the process has ended by itself."""
        if self._popen.poll() is not None:
            raise BenchError(f"{self._log.stem} ended: {' / '.join(self.output().splitlines()[-5:])}")

    def output(self) -> str:
        """What it has written so far."""
        return self._log.read_text(errors="replace")

    def memory(self) -> float:
        """Proportional set size in MB."""
        mark = mark_process(self._popen.pid)
        return memory_of(mark) / 1e6 if mark else 0.0

    def send(self, number: signal.Signals) -> None:
        """Signals the process."""
        self._popen.send_signal(number)

    def wait(self) -> None:
        """Until it ends by itself, which must be with success."""
        if self._popen.wait(PATIENCE):
            self.check()

    def stop(self) -> None:
        """Asks it to end; kills it after 30 s."""
        if self._popen.poll() is None:
            self._popen.terminate()
            try:
                self._popen.wait(30)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()


class Lab:
    """A PostgreSQL and a Redis of the run's own, its keys, and the processes that it starts."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self._home = home
        self._stack = stack
        self._started = 0
        self.postgres = PostgresServer(home / "pg")
        stack.callback(self.postgres.kill)
        self.postgres.start()
        self.redis = RedisServer(home / "redis")
        stack.callback(self.redis.kill)
        self.redis.start()
        self._databases = Databases(self.postgres)
        private, public = generate_keys()
        (home / "private.pem").write_bytes(private)
        (home / "public.pem").write_bytes(public)
        self._signer = TokenSigner(private)

    def make_database(self, service: str = "") -> str:
        """URL of a fresh database, empty or migrated for a service."""
        return self._databases.url(self._databases.make(MIGRATIONS[service] if service else []))

    def drop_database(self, url: str) -> None:
        """Removes it; its disk is needed."""
        self._databases.drop(str(conninfo_to_dict(url)["dbname"]))

    @contextmanager
    def session(self, url: str) -> Iterator[psycopg.Connection[Any]]:
        """An autocommit connection."""
        with psycopg.connect(url, autocommit=True, options="-c timezone=UTC") as conn:
            yield conn

    def checkpoint(self) -> None:
        """Begins what follows with clean pages: each page's first change then costs WAL, as it does in service."""
        with self.session(self.postgres.url("postgres")) as conn:
            conn.execute("CHECKPOINT")

    def wal_position(self) -> int:
        """Bytes of WAL written since the server was made."""
        with self.session(self.postgres.url("postgres")) as conn:
            row = conn.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
        return int(row[0]) if row else 0

    @contextmanager
    def service(self, service: str, verb: str, *, database: str, log: str, port: int = 0) -> Iterator[Process]:
        """A verb of a service as a process of its own."""
        environment = {
            "DATABASE_URL": database,
            "EVENT_LOG_URL": log,
            "REDIS_URL": self.redis.url,
            "GRPC_ADDRESS": f"127.0.0.1:{port}",
            "HTTP_ADDRESS": "127.0.0.1:0",
            "TOKEN_PUBLIC_KEY": str(self._home / "public.pem"),
            "TOKEN_PRIVATE_KEY": str(self._home / "private.pem"),
        }
        with self._run(f"{service}-{verb}", service_command(service, verb), environment) as process:
            yield process

    @contextmanager
    def module(self, name: str, *arguments: str) -> Iterator[Process]:
        """A module of this package as a process of its own."""
        command = [sys.executable, "-m", f"bench.{name}", *arguments]
        path = os.pathsep.join([str(_TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
        with self._run(name, command, {"PYTHONPATH": path}) as process:
            yield process

    @contextmanager
    def _run(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Iterator[Process]:
        self._started += 1
        process = Process(command, environment, self._home / f"{name}-{self._started}.log")
        try:
            yield process
        finally:
            process.stop()

    def choose_port(self) -> int:
        """A free port."""
        return choose_ports(["grpc"], {})["grpc"]

    @contextmanager
    def stub(self, port: int, make: Callable[[Any], Any]) -> Iterator[Any]:
        """A gRPC stub for a caller that may do everything which services and evaluators may."""
        token = self._signer.sign(
            subject="bench", roles=["service", "evaluator"], now=datetime.now(UTC), lifetime=timedelta(hours=6)
        )
        with open_channel(f"127.0.0.1:{port}", lambda: token, timeout=PATIENCE) as channel:
            yield make(channel)


@contextmanager
def open_lab() -> Iterator[Lab]:
    """The lab; at the end servers and files are gone, whatever happened."""
    with tempfile.TemporaryDirectory(prefix="cv-bench-") as home, ExitStack() as stack:
        yield Lab(Path(home), stack)


def wait_for(condition: Callable[[], bool], *processes: Process, pause: float = 0.02) -> None:
    """Waits until it is so. Raises BenchError when one of the processes ends, or after ten minutes."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        for process in processes:
            process.check()
        if time.monotonic() > deadline:
            raise BenchError("What a row waits for did not happen within ten minutes.")
        time.sleep(pause)
