"""A service as several processes that live and end together: none waits for the interpreter's lock of another."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any, NoReturn

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run_processes(programs: Mapping[str, Callable[[], int]], *, stop_seconds: float) -> int:
    """Forks a process for each program; when one ends, or at SIGTERM or SIGINT, all are told to; returns the exit code.

    0 after a signal; else that of the program that ended first, or 1. A process that is killed takes the others and
    the caller with it, as if they were one; so does the caller, however it dies. To be called in the main thread,
    before there are other threads or connections, which a fork must not share.
    """
    context = get_context("fork")
    reader, writer = context.Pipe(duplex=False)
    processes = [
        context.Process(target=_live, args=(program, reader, writer), name=name, daemon=True)
        for name, program in programs.items()
    ]
    with _passing_signals_on(processes) as told:
        # A signal that comes meanwhile waits until all can be told.
        with _signals_blocked():
            for process in processes:
                process.start()
        reader.close()
        first = _wait_for_one(processes)
        if first < 0 and not told:
            _end_like(-first, processes)
        _end(processes, stop_seconds)
    if told:
        return 0 if all(process.exitcode in (0, -signal.SIGTERM) for process in processes) else 1
    return first or 1


def _live(
    program: Callable[[], int], reader: "Connection[object, object]", writer: "Connection[object, object]"
) -> None:
    """The life of a process. Only the parent keeps the writing end: when it is gone, so is the parent."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    writer.close()
    end_with(reader)
    sys.exit(program())


def end_with(reader: "Connection[Any, Any]") -> None:
    """From now on this process dies with whoever holds the other end, which must write nothing more."""
    threading.Thread(target=_wait_for_end, args=(reader,), name="lifeline", daemon=True).start()


def _wait_for_end(reader: "Connection[Any, Any]") -> NoReturn:
    with suppress(OSError):
        reader.poll(None)
    os._exit(1)


@contextmanager
def _signals_blocked() -> Iterator[None]:
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


@contextmanager
def _passing_signals_on(processes: Sequence[BaseProcess]) -> Iterator[list[int]]:
    """Gives the signals that came; each of them tells all processes to end."""
    told: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        told.append(number)
        _terminate(processes)

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_for_one(processes: Sequence[BaseProcess]) -> int:
    """The exit code of the process that ends first."""
    ended = wait([process.sentinel for process in processes])
    first = next(process for process in processes if process.sentinel in ended)
    first.join()
    return first.exitcode or 0


def _terminate(processes: Sequence[BaseProcess]) -> None:
    for process in processes:
        if process.pid is not None and process.is_alive():
            process.terminate()


def _end(processes: Sequence[BaseProcess], stop_seconds: float) -> None:
    """Tells all to end; kills who does not in time."""
    _terminate(processes)
    deadline = time.monotonic() + stop_seconds
    for process in processes:
        process.join(max(deadline - time.monotonic(), 0))
        if process.is_alive():
            process.kill()
            process.join()


def _end_like(number: int, processes: Sequence[BaseProcess]) -> None:
    for process in processes:
        process.kill()
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
