"""Ends what a city left behind when its supervisor was killed."""

import signal
from pathlib import Path

import psutil

from embedded.home import SERVICES, SUPERVISOR, City, Home, change_city, read_city
from embedded.processes import ProcessMark, end_processes, is_alive, mark_process

SERVICE_SECONDS = 25.0
SERVER_SECONDS = 30.0


def end_leftovers(home: Home) -> list[str]:
    """Ends services, then Redis and PostgreSQL, that run without a supervisor; returns the names of those that did.

    Signals only processes that the city's record names by id, start time and boot, and servers that work in its folder.
    The caller holds the city's lock.
    """
    found = leftovers(home, read_city(home))
    end_processes([mark for name, mark in found.items() if name in SERVICES], grace=SERVICE_SECONDS)
    for server in ("redis", "postgres"):
        if server in found:
            # To PostgreSQL SIGINT means: cut the sessions and stop in order; to Redis it means the same as SIGTERM.
            end_processes([found[server]], grace=SERVER_SECONDS, first=signal.SIGINT)
    if found:
        change_city(home, state="stopped", processes={}, stages={})
    return list(found)


def leftovers(home: Home, city: City) -> dict[str, ProcessMark]:
    """The processes of the city that still run, but for its supervisor."""
    servers = {"redis": home.redis / "redis.pid", "postgres": home.postgres / "data" / "postmaster.pid"}
    found = {name: mark for name, path in servers.items() if (mark := _server_of(path))}
    recorded = {name: mark for name, mark in city.processes.items() if name != SUPERVISOR and is_alive(mark)}
    return recorded | found


def _server_of(pid_file: Path) -> ProcessMark | None:
    """The server that wrote the file, when it works in the file's folder: a process id alone may be anyone's by now."""
    try:
        process = psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))
        ours = Path(process.cwd()) == pid_file.parent.resolve()
    except (OSError, ValueError, psutil.Error):
        return None
    return mark_process(process.pid) if ours else None
