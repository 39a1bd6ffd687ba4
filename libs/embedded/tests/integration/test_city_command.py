"""`congvu` as people run it: whole cities of the real services."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import pytest

from embedded.home import SERVICES, Home, read_city
from testkit.parts import requires

CONGVU = (sys.executable, "-m", "embedded.cli")
SECONDS = 120.0
ALL = {"supervisor", "postgres", "redis", *SERVICES}


@pytest.fixture
def home() -> Iterator[Home]:
    requires("postgres")
    with TemporaryDirectory(prefix="cv-") as root:
        home = Home(root=Path(root) / "city")
        yield home
        congvu(home, "down")


def environment(home: Home) -> dict[str, str]:
    return {**os.environ, "CONGVU_HOME": str(home.root)}


def congvu(home: Home, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CONGVU, *arguments],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def wait_for(done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < deadline, f"{what} did not happen within {SECONDS:.0f} seconds"
        time.sleep(0.05)


def processes_of(home: Home) -> list[str]:
    """Command lines of all processes that name the home or work in it."""
    found = []
    for process in psutil.process_iter():
        try:
            places = " ".join([process.cwd(), *process.cmdline(), process.environ().get("TOKEN_PUBLIC_KEY", "")])
        except psutil.Error:
            continue
        if str(home.root) in places and process.pid != os.getpid():
            found.append(places)
    return found


def status(home: Home) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(congvu(home, "status", "--json").stdout)
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        ("scores",),
        ("explain", "HUE-00001"),
        ("watch",),
        ("policies",),
        ("parked",),
        ("mend", "task/1", "--reason", "lost", "--revision-missing", "2"),
        ("recompute", "--check", "--processes", "2"),
        ("status",),
    ],
)
def test_without_a_city_every_verb_says_so_in_one_sentence(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    answer = congvu(Home(root=tmp_path), *arguments)

    assert answer.stderr == f"The city at {tmp_path} is not running; start it with `congvu up`.\n"
    assert (answer.returncode, answer.stdout) == (1, "")


def test_a_wrong_call_has_exit_code_2(tmp_path: Path) -> None:
    assert congvu(Home(root=tmp_path), "scores", "--colour", "red").returncode == 2
    assert congvu(Home(root=tmp_path), "recompute", "--processes", "0").returncode == 2
    assert congvu(Home(root=tmp_path), "mend", "task/1", "--reason", "lost").returncode == 2


def test_ending_a_city_that_does_not_run_says_so(tmp_path: Path) -> None:
    answer = congvu(Home(root=tmp_path), "down")

    assert (answer.returncode, answer.stdout) == (0, f"The city at {tmp_path} was not running.\n")


def test_a_detached_city_runs_until_it_is_ended(home: Home) -> None:
    started = congvu(home, "up", "--empty", "--detach")
    assert started.returncode == 0, started.stderr
    assert f"The city at {home.root} is up." in started.stdout

    found = status(home)
    assert {each["name"] for each in found["processes"]} == ALL
    assert {each["health"] for each in found["processes"]} == {"healthy", "running"}
    assert found["memory"] < 1.5 * 2**30
    assert found["position"]["parked"] == 0
    again = congvu(home, "up", "--empty")
    assert (again.returncode, "is running already" in again.stdout) == (0, True)

    ended = congvu(home, "down")

    assert ended.returncode == 0
    assert processes_of(home) == []
    begun = time.monotonic()
    assert congvu(home, "up", "--empty", "--detach").returncode == 0
    assert time.monotonic() - begun < 10.0


def test_a_second_city_runs_beside_the_first(home: Home) -> None:
    other = Home(root=home.root.parent / "other")
    assert congvu(home, "up", "--empty", "--detach").returncode == 0
    try:
        assert congvu(other, "up", "--empty", "--detach").returncode == 0

        doors = [each["grpc"] for each in (*status(home)["processes"], *status(other)["processes"]) if each["grpc"]]
        assert len(set(doors)) == 2 * len(SERVICES)
    finally:
        congvu(other, "down")
    assert status(home)["state"] == "running"
    assert processes_of(other) == []


def test_a_second_start_at_the_same_time_leaves_the_first_alone(home: Home) -> None:
    up = [*CONGVU, "up", "--empty", "--detach"]
    starters = [subprocess.Popen(up, env=environment(home), stderr=subprocess.PIPE, text=True) for _ in range(2)]

    complaints = [starter.communicate(timeout=SECONDS)[1] for starter in starters]

    codes = [starter.returncode for starter in starters]
    assert 0 in codes
    assert all(code == 0 or "already being started" in said for code, said in zip(codes, complaints, strict=True))
    assert status(home)["state"] == "running"


def test_after_the_death_of_its_supervisor_a_city_can_be_ended(home: Home) -> None:
    assert congvu(home, "up", "--empty", "--detach").returncode == 0
    os.kill(read_city(home).processes["supervisor"].pid, signal.SIGKILL)
    assert congvu(home, "scores").returncode == 1

    ended = congvu(home, "down")

    assert ended.returncode == 0
    assert processes_of(home) == []


def test_after_the_death_of_its_supervisor_a_city_starts_again(home: Home) -> None:
    assert congvu(home, "up", "--empty", "--detach").returncode == 0
    before = read_city(home).processes
    os.kill(before["supervisor"].pid, signal.SIGKILL)

    assert congvu(home, "up", "--empty", "--detach").returncode == 0

    assert not set(read_city(home).processes.values()) & set(before.values())
    assert status(home)["state"] == "running"


@pytest.mark.parametrize("stage", ["postgres", "work"])
def test_ctrl_c_during_the_start_leaves_nothing(home: Home, stage: str) -> None:
    with subprocess.Popen([*CONGVU, "up", "--empty"], env=environment(home), stderr=subprocess.PIPE) as foreground:
        wait_for(lambda: stage in read_city(home).processes, f"the start of {stage}")
        foreground.send_signal(signal.SIGINT)
        foreground.communicate(timeout=SECONDS)

    assert foreground.returncode == 0
    assert processes_of(home) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_foreground_city_ends_with_its_command_however_that_ends(home: Home, number: signal.Signals) -> None:
    with subprocess.Popen([*CONGVU, "up", "--empty"], env=environment(home), stderr=subprocess.PIPE) as foreground:
        wait_for(lambda: read_city(home).state == "running", "the start")
        foreground.send_signal(number)
        foreground.communicate(timeout=SECONDS)

    wait_for(lambda: not processes_of(home), "the end of every process")
    assert read_city(home).state == "stopped"


def test_a_reader_that_leaves_is_no_error(home: Home) -> None:
    with subprocess.Popen([*CONGVU, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        command.stdout.close()
        assert command.stderr.read() == b""
