"""A stopwatch for the stages of a program's threads: what passes, what they compute, and what PostgreSQL does."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg

_SCHEDSTAT = "/proc/{}/schedstat"


@dataclass(slots=True)
class Spent:
    """Seconds: all that passed, of it computed by the thread, and computed by its session of PostgreSQL meanwhile."""

    wall: float = 0.0
    python: float = 0.0
    postgres: float = 0.0

    def add(self, other: "Spent", sign: int = 1) -> None:
        """Adds (or takes away)."""
        self.wall += sign * other.wall
        self.python += sign * other.python
        self.postgres += sign * other.postgres


@dataclass(slots=True)
class _Watched:
    """One thread: what it spent by stage, and the stages it is in, innermost last, with what inner ones took."""

    name: str
    stages: defaultdict[str, Spent] = field(default_factory=lambda: defaultdict(Spent))
    inside: list[Spent] = field(default_factory=list)
    session: int = 0


class Stopwatch:
    """Time of a stage that runs inside another one belongs to the inner one."""

    def __init__(self) -> None:
        self._mine = threading.local()
        self._all: list[_Watched] = []

    @contextmanager
    def stage(self, name: str, *arguments: Any) -> Iterator[None]:
        """What happens within belongs to this stage; a connection among the arguments tells the session meant."""
        thread = self._thread()
        thread.session = _session_of(arguments) or thread.session
        before, inner = _now(thread.session), Spent()
        thread.inside.append(inner)
        try:
            yield
        finally:
            spent = _now(thread.session)
            spent.add(before, -1)
            thread.inside.pop()
            if thread.inside:
                thread.inside[-1].add(spent)
            spent.add(inner, -1)
            thread.stages[name].add(spent)

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function as a stage."""

        def run(*arguments: Any, **named: Any) -> Any:
            with self.stage(name, *arguments, *named.values()):
                return function(*arguments, **named)

        return run

    def counted(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function that is called for each record and only computes: timed by a look at the clock."""
        thread_of = self._thread

        def run(*arguments: Any) -> Any:
            began, computed = time.perf_counter(), time.thread_time()
            try:
                return function(*arguments)
            finally:
                spent = Spent(time.perf_counter() - began, time.thread_time() - computed)
                thread = thread_of()
                thread.stages[name].add(spent)
                if thread.inside:
                    thread.inside[-1].add(spent)

        return run

    def watch(self, owner: ModuleType | type, names: Mapping[str, str]) -> None:
        """Makes stages of functions of a module, or methods of a class: name → stage."""
        for name, stage in names.items():
            setattr(owner, name, self.timed(stage, getattr(owner, name)))

    def watch_verbs(self, module: ModuleType, verbs: Mapping[str, str]) -> None:
        """Makes stages of a module's own functions by their verb, the first word of the name."""
        own = [name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
        named = {name: verbs[name.partition("_")[0]] for name in own if name.partition("_")[0] in verbs}
        self.watch(module, named)

    def spent(self, threads: str) -> Mapping[str, Spent]:
        """By stage, of all threads whose name has this word in it."""
        total: defaultdict[str, Spent] = defaultdict(Spent)
        for thread in self._all:
            if threads in thread.name:
                for name, spent in thread.stages.items():
                    total[name].add(spent)
        return total

    def _thread(self) -> _Watched:
        if not hasattr(self._mine, "watched"):
            self._mine.watched = _Watched(threading.current_thread().name)
            self._all.append(self._mine.watched)
        watched: _Watched = self._mine.watched
        return watched


def _now(session: int) -> Spent:
    return Spent(time.perf_counter(), time.thread_time(), _session_seconds(session))


def _session_seconds(session: int) -> float:
    """What a process has computed, in the kernel's nanoseconds; 0 when it is gone or the kernel does not say."""
    with suppress(OSError):
        if session:
            return int(Path(_SCHEDSTAT.format(session)).read_text().split()[0]) / 1e9
    return 0.0


def _session_of(arguments: tuple[Any, ...]) -> int:
    for each in arguments:
        if isinstance(each, psycopg.Connection):
            return each.info.backend_pid
        if isinstance(each, psycopg.Transaction):
            return each.connection.info.backend_pid
    return 0
