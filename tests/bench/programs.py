"""Programs that a run starts: their output, their memory, and what they compute."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import psutil

from embedded.memory import memory_of
from embedded.processes import mark_process

# However busy the machine is.
PATIENCE = 600.0


class BenchError(Exception):
    """A row cannot go on; the message says why."""


class Program:
    """A process of ours. Its output goes to a file, of which the last lines explain an early end."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                command, env={**os.environ, **environment}, stdout=output, stderr=output, start_new_session=True
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._popen.pid

    def check(self) -> None:
        """Raises BenchError when the process has ended by itself."""
        code = self._popen.poll()
        if code is not None:
            told = " / ".join(self.output().splitlines()[-5:])
            raise BenchError(f"{self._log.stem} ended with {signal.Signals(-code).name if code < 0 else code}: {told}")

    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._popen.poll() is None

    def output(self) -> str:
        """What it has written so far."""
        return self._log.read_text(errors="replace")

    def answer(self) -> str:
        """The last line that it wrote before it ended, which must be with success."""
        self.wait()
        lines = self.output().splitlines()
        if not lines:
            raise BenchError(f"{self._log.stem} ended without an answer.")
        return lines[-1]

    def memory(self) -> float:
        """Proportional set size in MB."""
        mark = mark_process(self._popen.pid)
        return memory_of(mark) / 1e6 if mark else 0.0

    def wait(self) -> None:
        """Until it ends by itself, which must be with success; however long that takes."""
        if self._popen.wait():
            self.check()

    def end(self, number: signal.Signals) -> None:
        """Asks it to end, and waits until it has."""
        if self._popen.poll() is None:
            self._popen.send_signal(number)
            self._popen.wait(PATIENCE)

    def stop(self) -> None:
        """Asks it to end; kills it after 30 s."""
        if self._popen.poll() is None:
            self._popen.terminate()
            try:
                self._popen.wait(30)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()


def wait_for(
    condition: Callable[[], bool], *programs: Program, pause: float = 0.02, patience: float = PATIENCE
) -> None:
    """Waits until it is so. Raises BenchError when one of the programs ends, or when it takes too long."""
    deadline = time.monotonic() + patience
    while not condition():
        for program in programs:
            program.check()
        if time.monotonic() > deadline:
            raise BenchError(f"What a row waits for did not happen within {patience / 60:.0f} minutes.")
        time.sleep(pause)


class Effort:
    """Seconds of processor that processes use from now on; those that begin later count as a whole."""

    def __init__(self, pids: Callable[[], Iterable[int]]) -> None:
        self._pids = pids
        self._before = {pid: _seconds_of(pid) for pid in pids()}

    def seconds(self) -> float:
        """Until now; of processes that have ended meanwhile nothing is known."""
        return sum(_seconds_of(pid) - self._before.get(pid, 0.0) for pid in self._pids())


def family_of(pid: int) -> list[int]:
    """A process and all that it started."""
    try:
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def _seconds_of(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
