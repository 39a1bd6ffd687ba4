"""A city for as long as a command runs, whatever ends the command."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType, MappingProxyType

from rich.console import Console

from embedded.choosing import choose_log
from embedded.city import launch_supervisor, stop_city, wait_until_up
from embedded.home import ALREADY_HELD, City, Home, read_city
from embedded.render.starting import StageDisplay

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def started_city(
    home: Home, console: Console, *, detach: bool, told: Mapping[str, str] = MappingProxyType({})
) -> Iterator[City]:
    """Starts the city and yields it running; ends it with the context.

    With `detach` it goes on running when the context ends well, and ends when it does not. SIGTERM and SIGHUP are
    raised as KeyboardInterrupt in here, so that every way out passes the end. `told` are variables for the city.
    Raises CityError, before anything is started, when its event log is not the one that is asked for.
    """
    choose_log(home, {**os.environ, **told})
    with _signals(ENDINGS, _interrupt):
        supervisor = launch_supervisor(home, follow=not detach, told=told)
        done = False
        try:
            with StageDisplay(console) as display:
                city = wait_until_up(home, supervisor, display.show)
            yield city
            done = True
        finally:
            if not (detach and done):
                _end(home, supervisor, console)


def _end(home: Home, supervisor: subprocess.Popen[bytes], console: Console) -> None:
    """Ends the city; further signals must not leave half of it behind, and the end is bounded in time."""
    if supervisor.poll() == ALREADY_HELD:
        # The city is another command's.
        return
    with _signals(ENDINGS, signal.SIG_IGN):
        if supervisor.poll() is None:
            console.print(f"Ending the city at {home.root} …")
            supervisor.terminate()
        with StageDisplay(console, read_city(home).stages) as display:
            stop_city(home, display.show)
        supervisor.wait()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextmanager
def _signals(numbers: tuple[signal.Signals, ...], handler: "signal._HANDLER") -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
