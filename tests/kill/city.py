"""A city whose processes may die: real services on real servers, each process to be killed, frozen, replaced."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from embedded.environment import service_command, service_environment
from embedded.home import City, Home, prepare
from embedded.ports import choose_ports
from embedded.servers import PostgresServer, RedisServer
from embedded.supervisor import PORTS, ensure_keys
from evaluation.main import MIGRATIONS as EVALUATION_MIGRATIONS
from kill.load import organization_records
from runtime.auth import TokenSigner
from runtime.events import LogUnavailable, open_event_log
from runtime.rpc import open_channel
from testkit.databases import Databases
from work.main import MIGRATIONS as WORK_MIGRATIONS

# However busy the machine is.
PATIENCE = 180.0
_PRODUCER_MIGRATIONS = Path(__file__).parent / "migrations"


class Part(NamedTuple):
    """A verb of a service, which runs as a process of its own."""

    service: str
    verb: str


PRODUCER = Part("work", "run")
PRODUCER_RELAY = Part("work", "relay")
EVALUATION = Part("evaluation", "run")
DOOR = Part("evaluation", "serve")
CONSUMER = Part("evaluation", "consume")
SCORER = Part("evaluation", "score")
RELAY = Part("evaluation", "relay")
PIPELINE = (PRODUCER_RELAY, CONSUMER, SCORER, RELAY)
"""The parts on a fact's way from the producer's outbox to the event that says what moved."""


class Process:
    """One process in a session of its own; only this object sends it signals."""

    def __init__(self, part: Part, environment: Mapping[str, str], log: Path) -> None:
        self.part = part
        self._log = log
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                service_command(*part), env=environment, stdout=output, stderr=output, start_new_session=True
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        return self._popen.poll() is None

    def kill(self) -> None:
        """A power cut, as far as this process is concerned."""
        self._popen.kill()
        self._popen.wait()

    def freeze(self) -> None:
        self._popen.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        self._popen.send_signal(signal.SIGCONT)

    def wait_until_crashed(self) -> None:
        """Until its crash point has killed it."""
        wait_for(lambda: not self.is_running, f"{self.part} dies")
        assert self._popen.returncode == -signal.SIGKILL, f"{self.part} ended otherwise: {self.last_words()}"

    def log_size(self) -> int:
        return self._log.stat().st_size

    def last_words(self) -> str:
        return " / ".join(self._log.read_text(errors="replace").splitlines()[-5:])


class KillableCity:
    """Fresh databases, an event log with a small organization in it, and whatever processes the test starts.

    `log_url` is that of an empty log, whichever engine holds it.
    """

    def __init__(
        self, root: Path, databases: Databases, server: PostgresServer, redis: RedisServer, *, log_url: str
    ) -> None:
        self.server = server
        self.redis = redis
        self.processes: list[Process] = []
        self._started = 0
        self._home = Home(root=root)
        prepare(self._home)
        ensure_keys(self._home)
        self._databases = databases
        producer = self.make_database([WORK_MIGRATIONS, _PRODUCER_MIGRATIONS])
        urls = {"work": producer, "evaluation": self.make_database([EVALUATION_MIGRATIONS]), "redis": redis.url}
        urls |= {"work.event_log": log_url, "evaluation.event_log": log_url}
        self._city = City(state="running", ports=choose_ports(PORTS, {}), urls=urls)
        self.producer_url, self.evaluation_url = urls["work"], urls["evaluation"]
        self.founded_at = datetime.now(UTC)
        self.log = open_event_log(log_url)
        self.log.append(organization_records(self.founded_at))

    def make_database(self, migrations: Sequence[Path]) -> str:
        """URL of a fresh database on the city's server."""
        return self._databases.url(self._databases.make(migrations))

    def environment(self, service: str) -> Mapping[str, str]:
        """What a process of the service is told; scores are said often, so that there is much to say."""
        return {**service_environment(self._home, self._city, service), "SAYING_PAUSE": "0.2"}

    def start(self, part: Part, *, crash_at: str = "", crash_after: int = 0) -> Process:
        """A new process of the part; with `crash_at` it kills itself there, after `crash_after` passes."""
        crash = {"CRASH_AT": crash_at, "CRASH_AFTER": str(crash_after)}
        self._started += 1
        log = self._home.log(f"{part.service}-{part.verb}-{self._started}")
        self.processes.append(Process(part, {**self.environment(part.service), **crash}, log))
        return self.processes[-1]

    def start_all(self, parts: Iterable[Part] = PIPELINE) -> dict[Part, Process]:
        """A process of each part."""
        return {part: self.start(part) for part in parts}

    def kill(self, process: Process) -> None:
        """Kills a process for good; its leases stay."""
        process.kill()
        self.bury(process)

    def bury(self, process: Process) -> None:
        """Forgets a process that was meant to die."""
        self.processes.remove(process)

    def check_alive(self) -> None:
        """No process ended that was not meant to."""
        for process in self.processes:
            assert process.is_running, f"{process.part} ended by itself: {process.last_words()}"

    def free_leases(self, process: Process) -> None:
        """Lets the leases and the share of a dead process run out at once: the time saved is the test's."""
        leases = "UPDATE event_positions SET lease_until = now() WHERE owner ~ %s"
        share = "UPDATE event_consumers SET seen_until = now() WHERE owner ~ %s"
        for url in (self.evaluation_url, self.producer_url):
            with psycopg.connect(url, autocommit=True) as conn:
                for free in (leases, share):
                    conn.execute(free, [f"[:/]{process.pid}/"])

    def rows(self, url: str, text: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """What a query finds; raises psycopg.OperationalError while the server is away."""
        with psycopg.connect(url, autocommit=True) as conn:
            return conn.execute(text.encode(), values).fetchall()

    def stub(self, service: str, make: Callable[[Any], Any], *roles: str) -> Any:
        """A gRPC stub of a service for a caller with these roles."""
        signer = TokenSigner(self._home.private_key.read_bytes())

        def token() -> str:
            return signer.sign(subject="test", roles=roles, now=datetime.now(UTC), lifetime=timedelta(hours=1))

        return make(open_channel(self._city.grpc_address(service), token))

    def end(self) -> None:
        """Kills what still runs; the databases go with the server."""
        for process in self.processes:
            process.kill()
        self.log.close()


def wait_for(condition: Callable[[], bool], what: str = "it") -> None:
    """Asks ten times a second until it is so; a database or log that is away has not answered yet."""
    deadline = time.monotonic() + PATIENCE
    while not _is_so(condition):
        assert time.monotonic() < deadline, f"Not within {PATIENCE:.0f} s: {what}."
        time.sleep(0.1)


def _is_so(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except (psycopg.OperationalError, LogUnavailable):
        return False
