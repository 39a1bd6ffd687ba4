"""The service as a process: what it is called with, and policies that cannot be."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from evaluation.config import POLICIES
from testkit.fixtures import Keys

from .city import at, done


@pytest.fixture
def environment(service_url: str, event_log_url: str, keys: Keys, tmp_path: Path) -> Mapping[str, str]:
    """What the process is told; its policies lie in a folder of the test."""
    policies = tmp_path / "policies"
    policies.mkdir()
    for file in POLICIES.glob("*.yaml"):
        (policies / file.name).write_text(file.read_text())
    return {
        "DATABASE_URL": service_url,
        "EVENT_LOG_URL": event_log_url,
        "TOKEN_PUBLIC_KEY": str(keys.public),
        "POLICIES": str(policies),
    }


@pytest.fixture
def run(environment: Mapping[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`run("recompute", "--check")`: the process, ended."""

    def run_it(*arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "evaluation.main", *arguments],
            env={**environment, **changed},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run_it


Run = Callable[..., "subprocess.CompletedProcess[str]"]


def change(environment: Mapping[str, str], before: str, after: str) -> str:
    """Changes a line of the pilot's policy; gives the place that the complaint must name."""
    file = Path(environment["POLICIES"]) / "pilot-seven-groups.yaml"
    lines = file.read_text().splitlines()
    (number,) = [n for n, line in enumerate(lines, start=1) if line.strip() == before]
    lines[number - 1] = lines[number - 1].replace(before, after)
    file.write_text("\n".join(lines))
    return f"{file.name}:{number}"


@pytest.mark.parametrize("verb", ["run", "serve", "consume", "score", "migrate"])
def test_a_policy_with_an_unknown_measure_stops_the_process(
    run: Run, environment: Mapping[str, str], verb: str
) -> None:
    place = change(environment, "numerator: work_done", "numerator: work_dome")
    ended = run(verb)
    assert ended.returncode == 2
    assert place in ended.stderr
    assert "work_dome" in ended.stderr


def test_a_policy_whose_weights_do_not_add_up_stops_the_process(run: Run, environment: Mapping[str, str]) -> None:
    place = change(environment, "weights_sum: 100", "weights_sum: 99")
    ended = run("run")
    assert ended.returncode == 2
    assert place in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_missing_setting_is_named(run: Run) -> None:
    ended = run("serve", DATABASE_URL="")
    assert (ended.returncode, "DATABASE_URL" in ended.stderr) == (2, True)


@pytest.mark.parametrize("arguments", [(), ("sing",), ("run", "--check"), ("recompute", "--chek")])
def test_called_wrongly_it_tells_how_to_call_it(run: Run, arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)
    assert ended.returncode == 2
    assert ended.stderr.startswith("Usage: ")


def test_the_database_is_brought_up_to_date(run: Run, database_url: str) -> None:
    assert run("migrate", DATABASE_URL=database_url).returncode == 0
    assert run("migrate", DATABASE_URL=database_url).returncode == 0


def test_recompute_check_exits_1_when_a_number_differs_and_0_when_none_does(run: Run, evaluation: Any) -> None:
    evaluation.hear(done("task/1", "an", due=at(10), completed=at(9)))
    same = run("recompute", "--check")
    with evaluation.pool.connection() as conn:
        conn.execute("UPDATE sums SET vector[5] = 7 WHERE subject = 'an'")
    differs = run("recompute", "--check")
    assert (same.returncode, "differences=0" in same.stdout) == (0, True), same.stderr
    assert differs.returncode == 1
    assert "an in SNV-CCVC 2026-03: done live 7 recomputed 1000" in differs.stdout
