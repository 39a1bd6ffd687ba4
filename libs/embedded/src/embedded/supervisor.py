"""The process that starts a city's servers and services, keeps them up, and ends them in order.

`python -m embedded.supervisor ROOT [--follow]`: with --follow it ends when its standard input ends, so that a city of
the foreground never outlives its terminal.
"""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from embedded.child import Child, is_healthy
from embedded.choosing import choose_log
from embedded.city_log import CityLog
from embedded.databases import prepare_databases, prepare_event_log
from embedded.environment import service_command, service_environment
from embedded.errors import CityError
from embedded.home import (
    ALREADY_HELD,
    SERVICES,
    SUPERVISOR,
    City,
    Home,
    hold_lock,
    prepare,
    read_city,
    write_city,
    write_private,
)
from embedded.kafka import meet_kafka
from embedded.ports import choose_ports, is_free
from embedded.processes import ProcessMark, end_processes, mark_process
from embedded.recovery import end_leftovers
from embedded.servers import PostgresServer, RedisServer, ServerError
from runtime.auth import generate_keys
from runtime.config import ConfigError

START_SECONDS = 180.0
# Their parts give themselves 20 seconds.
GRACE_SECONDS = 25.0
BEAT_SECONDS = 0.1
LOG_STAGE = "event log"
PORTS = tuple(f"{service}.{door}" for service in SERVICES for door in ("grpc", "http"))
UNEXPECTED = "The supervisor of the city failed unexpectedly; see {log}, then start the city again with `congvu up`."


class Supervisor:
    """Runs one city until `stop` is set. `command` gives the command line of a service's verb."""

    def __init__(
        self, home: Home, *, stop: threading.Event, command: Callable[[str, str], Sequence[str]] = service_command
    ) -> None:
        self._home = home
        self._stop = stop
        self._command = command
        self._postgres, self._redis = PostgresServer(home.postgres), RedisServer(home.redis)
        self._servers: dict[str, PostgresServer | RedisServer] = {"postgres": self._postgres, "redis": self._redis}
        self._children = {name: Child(name, home.log(name)) for name in SERVICES}
        self._city = City()
        self._log = CityLog()

    def run(self) -> int:
        """Starts, keeps and ends the city; 0 when it ended because it should."""
        problem = UNEXPECTED.format(log=self._home.log(SUPERVISOR))
        try:
            self._start()
            self._keep()
            problem = ""
        except (CityError, ConfigError, ServerError) as error:
            problem = str(error)
        finally:
            self._end(problem)
        return 1 if problem else 0

    def _start(self) -> None:
        self._log = choose_log(self._home, os.environ)
        ports = choose_ports(PORTS, read_city(self._home).ports)
        stages = (*([LOG_STAGE] if self._log.is_kafka else []), *self._servers, *SERVICES)
        own = mark_process(os.getpid())
        self._city = City(state="starting", ports=ports, stages=dict.fromkeys(stages, "waiting"))
        self._record(SUPERVISOR, own)
        ensure_keys(self._home)
        for step in (self._meet_kafka, self._start_servers, self._start_services):
            if not self._stop.is_set():
                step()

    def _meet_kafka(self) -> None:
        """Kafka is not the city's to start or end; it is waited for."""
        if self._log.is_kafka:
            self._show(LOG_STAGE, f"waiting for Kafka at {self._log.bootstrap}")
            if meet_kafka(self._home, self._log, os.environ, self._stop):
                self._show(LOG_STAGE, "up")

    def _start_servers(self) -> None:
        for name, server in self._servers.items():
            self._show(name, "starting")
            server.start()
            self._record(name, mark_process(server.pid))
            self._show(name, "up")
            if self._stop.is_set():
                return
        urls = prepare_databases(self._postgres) | {"redis": self._redis.url}
        self._change(urls=urls if self._log.is_kafka else urls | prepare_event_log(self._postgres))

    def _start_services(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._stop.is_set():
            self._tend(self._bury_newborn)
            slow = [child for child in self._children.values() if child.stage != "up"]
            if not slow:
                self._change(state="running")
                return
            if time.monotonic() > deadline:
                raise CityError(f"{slow[0].name} is not healthy after {START_SECONDS:.0f} seconds; see {slow[0].log}.")
            self._stop.wait(BEAT_SECONDS)

    def _keep(self) -> None:
        while not self._stop.wait(BEAT_SECONDS):
            if not self._home.city_file.exists():
                raise CityError(f"The folder {self._home.root} of the running city was removed; the city ends.")
            for name in self._servers:
                self._revive_server(name)
            self._tend(self._bury)

    def _tend(self, bury: Callable[[Child], None]) -> None:
        """One look at every service: bury the dead, launch the due, greet the healthy."""
        for child in self._children.values():
            if child.exit_code() is not None:
                bury(child)
            if not child.launched and time.monotonic() >= child.due:
                self._launch(child)
            elif child.launched and child.stage != "up" and is_healthy(self._city.grpc_address(child.name)):
                child.stage = "up"
            self._show(child.name, child.stage)

    def _launch(self, child: Child) -> None:
        environment = service_environment(self._home, self._city, child.name)
        mark = child.launch(self._command(child.name, "run"), environment, time.monotonic())
        self._record(child.name, mark)

    def _bury_newborn(self, child: Child) -> None:
        """A service that dies while the city starts would die again, unless only its port was taken."""
        if self._ports_are_ours(child):
            end = f"{child.name} ended while starting with exit code {child.exit_code()}"
            raise CityError(f"{end}: {child.last_words()} (see {child.log}).")
        self._move()

    def _bury(self, child: Child) -> None:
        if not self._ports_are_ours(child):
            self._move()
            return
        child.bury(time.monotonic())
        self._change(restarts={**self._city.restarts, child.name: child.restarts})

    def _ports_are_ours(self, child: Child) -> bool:
        return all(is_free(self._city.ports[f"{child.name}.{door}"]) for door in ("grpc", "http"))

    def _move(self) -> None:
        """Takes other ports for the taken ones; every service starts again, for each knows the others' addresses."""
        self._end_services()
        self._change(ports=choose_ports(PORTS, self._city.ports))
        for child in self._children.values():
            child.forget()

    def _revive_server(self, name: str) -> None:
        if not self._servers[name].is_running():
            self._show(name, "restarting")
            self._servers[name].start()
            self._record(name, mark_process(self._servers[name].pid))
            self._show(name, "up")

    def _end(self, problem: str) -> None:
        self._change(state="stopping")
        self._end_services()
        for name in reversed(self._servers):
            self._show_end(name, "stopping")
            self._servers[name].stop()
            self._show_end(name, "stopped")
        self._change(state="failed" if problem else "stopped", problem=problem, processes={})

    def _end_services(self) -> None:
        for name, child in self._children.items():
            if child.launched:
                self._show(name, "stopping")
        end_processes(self._service_marks(), grace=GRACE_SECONDS)
        for name in SERVICES:
            self._show_end(name, "stopped")

    def _service_marks(self) -> list[ProcessMark]:
        return [mark for name, mark in self._city.processes.items() if name in SERVICES]

    def _show_end(self, name: str, stage: str) -> None:
        """What was never started does not end."""
        if self._city.stages.get(name, "waiting") != "waiting":
            self._show(name, stage)

    def _show(self, name: str, stage: str) -> None:
        if self._city.stages.get(name) != stage:
            self._change(stages={**self._city.stages, name: stage})

    def _record(self, name: str, mark: ProcessMark | None) -> None:
        if mark is not None:
            self._change(processes={**self._city.processes, name: mark})

    def _change(self, **changes: object) -> None:
        self._city = replace(self._city, **changes)  # type: ignore[arg-type]
        # A removed folder must not keep the processes from being ended.
        with suppress(FileNotFoundError):
            write_city(self._home, self._city)


def ensure_keys(home: Home) -> None:
    """Makes the key pair of the city's tokens, once."""
    if home.private_key.exists() and home.public_key.exists():
        return
    private, public = generate_keys()
    write_private(home.private_key, private.decode())
    write_private(home.public_key, public.decode())


def main(arguments: Sequence[str]) -> int:
    """Supervises the city at the first argument."""
    logging.basicConfig()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    if "--follow" in arguments:
        threading.Thread(target=_stop_at_end_of_input, args=(stop,), daemon=True).start()
    home = Home(root=Path(arguments[0]))
    prepare(home)
    with hold_lock(home) as ours:
        if not ours:
            return ALREADY_HELD
        end_leftovers(home)
        return Supervisor(home, stop=stop).run()


def _stop_at_end_of_input(stop: threading.Event) -> None:
    os.read(sys.stdin.fileno(), 1)
    stop.set()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
