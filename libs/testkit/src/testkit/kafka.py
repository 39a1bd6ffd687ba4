"""A real single-node Apache Kafka (KRaft) on loopback, for tests and development.

`python -m testkit.kafka start|stop|jars` is what `make kafka`, `make kafka-stop` and `make test` run.
"""

import argparse
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from embedded.ports import choose_ports, is_free
from embedded.servers import ServerError
from embedded.servers.system import START_SECONDS, end_leftover, find_leftover, kill, stop, tail
from testkit.kafka_jars import JARS, PROJECT, are_current, check_tools, get_jars, java_command, kafka_version, why_not

HOME = PROJECT / ".kafka" / "server"
"""The server of `make kafka`."""
PORT = 19_092
PID_FILE, JAVA = "kafka.pid", "java"
# The first compiler alone and the simple collector: a quicker start, and half the work per record on a small machine.
JAVA_OPTIONS = (
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
)
SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "auto.create.topics.enable": "false",
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    # Of a topic that is deleted nothing stays for a minute: every test has topics of its own.
    "log.segment.delete.delay.ms": "1000",
    # The cleaner takes its buffer at once, whether anything is compacted or not.
    "log.cleaner.dedupe.buffer.size": "8388608",
}


class KafkaServer:
    """An Apache Kafka of one's own. `home` is made when absent; its ports are chosen once and stay."""

    def __init__(
        self,
        home: Path,
        *,
        jars: Path = JARS,
        port: int = 0,
        secure: str = "",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """`port`: where it listens; 0 = the one it has, or any free one.

        `secure` (SSL, SASL_PLAINTEXT or SASL_SSL) opens a second listener with `settings` (ssl.keystore.location …).
        """
        self.home = home.expanduser().absolute()
        self._jars = jars.absolute()
        self._log = self.home / "kafka.log"
        self._pid_file = self.home / PID_FILE
        self._properties = self.home / "server.properties"
        self._wanted_port = port
        self._secure, self._secure_settings = secure, settings or {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """host:port of the broker."""
        return f"127.0.0.1:{self._ports()['broker']}"

    @property
    def secure_bootstrap(self) -> str:
        """host:port of the second listener."""
        return f"localhost:{self._ports()['secure']}"

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        if self._process is None:
            raise ServerError(f"Apache Kafka in {self.home} is not started; call start() first.")
        return self._process.pid

    def start(self) -> None:
        """Starts the server on its data and waits until it answers; ends one that a killed starter left behind."""
        if self.is_running():
            return
        if problem := why_not(self._jars):
            raise ServerError(f"Apache Kafka cannot run here: {problem}.")
        self.home.mkdir(parents=True, exist_ok=True)
        end_leftover(self._pid_file, JAVA, signal.SIGTERM)
        ports = self._ports()
        for port in ports.values():
            if not is_free(port):
                raise ServerError(
                    f"Port {port} of 127.0.0.1 is taken by another program; choose one that is free (--port)."
                )
        self._configure(ports)
        if not (self.home / "data" / "meta.properties").exists():
            self._format()
        self._launch()
        deadline = time.monotonic() + START_SECONDS
        while not _answers(ports["broker"]):
            if time.monotonic() > deadline or not self.is_running():
                self.kill()
                raise ServerError(f"Apache Kafka in {self.home} did not start: {tail(self._log)}")
            time.sleep(0.05)

    def is_running(self) -> bool:
        """Whether the server that this object started is alive."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Ends the server in order."""
        stop(self._process, signal.SIGTERM)
        self._process = None

    def kill(self) -> None:
        """Ends the server with SIGKILL; what it had acknowledged is there when it starts again."""
        kill(self._process)
        self._process = None

    def _ports(self) -> dict[str, int]:
        file = self.home / "ports.json"
        kept = json.loads(file.read_text()) if file.exists() else {}
        ports = {**kept, **({"broker": self._wanted_port} if self._wanted_port else {})}
        wanted = {"broker", "controller", "secure"} if self._secure else {"broker", "controller"}
        ports |= choose_ports(wanted - ports.keys(), ports)
        if ports != kept:
            self.home.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(ports))
        return ports

    def _configure(self, ports: dict[str, int]) -> None:
        broker, protocols = f"PLAINTEXT://127.0.0.1:{ports['broker']}", "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT"
        if self._secure:
            broker += f",SECURE://localhost:{ports['secure']}"
            protocols += f",SECURE:{self._secure}"
        settings = SETTINGS | {
            "listener.security.protocol.map": protocols,
            "listeners": f"{broker},CONTROLLER://127.0.0.1:{ports['controller']}",
            "advertised.listeners": broker,
            "controller.quorum.voters": f"1@127.0.0.1:{ports['controller']}",
            "log.dirs": str(self.home / "data"),
        }
        settings |= {f"listener.name.secure.{name}": value for name, value in self._secure_settings.items()}
        self._properties.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))

    def _format(self) -> None:
        cluster = urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")
        # In one word: one id of sixty-four begins with a minus, as an option does.
        command = self._java(
            "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(self._properties)
        )
        with self._log.open("ab") as log:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False, cwd=self.home)
        if done.returncode != 0:
            raise ServerError(f"Apache Kafka could not prepare {self.home}: {tail(self._log)}")

    def _launch(self) -> None:
        command = self._java("kafka.Kafka", str(self._properties))
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.home, start_new_session=True
            )
        self._pid_file.write_text(f"{self._process.pid}\n")

    def _java(self, *arguments: str) -> list[str]:
        return [java_command(), *JAVA_OPTIONS, "-cp", f"{self._jars}/*", *arguments]


def _answers(port: int) -> bool:
    """Whether the broker tells of itself that it takes part: it listens before it does."""
    api_key, version, correlation, no_name, no_topics = 3, 1, 1, -1, 0
    asked = struct.pack(">hhihi", api_key, version, correlation, no_name, no_topics)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(struct.pack(">i", len(asked)) + asked)
            told = connection.recv(12, socket.MSG_WAITALL)
    except OSError:
        return False
    return len(told) == 12 and int.from_bytes(told[8:12], "big") > 0


def start(given: argparse.Namespace) -> str:
    """Starts a server that stays when this program ends; returns the line to show."""
    server = KafkaServer(given.home)
    runs = "runs already"
    if find_leftover(server.home / PID_FILE, JAVA) is None:
        fetch(given)
        server = KafkaServer(given.home, port=given.port)
        server.start()
        runs = "runs"
    return (
        f"Apache Kafka {kafka_version()} {runs} on {server.bootstrap};"
        f" use it with KAFKA_BOOTSTRAP={server.bootstrap} make demo"
    )


def end(given: argparse.Namespace) -> str:
    """Ends the server in order; returns the line to show."""
    pid_file = given.home.absolute() / PID_FILE
    if find_leftover(pid_file, JAVA) is None:
        return "No Apache Kafka of this folder runs."
    end_leftover(pid_file, JAVA, signal.SIGTERM)
    return "Apache Kafka has ended."


def fetch(given: argparse.Namespace) -> str:
    """Gets the jars unless they are there; if that is optional and fails, the returned line says what follows."""
    if are_current():
        return ""
    try:
        check_tools()
        sys.stderr.write("getting the jars of Apache Kafka from Maven Central (45 MB)\n")
        get_jars()
    except ServerError as error:
        if not given.optional:
            raise
        skipped = "that end and start" if os.environ.get("KAFKA_BOOTSTRAP") else "with"
        return f"Tests {skipped} Apache Kafka are skipped. {error}"
    return ""


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m testkit.kafka", description="Apache Kafka for development.")
    verbs = parser.add_subparsers(required=True)
    starting = verbs.add_parser("start", help="get the jars and start a server that stays")
    starting.add_argument("--port", type=int, default=PORT)
    starting.set_defaults(run=start, optional=False)
    stopping = verbs.add_parser("stop", help="end it in order")
    stopping.set_defaults(run=end)
    for verb in (starting, stopping):
        verb.add_argument("--home", type=Path, default=HOME)
    fetching = verbs.add_parser("jars", help="get the jars")
    fetching.add_argument("--optional", action="store_true", help="where they cannot be had, only say so")
    fetching.set_defaults(run=fetch)
    given = parser.parse_args()
    try:
        line = given.run(given)
    except ServerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{line}\n" if line else "")
    return 0


if __name__ == "__main__":
    sys.exit(main())
