"""The supervisor with real servers; a small process stands in the place of each service."""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from embedded.child import is_healthy
from embedded.home import SERVICES, WITH_DATA, City, Home, prepare, read_city
from embedded.memory import memory_by_process
from embedded.ports import is_free
from embedded.processes import is_alive
from embedded.recovery import end_leftovers
from embedded.supervisor import Supervisor
from testkit.parts import requires

STAND_IN = Path(__file__).with_name("stand_in.py")
SECONDS = 40.0


def stand_in(service: str, verb: str) -> Sequence[str]:
    return [sys.executable, str(STAND_IN), service]


def wait_for(done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < deadline, f"{what} did not happen within {SECONDS:.0f} seconds"
        time.sleep(0.05)


class Running:
    """A supervisor in a thread."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.exit_code: int | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        self.exit_code = Supervisor(self.home, stop=self._stop, command=stand_in).run()

    def start(self) -> None:
        self._thread.start()

    def up(self) -> City:
        self.start()
        wait_for(lambda: read_city(self.home).state == "running", "the start")
        return read_city(self.home)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()


@pytest.fixture
def make_city() -> Iterator[Callable[[], Running]]:
    requires("postgres")
    with ExitStack() as stack:

        def make() -> Running:
            root = stack.enter_context(TemporaryDirectory(prefix="cv-"))
            home = Home(root=Path(root))
            prepare(home)
            city = Running(home)
            stack.callback(city.stop)
            return city

        yield make


@pytest.fixture
def city(make_city: Callable[[], Running]) -> Running:
    return make_city()


def test_a_city_starts_and_ends_without_leaving_anything(city: Running) -> None:
    record = city.up()
    marks = [mark for name, mark in record.processes.items() if name != "supervisor"]

    assert set(record.stages.values()) == {"up"}
    assert all(is_healthy(record.grpc_address(service)) for service in SERVICES)
    assert len(marks) == 2 + len(SERVICES)
    assert all(is_alive(mark) for mark in marks)

    city.stop()

    assert city.exit_code == 0
    assert not any(is_alive(mark) for mark in marks)
    assert (read_city(city.home).state, read_city(city.home).processes) == ("stopped", {})


def test_ports_stay_the_same_after_a_restart(make_city: Callable[[], Running]) -> None:
    first = make_city()
    ports = first.up().ports
    first.stop()
    second = Running(first.home)

    assert second.up().ports == ports

    second.stop()


def test_a_taken_port_is_replaced_at_the_next_start(city: Running) -> None:
    ports = city.up().ports
    city.stop()
    with socket.create_server(("127.0.0.1", ports["work.grpc"])):
        again = Running(city.home)
        moved = again.up().ports
        again.stop()

    assert moved["work.grpc"] != ports["work.grpc"]
    assert {**moved, "work.grpc": 0} == {**ports, "work.grpc": 0}


def test_two_cities_run_side_by_side(make_city: Callable[[], Running]) -> None:
    first, second = make_city().up(), make_city().up()

    assert not set(first.ports.values()) & set(second.ports.values())
    assert all(is_healthy(city.grpc_address(service)) for city in (first, second) for service in SERVICES)


def test_a_service_that_dies_is_started_again(city: Running) -> None:
    before = city.up().processes["work"]

    os.kill(before.pid, signal.SIGKILL)

    wait_for(lambda: read_city(city.home).processes["work"] != before, "the restart")
    wait_for(lambda: read_city(city.home).stages["work"] == "up", "health after the restart")
    assert read_city(city.home).restarts == {"work": 1}
    assert is_healthy(read_city(city.home).grpc_address("work"))


def test_a_service_whose_port_was_taken_while_it_was_down_moves(city: Running) -> None:
    before = city.up()
    os.kill(before.processes["work"].pid, signal.SIGKILL)
    port = before.ports["work.grpc"]
    wait_for(lambda: is_free(port), "the release of the port")

    with socket.create_server(("127.0.0.1", port)):
        wait_for(lambda: read_city(city.home).ports["work.grpc"] != port, "the move")
        wait_for(lambda: set(read_city(city.home).stages.values()) == {"up"}, "health after the move")

    moved = read_city(city.home)
    assert all(is_healthy(moved.grpc_address(service)) for service in SERVICES)


@pytest.mark.parametrize("server", ["postgres", "redis"])
def test_a_server_that_dies_is_started_again(city: Running, server: str) -> None:
    before = city.up().processes[server]

    os.kill(before.pid, signal.SIGKILL)

    wait_for(lambda: read_city(city.home).processes[server] != before, "the restart")
    wait_for(lambda: read_city(city.home).stages[server] == "up", "the server")


def test_a_service_that_cannot_start_ends_the_city_with_its_last_words(
    city: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("END_AT_ONCE", "work")

    city.start()

    wait_for(lambda: city.exit_code is not None, "the end")
    record = read_city(city.home)
    assert city.exit_code == 1
    assert record.state == "failed"
    assert record.problem.startswith("work ended while starting with exit code 1: ")
    assert "this service cannot start" in record.problem
    assert record.processes == {}


def test_a_stop_during_the_start_leaves_nothing(city: Running) -> None:
    city.start()
    wait_for(lambda: "postgres" in read_city(city.home).processes, "PostgreSQL")
    mark = read_city(city.home).processes["postgres"]

    city.stop()

    assert not is_alive(mark)
    assert city.exit_code == 0
    assert read_city(city.home).processes == {}


def test_no_service_can_enter_the_database_of_another(city: Running) -> None:
    urls = city.up().urls
    work, organization = urls["work"], urls["organization"]
    with psycopg.connect(organization, autocommit=True) as conn:
        conn.execute("CREATE TABLE secret (id int)")

    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(organization.replace("organization@", "work@"))
    with psycopg.connect(work) as conn:
        assert conn.execute("SELECT current_user").fetchone() == ("work",)


def test_every_service_reads_what_another_wrote_to_the_event_log(city: Running) -> None:
    urls = city.up().urls
    with psycopg.connect(urls["work.event_log"], autocommit=True) as conn:
        conn.execute("CREATE TABLE written (by text)")
        conn.execute("INSERT INTO written VALUES (session_user)")

    for service in WITH_DATA:
        with psycopg.connect(urls[f"{service}.event_log"]) as conn:
            assert conn.execute("SELECT by FROM written").fetchall() == [("work",)]


def test_the_memory_of_every_process_is_counted(city: Running) -> None:
    memory = memory_by_process(city.up().processes)

    assert set(memory) == {"supervisor", "postgres", "redis", *SERVICES}
    assert all(size > 2**20 for size in memory.values())


def test_leftovers_end_and_strangers_do_not(city: Running) -> None:
    record = city.up()
    stranger = read_city(city.home).processes["supervisor"]

    ended = end_leftovers(city.home)

    assert set(ended) == {"postgres", "redis", *SERVICES}
    assert not any(is_alive(record.processes[name]) for name in SERVICES)
    assert is_alive(stranger)
