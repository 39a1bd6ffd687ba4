"""Starts and ends a city from outside its supervisor."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping

from embedded.errors import CityError
from embedded.home import ALREADY_HELD, SUPERVISOR, City, Home, hold_lock, is_supervised, prepare, read_city
from embedded.processes import ProcessMark, end_processes, is_alive, signal_process
from embedded.recovery import end_leftovers

LOOK_SECONDS = 0.05
# Services have 25 seconds to end, each server 30.
STOP_SECONDS = 95.0


def launch_supervisor(home: Home, *, follow: bool, told: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Starts the supervisor in a session of its own; with `follow` it ends when this process does, however it ends.

    `told` are variables beside those of this process, and before them.
    """
    prepare(home)
    command = [sys.executable, "-m", "embedded.supervisor", str(home.root), *(["--follow"] if follow else [])]
    with home.log(SUPERVISOR).open("ab") as log:
        return subprocess.Popen(
            command,
            env={**os.environ, **told},
            stdin=subprocess.PIPE if follow else subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def wait_until_up(home: Home, supervisor: subprocess.Popen[bytes], show: Callable[[City], None]) -> City:
    """Shows the city while it starts and returns it running; CityError with the reason when it does not."""
    while True:
        code = supervisor.poll()
        city = read_city(home)
        if code is not None:
            raise CityError(_why_it_ended(home, city, code))
        if _is_of(city, supervisor):
            show(city)
            if city.state == "running":
                return city
        time.sleep(LOOK_SECONDS)


def stop_city(home: Home, show: Callable[[City], None]) -> list[str]:
    """Ends the city in order, also one whose supervisor was killed; returns the names of what ran."""
    if not home.root.exists():
        return []
    city = read_city(home)
    supervisor = city.processes.get(SUPERVISOR)
    if supervisor is not None and is_alive(supervisor):
        _end_supervisor(home, supervisor, show)
    with hold_lock(home) as ours:
        if not ours:
            raise CityError(f"The city at {home.root} is being started; wait a moment and try again.")
        left = end_leftovers(home)
    return [name for name in city.processes if name != SUPERVISOR] or left


def is_running(home: Home) -> bool:
    """Whether the city is up and supervised."""
    return read_city(home).state == "running" and is_supervised(home)


def _end_supervisor(home: Home, supervisor: ProcessMark, show: Callable[[City], None]) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    signal_process(supervisor, signal.SIGTERM)
    while is_alive(supervisor) and time.monotonic() < deadline:
        show(read_city(home))
        time.sleep(LOOK_SECONDS)
    end_processes([supervisor], grace=1.0)


def _is_of(city: City, supervisor: subprocess.Popen[bytes]) -> bool:
    mark = city.processes.get(SUPERVISOR)
    return mark is not None and mark.pid == supervisor.pid


def _why_it_ended(home: Home, city: City, code: int) -> str:
    if city.state == "failed" and city.problem:
        return city.problem
    if code == ALREADY_HELD:
        return f"The city at {home.root} is already being started or ended; see `congvu status`."
    return f"The supervisor of the city at {home.root} ended with exit code {code}; see {home.log(SUPERVISOR)}."
