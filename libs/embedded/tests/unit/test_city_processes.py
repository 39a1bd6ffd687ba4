"""Only our own processes are ever signalled."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from embedded.processes import ProcessMark, end_processes, is_alive, mark_process, signal_process


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


def marked(process: subprocess.Popen[bytes]) -> ProcessMark:
    mark = mark_process(process.pid)
    assert mark is not None
    return mark


@pytest.mark.parametrize("other", [{"started": 1}, {"boot": "another boot"}])
def test_another_process_with_the_same_id_is_left_alone(
    sleeper: subprocess.Popen[bytes], other: dict[str, object]
) -> None:
    stranger = replace(marked(sleeper), **other)  # type: ignore[arg-type]

    signal_process(stranger, signal.SIGKILL)
    end_processes([stranger], grace=0.1)

    assert not is_alive(stranger)
    assert sleeper.poll() is None


def test_a_process_ends_by_its_mark(sleeper: subprocess.Popen[bytes]) -> None:
    mark = marked(sleeper)

    end_processes([mark], grace=5.0)

    assert sleeper.wait(5) == -signal.SIGTERM
    assert not is_alive(mark)


def test_a_process_that_ignores_the_signal_is_killed() -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        end_processes([marked(process)], grace=0.3)
        assert process.wait(5) == -signal.SIGKILL


def test_a_process_that_has_ended_has_no_mark(sleeper: subprocess.Popen[bytes]) -> None:
    sleeper.kill()
    sleeper.wait()

    assert mark_process(sleeper.pid) is None
