"""Parts of one process stop together."""

import logging
import signal
import subprocess
import sys
import threading

import pytest

from runtime.process import run_parts


def test_a_part_that_fails_stops_the_others_with_one_line(caplog: pytest.LogCaptureFixture) -> None:
    stopped = threading.Event()

    def wait(stop: threading.Event) -> None:
        stop.wait(10)
        stopped.set()

    def fail(stop: threading.Event) -> None:
        raise ValueError("The log is another one.")

    with caplog.at_level(logging.ERROR):
        assert run_parts({"serve": wait, "consume": fail}, service="work") == 1
    assert stopped.is_set()
    assert [record.getMessage() for record in caplog.records] == [
        "The part consume failed and the process stops: The log is another one."
    ]


def test_a_part_that_ends_by_itself_is_a_failure() -> None:
    assert run_parts({"serve": lambda stop: None}, service="work") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_parts_in_order(number: signal.Signals) -> None:
    program = (
        "import sys\n"
        "from runtime.process import run_parts\n"
        "def part(stop):\n"
        "    print('ready', flush=True); stop.wait(); print('ended', flush=True)\n"
        "sys.exit(run_parts({'a': part}, service='work'))\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.stdout.read() == "ended\n"
    assert process.returncode == 0


@pytest.mark.parametrize(("passes", "printed"), [("0", ""), ("2", "0\n1\n")])
def test_a_crash_point_kills_after_its_passes(passes: str, printed: str) -> None:
    program = (
        "from runtime.faults import crash_point\n"
        "for number in range(5):\n"
        "    crash_point('other'); crash_point('here'); print(number, flush=True)\n"
    )
    environment = {"CRASH_AT": "here", "CRASH_AFTER": passes}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, printed)


def test_without_a_wish_nothing_is_killed() -> None:
    program = "from runtime.faults import crash_point; crash_point(''); crash_point('here')"
    assert subprocess.run([sys.executable, "-c", program], env={}, check=False).returncode == 0
