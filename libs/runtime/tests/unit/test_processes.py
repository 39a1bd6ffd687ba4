"""The processes of a service live and end together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

PROGRAM = """
import os, sys, time
from runtime.process import run_parts
from runtime.processes import run_processes

def program(name):
    def part(stop):
        os.write(1, f"{name} {os.getpid()}\\n".encode()); stop.wait(); os.write(1, f"{name} ended\\n".encode())
    return lambda: run_parts({"part": part}, service="work")

def fail():
    time.sleep(1)
    return 3

programs = {name: fail if name == "fail" else program(name) for name in sys.argv[1:]}
sys.exit(run_processes(programs, stop_seconds=10))
"""


@contextmanager
def running(*names: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, int]]]:
    """The family and, by name, the processes of those that say who they are."""
    command = [sys.executable, "-c", PROGRAM, *names]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            told = [process.stdout.readline().split() for name in names if name != "fail"]
            yield process, {name: int(pid) for name, pid in told}
        finally:
            process.kill()


def is_gone(pid: int) -> bool:
    """Within some seconds, as the end of a process takes its time."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_of_them_in_order(number: signal.Signals) -> None:
    with running("serve", "consume") as (process, pids):
        assert process.stdout is not None
        process.send_signal(number)
        assert sorted(process.stdout.read().splitlines()) == ["consume ended", "serve ended"]
        assert process.wait(10) == 0
    assert len(set(pids.values())) == 2
    assert all(is_gone(pid) for pid in pids.values())


def test_one_that_ends_by_itself_ends_the_others_and_its_exit_code_is_told() -> None:
    with running("serve", "fail") as (process, pids):
        assert process.stdout is not None
        assert process.stdout.read() == "serve ended\n"
        assert process.wait(10) == 3
    assert is_gone(pids["serve"])


def test_one_that_is_killed_takes_all_with_it_as_if_they_were_one() -> None:
    with running("serve", "consume", "score") as (process, pids):
        os.kill(pids["consume"], signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL
    assert all(is_gone(pid) for pid in pids.values())


def test_they_do_not_outlive_who_started_them() -> None:
    with running("serve", "consume") as (process, pids):
        process.kill()
        assert all(is_gone(pid) for pid in pids.values())


def test_a_signal_that_comes_while_they_are_started_is_told_to_all_of_them() -> None:
    at_fork = "import os, signal; os.register_at_fork(before=lambda: os.kill(os.getpid(), signal.SIGTERM))"
    command = [sys.executable, "-c", f"{at_fork}\n{PROGRAM}", "serve", "consume"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.wait(20) == 0
        finally:
            process.kill()
