"""The memory of an import does not grow with the log."""

import subprocess
import sys
from pathlib import Path

import pytest

CHILD = Path(__file__).with_name("import_child.py")
MIB = 1024 * 1024
MAPPING = """\
source: large
columns:
  item: case:concept:name
  officer: case:responsible
  unit: case:group
  product: {value: permit}
  due: case:due
  step: concept:name
  step_at: time:timestamp
  step_id: concept:instance
  step_officer: org:resource
facts:
  assigned: {at: case:start}
  completed: {steps: [T07 *]}
  reviews:
    - {reviewed: [T02 *], returned_when: [T03 *], due: standard}
  undecided: close_at_log_end
  recorded_at: as_occurred
organization:
  municipality: {id: TOWN, name: Town, kind: COMMUNE, parent: HUE, valid_from: 2010-01-01}
  units: {prefix: TOWN-}
  officers: {prefix: TOWN-O-}
products:
  - code: permit
    name: Permit
    complexity_group: 1
    standard_units: 1000
    standard_term_hours: 40
    valid_from: 2010-01-01
"""


def event(number: int, step: int) -> str:
    return (
        f'\t\t<event>\n\t\t\t<string key="concept:name" value="T0{step} step of a procedure with a name"/>\n'
        f'\t\t\t<string key="concept:instance" value="task-{number}-{step}"/>\n'
        f'\t\t\t<string key="org:resource" value="Officer {(number + step) % 48}"/>\n'
        f'\t\t\t<date key="time:timestamp" value="2011-11-{number % 20 + 1:02}T{step + 8:02}:42:22.688+02:00"/>\n'
        "\t\t</event>\n"
    )


def trace(number: int) -> str:
    return (
        f'\t<trace>\n\t\t<string key="concept:name" value="case {number}"/>\n'
        f'\t\t<string key="responsible" value="Officer {number % 40}"/>\n'
        f'\t\t<string key="group" value="Group {number % 7}"/>\n'
        '\t\t<date key="start" value="2011-10-11T13:42:22.688+02:00"/>'
        '<date key="due" value="2011-12-11T13:42:22.688+02:00"/>\n'
        f"{''.join(event(number, step) for step in range(8))}\t</trace>\n"
    )


def write_log(file: Path, size: int) -> int:
    """Writes a log of about so many bytes; how many traces it has."""
    traces = 0
    with file.open("w", encoding="utf-8") as log:
        log.write('<?xml version="1.0" encoding="UTF-8"?>\n<log xmlns="http://www.xes-standard.org/">\n')
        while log.tell() < size:
            log.write("".join(trace(number) for number in range(traces, traces + 200)))
            traces += 200
        log.write("</log>\n")
    return traces


def import_in_child(folder: Path, size: int) -> tuple[int, int]:
    """Peak before and after the import, in bytes."""
    (folder / "mapping.yaml").write_text(MAPPING)
    traces = write_log(folder / "large.xes", size)
    command = [sys.executable, str(CHILD), str(folder / "large.xes"), str(folder / "mapping.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    before, after, accepted = map(int, done.stdout.split())
    # Assigned, Submitted, Returned, Submitted again, Completed.
    assert accepted == 5 * traces
    return before, after


def test_sixty_megabytes_of_xes_need_less_than_150_mebibytes(tmp_path: Path) -> None:
    before, after = import_in_child(tmp_path, 60_000_000)
    assert after < 150 * MIB
    assert after - before < 48 * MIB


@pytest.mark.long
def test_six_hundred_megabytes_need_hardly_more(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--long", default=False):
        pytest.skip("The long variants run with --long.")
    before, after = import_in_child(tmp_path, 600_000_000)
    assert after < 150 * MIB
    assert after - before < 56 * MIB
