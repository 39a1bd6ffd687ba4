"""A verb as one process: its parts are threads that share one stop signal; `run` is all verbs, a process each."""

import gc
import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Protocol, TypeVar

from runtime.config import RuntimeConfig
from runtime.events import open_event_log
from runtime.outbox import Relay
from runtime.postgres import migrate, open_pool
from runtime.processes import run_processes
from runtime.telemetry import set_up_telemetry, shut_down_telemetry

logger = logging.getLogger(__name__)

STOP_SECONDS = 20.0
SWITCH_SECONDS = 0.0005
# Objects between two looks for cycles, by generation: batches make a hundred thousand that are no garbage yet.
GARBAGE_THRESHOLDS = (200_000, 20, 100)


class ServiceConfig(Protocol):
    """What a service is told: what every service is told, and its own."""

    @property
    def runtime(self) -> RuntimeConfig:
        """What every service is told."""


C = TypeVar("C", bound=ServiceConfig)

Part = Callable[[C, threading.Event], None]
"""What runs as a thread of the process, until told to stop."""


def run_verb(verb: str, verbs: Mapping[str, Mapping[str, Part[C]]], config: C, *, migrations: Path | None) -> int:
    """Runs the parts of a verb, and returns the exit code.

    `run` and `migrate` bring the database up to date first, if there is one; `run` then runs all other verbs, a
    process each.
    """
    runtime = config.runtime
    if migrations is not None and verb in ("run", "migrate"):
        migrate(runtime.database_url, [migrations])
    programs = {
        name: partial(_run_program, parts, config) for name, parts in verbs.items() if parts and verb in ("run", name)
    }
    if len(programs) < 2:
        return next(iter(programs.values()))() if programs else 0
    return run_processes(programs, stop_seconds=STOP_SECONDS + 2)


def _run_program(parts: Mapping[str, Part[C]], config: C) -> int:
    set_up_telemetry(config.runtime.service, config.runtime.otlp_endpoint)
    try:
        return run_parts({name: partial(part, config) for name, part in parts.items()}, service=config.runtime.service)
    finally:
        shut_down_telemetry()


def relay(config: ServiceConfig, stop: threading.Event) -> None:
    """A part of every service: publishes the outbox."""
    runtime = config.runtime
    with (
        open_pool(runtime.database_url, name=f"{runtime.service}-relay", max_size=2) as pool,
        closing(open_event_log(runtime.event_log_url)) as log,
    ):
        Relay(pool=pool, log=log).run(stop)


def run_parts(parts: Mapping[str, Callable[[threading.Event], None]], *, service: str) -> int:
    """Runs the parts until SIGTERM or SIGINT, or until one of them ends; returns the exit code.

    0 after a signal; 1 when a part raised or ended by itself, with one line in the log. Parts get 20 s to end.
    """
    prepare_interpreter()
    stop = threading.Event()
    failed = threading.Event()
    threads = [
        threading.Thread(target=_run_part, args=(name, part, stop, failed), name=name, daemon=True)
        for name, part in parts.items()
    ]
    with _stopping_on_signals(stop):
        for thread in threads:
            thread.start()
        logger.info("The service %s runs: %s.", service, ", ".join(parts))
        stop.wait()
        for thread in threads:
            thread.join(STOP_SECONDS)
    stuck = [thread.name for thread in threads if thread.is_alive()]
    if stuck:
        logger.error("The service %s leaves parts behind that did not end: %s.", service, ", ".join(stuck))
    return 1 if failed.is_set() or stuck else 0


def prepare_interpreter() -> None:
    """Sets the interpreter up for a process of ours, and for its forks."""
    # A part that waits for its database must not wait again, 5 ms by default, for one that computes.
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*GARBAGE_THRESHOLDS)


def _run_part(
    name: str, part: Callable[[threading.Event], None], stop: threading.Event, failed: threading.Event
) -> None:
    try:
        part(stop)
        if not stop.is_set():
            failed.set()
            logger.error("The part %s ended by itself; the process stops.", name)
    except Exception as error:
        failed.set()
        logger.exception("The part %s failed and the process stops: %s", name, error)
    finally:
        stop.set()


@contextmanager
def _stopping_on_signals(stop: threading.Event) -> Iterator[None]:
    """Handlers exist only in the main thread; elsewhere (tests) the caller's parts end the run."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
