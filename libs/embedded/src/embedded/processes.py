"""Processes as the kernel knows them, so that only our own are ever signalled."""

import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessMark:
    """One process for all time: its id, its start in clock ticks since boot, and the boot."""

    pid: int
    started: int
    boot: str


def mark_process(pid: int) -> ProcessMark | None:
    """The mark of a running process; None when it is gone or a zombie."""
    started = _start_ticks(pid)
    return None if started is None else ProcessMark(pid=pid, started=started, boot=_boot())


def is_alive(mark: ProcessMark) -> bool:
    """Whether this very process still runs; another one with the same id does not count."""
    return mark_process(mark.pid) == mark


def signal_process(mark: ProcessMark, number: signal.Signals) -> None:
    """Signals the process unless it is gone."""
    if is_alive(mark):
        try:
            os.kill(mark.pid, number)
        except ProcessLookupError:
            return


def wait_until_gone(marks: Iterable[ProcessMark], seconds: float) -> list[ProcessMark]:
    """Waits for all to end; returns those that still run after `seconds`."""
    deadline = time.monotonic() + seconds
    left = [mark for mark in marks if is_alive(mark)]
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = [mark for mark in left if is_alive(mark)]
    return left


def end_processes(marks: Iterable[ProcessMark], *, grace: float, first: signal.Signals = signal.SIGTERM) -> None:
    """The first signal to all at once, SIGKILL to those that still run after `grace` seconds."""
    marks = list(marks)
    for mark in marks:
        signal_process(mark, first)
    stubborn = wait_until_gone(marks, grace)
    for mark in stubborn:
        signal_process(mark, signal.SIGKILL)
    wait_until_gone(stubborn, grace)


def _start_ticks(pid: int) -> int | None:
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The name in parentheses may hold anything; after it come the state (field 3) and later the start time (field 22).
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def _boot() -> str:
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()
