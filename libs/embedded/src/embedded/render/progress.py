"""Progress of longer work: bars in a terminal, a line for each stage otherwise."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from embedded.doors import Stage


class BarStage:
    """A bar of a terminal."""

    def __init__(self, bars: Progress, task: TaskID) -> None:
        self._bars = bars
        self._task = task

    def advance(self, steps: int) -> None:
        """Moves the bar."""
        self._bars.advance(self._task, steps)


class CountedStage:
    """A stage whose steps are only counted."""

    def __init__(self) -> None:
        self.steps = 0

    def advance(self, steps: int) -> None:
        """Counts."""
        self.steps += steps


class ConsoleProgress:
    """Progress on a console. Stages may follow each other or lie inside each other."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars: Progress | None = None

    @contextmanager
    def stage(self, name: str, total: int) -> Iterator[Stage]:
        """Begins a stage of `total` steps; it ends with the context."""
        shown = self._bar_stage(name, total) if self._console.is_terminal else self._line_stage(name, total)
        with shown as stage:
            yield stage

    @contextmanager
    def _bar_stage(self, name: str, total: int) -> Iterator[Stage]:
        outermost = self._bars is None
        bars = self._bars = self._bars or _open_bars(self._console)
        task = bars.add_task(name, total=total or None)
        try:
            yield BarStage(bars, task)
        finally:
            if outermost:
                bars.stop()
                self._bars = None

    @contextmanager
    def _line_stage(self, name: str, total: int) -> Iterator[Stage]:
        begun = time.monotonic()
        self._console.print(f"{name} …" if not total else f"{name} ({total:,}) …")
        stage = CountedStage()
        yield stage
        self._console.print(f"{name}: {stage.steps:,} in {time.monotonic() - begun:.1f} s")


def _open_bars(console: Console) -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    bars = Progress(*columns, console=console)
    bars.start()
    return bars
