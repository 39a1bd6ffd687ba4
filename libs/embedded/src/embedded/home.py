"""The folder of one embedded city, and the record of what runs in it."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from embedded.errors import CityError
from embedded.processes import ProcessMark, is_alive

# In the order of their start; those with data have a database each.
WITH_DATA = ("organization", "work", "evaluation")
SERVICES = (*WITH_DATA, "portal")
SUPERVISOR = "supervisor"
# Exit code of a supervisor that found another one.
ALREADY_HELD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The paths of a city. Nothing of a city is outside its root."""

    root: Path

    @property
    def city_file(self) -> Path:
        return self.root / "city.json"

    @property
    def lock_file(self) -> Path:
        return self.root / "lock"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def redis(self) -> Path:
        return self.root / "redis"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def private_key(self) -> Path:
        return self.keys / "private.pem"

    @property
    def public_key(self) -> Path:
        return self.keys / "public.pem"

    @property
    def sign_in_file(self) -> Path:
        return self.keys / "sign-in.json"

    @property
    def demo_file(self) -> Path:
        return self.root / "demo.json"

    @property
    def event_log_file(self) -> Path:
        """There only when the city is on Kafka."""
        return self.root / "event-log.json"

    def log(self, process: str) -> Path:
        return self.root / "logs" / f"{process}.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """What city.json says: ports for good, the rest as of the last start.

    `state` is "starting", "running", "stopping", "stopped" or "failed" (then `problem` is the sentence). `stages` tells
    how far each process is; `processes` holds everything that was started and not yet seen to end.
    """

    state: str = "stopped"
    problem: str = ""
    ports: Mapping[str, int] = field(default_factory=dict)
    urls: Mapping[str, str] = field(default_factory=dict)
    stages: Mapping[str, str] = field(default_factory=dict)
    processes: Mapping[str, ProcessMark] = field(default_factory=dict)
    restarts: Mapping[str, int] = field(default_factory=dict)

    def grpc_address(self, service: str) -> str:
        return f"127.0.0.1:{self.ports[f'{service}.grpc']}"

    def http_address(self, service: str) -> str:
        return f"127.0.0.1:{self.ports[f'{service}.http']}"


def home_from(environment: Mapping[str, str]) -> Home:
    """CONGVU_HOME, or `.congvu` in the current folder."""
    return Home(root=Path(environment.get("CONGVU_HOME") or ".congvu").absolute())


def prepare(home: Home) -> None:
    """Makes the folders; keys/ is for the owner only."""
    for folder in (home.root, home.keys, home.log("any").parent):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            problem = f"Cannot make {folder}: {error.strerror}; set CONGVU_HOME to a folder you may write."
            raise CityError(problem) from error
    home.keys.chmod(0o700)


def read_city(home: Home) -> City:
    """The record; an empty one when there is none or a power cut left it unreadable (ports are then chosen anew)."""
    try:
        values = json.loads(home.city_file.read_text())
        marks = {name: ProcessMark(**mark) for name, mark in values.pop("processes").items()}
        return City(**values, processes=marks)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return City()


def write_city(home: Home, city: City) -> None:
    """Replaces the record as a whole, so that no reader and no power cut sees half of it."""
    write_private(home.city_file, json.dumps(asdict(city), indent=2))


def write_private(path: Path, text: str) -> None:
    """Writes a file of mode 0600, by rename."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def change_city(home: Home, **changes: Any) -> City:
    """Reads, changes and writes the record; only the holder of the lock does this."""
    city = replace(read_city(home), **changes)
    write_city(home, city)
    return city


@contextmanager
def hold_lock(home: Home) -> Iterator[bool]:
    """Yields whether the city's lock is ours; the kernel lets go of it however its holder ends."""
    with home.lock_file.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def is_supervised(home: Home) -> bool:
    """Whether the supervisor of this city is alive."""
    mark = read_city(home).processes.get(SUPERVISOR)
    return mark is not None and is_alive(mark)
