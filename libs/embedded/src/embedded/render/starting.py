"""A city that starts or ends, process by process."""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from embedded.home import City

STYLES = {"up": "green", "restarting": "yellow", "failed": "red"}
MOVING = ("starting", "stopping", "restarting")


class StageDisplay:
    """Shows the stage of every process: as a live table in a terminal, a line for each change otherwise.

    `known` are stages that need no line, those before the first change.
    """

    def __init__(self, console: Console, known: Mapping[str, str] | None = None) -> None:
        self._console = console
        self._live = Live(console=console, transient=True, refresh_per_second=12) if console.is_terminal else None
        self._begun = time.monotonic()
        self._last = known or {}

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, city: City) -> None:
        """Takes the city's record as it is now."""
        if city.stages == self._last:
            return
        if self._live is not None:
            self._live.update(stages_table(city))
        else:
            self._print_changes(city.stages)
        self._last = city.stages

    def _print_changes(self, stages: Mapping[str, str]) -> None:
        seconds = time.monotonic() - self._begun
        for name, stage in stages.items():
            if stage != self._last.get(name) and stage != "waiting":
                self._console.print(f"{seconds:6.1f} s  {name} {stage}")


def stages_table(city: City) -> Table:
    """One row for each process."""
    table = Table.grid(padding=(0, 2))
    for name, stage in city.stages.items():
        moving = stage in MOVING or stage.startswith("waiting for")
        mark = Spinner("dots") if moving else Text("✓" if stage == "up" else "·", STYLES.get(stage, "dim"))
        table.add_row(mark, name, Text(stage, STYLES.get(stage, "")))
    return table
