"""The service as a process: what it is called with, and policies that cannot be."""

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from .city import at, done

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


@pytest.mark.parametrize("arguments", [(), ("sing",), ("run", "--check"), ("recompute", "--chek"), ("recompute", "1")])
def test_called_wrongly_it_tells_how_to_call_it(run: Run, arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)
    assert ended.returncode == 2
    assert ended.stderr.startswith("Usage: ")


@pytest.mark.parametrize("number", ["0", "-1", "two", "1.5", ""])
def test_so_many_processes_cannot_recompute(run: Run, number: str) -> None:
    ended = run("recompute", "--check", "--processes", number)
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith("Argument --processes: ")


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
