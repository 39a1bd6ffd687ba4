"""The servers and programs of one run, in a temporary directory; nothing of them is left behind."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.conninfo import conninfo_to_dict

from bench.programs import PATIENCE, Effort, Program, family_of
from embedded.environment import service_command
from embedded.ports import choose_ports
from embedded.servers import PostgresServer, RedisServer
from evaluation.main import MIGRATIONS as EVALUATION_MIGRATIONS
from organization.main import MIGRATIONS as ORGANIZATION_MIGRATIONS
from runtime.auth import TokenSigner, generate_keys
from runtime.events import TOPICS, LogUnavailable
from runtime.events.kafka import KafkaAddress, remove_topics
from runtime.rpc import open_channel
from testkit.databases import Databases
from testkit.kafka import KafkaServer
from work.main import MIGRATIONS as WORK_MIGRATIONS

MIGRATIONS = {
    "organization": [ORGANIZATION_MIGRATIONS],
    "work": [WORK_MIGRATIONS],
    "evaluation": [EVALUATION_MIGRATIONS],
}
# Of tokens; no row takes as long.
LIFETIME = timedelta(hours=6)
_TESTS = Path(__file__).resolve().parents[1]


class Lab:
    """A PostgreSQL, a Redis and a Kafka of the run's own, its keys, and the programs that it starts."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self.home = home
        self._stack = stack
        self._started = 0
        self._kafka = os.environ.get("KAFKA_BOOTSTRAP", "")
        self._owns_kafka = not self._kafka
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

    def kafka(self) -> str:
        """Address of the Kafka: that of KAFKA_BOOTSTRAP, or one of the run's own, started when first asked for."""
        if not self._kafka:
            server = KafkaServer(self.home / "kafka")
            self._stack.callback(server.kill)
            server.start()
            self._kafka = server.bootstrap
        return self._kafka

    def kafka_url(self) -> str:
        """EVENT_LOG_URL of a fresh log on Kafka: a namespace of its own, gone at the end of the run."""
        url = f"kafka://{self.kafka()}/bench-{uuid4().hex[:8]}"
        if not self._owns_kafka:
            self._stack.callback(_remove_topics, url)
        return url

    def make_database(self, service: str = "") -> str:
        """URL of a fresh database, empty or migrated for a service."""
        return self._databases.url(self._databases.make(MIGRATIONS[service] if service else []))

    def copy_database(self, url: str) -> str:
        """URL of a copy, file by file; nobody may be connected to the original."""
        name = f"copy_{uuid4().hex[:12]}"
        with self.session(self.postgres.url("postgres")) as conn:
            conn.execute(f"CREATE DATABASE {name} TEMPLATE {_name_of(url)} STRATEGY file_copy")
        return self.postgres.url(name)

    def drop_database(self, url: str) -> None:
        """Removes it; its disk is needed."""
        self._databases.drop(_name_of(url))

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

    def postgres_effort(self) -> Effort:
        """What PostgreSQL computes from now on: its sessions and its writers."""
        return Effort(lambda: family_of(self.postgres.pid))

    def environment(self, *, database: str, log: str, port: int = 0) -> Mapping[str, str]:
        """What a service is told."""
        return {
            "DATABASE_URL": database,
            "EVENT_LOG_URL": log,
            "REDIS_URL": self.redis.url,
            "GRPC_ADDRESS": f"127.0.0.1:{port}",
            "HTTP_ADDRESS": "127.0.0.1:0",
            "TOKEN_PUBLIC_KEY": str(self.home / "public.pem"),
            "TOKEN_PRIVATE_KEY": str(self.home / "private.pem"),
        }

    @contextmanager
    def service(
        self, service: str, verb: str, *options: str, database: str, log: str, port: int = 0
    ) -> Iterator[Program]:
        """A verb of a service as a process of its own."""
        environment = self.environment(database=database, log=log, port=port)
        with self.program(f"{service}-{verb}", [*service_command(service, verb), *options], environment) as program:
            yield program

    @contextmanager
    def module(self, name: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Program]:
        """A module of this package as a process of its own."""
        command = [sys.executable, "-m", f"bench.{name}", *arguments]
        path = os.pathsep.join([str(_TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
        with self.program(name, command, {**(environment or {}), "PYTHONPATH": path}) as program:
            yield program

    @contextmanager
    def program(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Iterator[Program]:
        """Any command as a process of its own; it is ended with the context."""
        self._started += 1
        program = Program(command, environment, self.home / f"{name}-{self._started}.log")
        try:
            yield program
        finally:
            program.stop()

    def choose_port(self) -> int:
        """A free port."""
        return choose_ports(["grpc"], {})["grpc"]

    def token(self) -> str:
        """A token of a caller that may do everything which services and evaluators may."""
        return self.token_of("bench", ["service", "evaluator"])

    def token_of(self, subject: str, roles: Sequence[str], *, officer_id: str = "") -> str:
        """A token of whoever has these roles."""
        return self._signer.sign(
            subject=subject, roles=roles, officer_id=officer_id, now=datetime.now(UTC), lifetime=LIFETIME
        )

    @contextmanager
    def stub(self, port: int, make: Callable[[Any], Any]) -> Iterator[Any]:
        """A gRPC stub for that caller."""
        token = self.token()
        with open_channel(f"127.0.0.1:{port}", lambda: token, timeout=PATIENCE) as channel:
            yield make(channel)


@contextmanager
def open_lab() -> Iterator[Lab]:
    """The lab; at the end servers and files are gone, whatever happened."""
    with tempfile.TemporaryDirectory(prefix="cv-bench-") as home, ExitStack() as stack:
        yield Lab(Path(home), stack)


def _remove_topics(url: str) -> None:
    """What another Kafka was lent, as far as it still answers."""
    try:
        remove_topics(KafkaAddress.parse(url), TOPICS)
    except LogUnavailable as error:
        sys.stderr.write(f"{error}\n")


def _name_of(url: str) -> str:
    return str(conninfo_to_dict(url)["dbname"])
