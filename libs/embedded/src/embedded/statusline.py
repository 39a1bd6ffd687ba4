"""The one line that a city in the foreground shows about itself."""

import threading
import time
from collections.abc import Callable
from contextlib import nullcontext

from rich.console import Console
from rich.live import Live
from rich.text import Text

from congvu.evaluation.v1 import service_pb2
from embedded.city import is_running
from embedded.doors import Doors
from embedded.errors import CityError
from embedded.home import Home, read_city
from embedded.memory import memory_by_process
from embedded.queries import lag_of
from embedded.render.numbers import instant_text, size_text
from runtime.errors import ServiceError

BEAT_SECONDS = 1.0
MEMORY_SECONDS = 10.0


class StatusLine:
    """Reads the figures of the line; memory less often, for the kernel has to walk all pages."""

    def __init__(self, home: Home, doors: Doors) -> None:
        self._home = home
        self._doors = doors
        self._memory = 0
        self._memory_at = 0.0
        self._written: tuple[float, int] | None = None

    def text(self) -> str:
        """The line as of now."""
        try:
            position = self._doors.evaluation.GetPosition(service_pb2.GetPositionRequest())
        except ServiceError as error:
            return f"{error}"
        return (
            f"Ctrl-C ends · {self._rate(position):.0f} facts/s · {position.items:,} items, {position.open_items:,} open"
            f" · lag {lag_of(position):,} · {position.scores_waiting:,} scores waiting · {position.parked:,} parked · "
            f"{size_text(self._current_memory())} · {instant_text(position.as_of)}"
        )

    def _rate(self, position: service_pb2.GetPositionResponse) -> float:
        now = time.monotonic()
        written = sum(each.end_offset for each in position.positions)
        before, self._written = self._written, (now, written)
        return 0.0 if before is None else (written - before[1]) / max(now - before[0], 0.001)

    def _current_memory(self) -> int:
        if time.monotonic() - self._memory_at > MEMORY_SECONDS:
            self._memory = sum(memory_by_process(read_city(self._home).processes).values())
            self._memory_at = time.monotonic()
        return self._memory


def stay(home: Home, doors: Doors, console: Console, *, failed: Callable[[], str] = str) -> None:
    """Shows the line until Ctrl-C, or until the city ends; `failed` gives a sentence when something else went wrong.

    Without a terminal nothing is shown.
    """
    line = StatusLine(home, doors)
    pause = threading.Event()
    with Live(console=console, transient=True) if console.is_terminal else nullcontext() as live:
        while is_running(home):
            if sentence := failed():
                raise CityError(sentence)
            if live is not None:
                live.update(Text(line.text(), no_wrap=True, overflow="ellipsis"))
            pause.wait(BEAT_SECONDS)
    city = read_city(home)
    if city.state in ("failed", "running"):
        raise CityError(city.problem or f"The supervisor of the city at {home.root} was killed; the city ends.")
