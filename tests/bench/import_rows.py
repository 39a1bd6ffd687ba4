"""The row of an import: the memory of `congvu import` while it brings a large XES log into a running city."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.context import Bench
from bench.programs import BenchError, Program
from bench.rows import MEGABYTES, Bound, Figure, Found, Row

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
  city: {id: HUE, name: Huế, valid_from: 2010-01-01}
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
_OFFICERS, _UNITS, _STEPS = 1_500, 60, 8


def measure_import(bench: Bench) -> Found:
    """The whole command, against a city of its own, and its highest memory."""
    size = bench.sizes.xes_bytes
    with TemporaryDirectory(prefix="cv-") as folder, _running_city(bench, Path(folder) / "city") as home:
        log, mapping = Path(folder) / "large.xes", Path(folder) / "mapping.yaml"
        mapping.write_text(MAPPING)
        traces = write_log(log, size)
        command = [sys.executable, "-m", "embedded.cli", "import", str(log), "--mapping", str(mapping)]
        began = time.monotonic()
        with (
            bench.progress.stage(f"import of {size / 1e6:,.0f} MB of XES, {traces:,} cases", size) as stage,
            bench.lab.program("import", command, {"CONGVU_HOME": str(home)}) as program,
        ):
            peak, resident = _watch(program)
            told = program.output()
            program.wait()
            stage.advance(size)
        seconds = time.monotonic() - began
    accepted = next((line for line in told.splitlines() if "facts accepted" in line), "nothing accepted")
    row = Row(
        name=f"import of {_size(size)} of XES: memory",
        figure=Figure(peak, MEGABYTES),
        aim=Bound(value=150, kind="most", of="figure"),
        least=Bound(value=300, kind="most", of="figure"),
        meaning=f"The highest proportional set size of `congvu import` (resident, shared libraries counted in full:"
        f" {resident:,.0f} MB) while it brings {traces:,} cases of {_STEPS} steps into an empty running city:"
        f" {accepted}, {seconds:,.0f} s.",
    )
    return Found(key="import", rows=[row])


def write_log(file: Path, size: int) -> int:
    """Writes an XES log of about so many bytes; returns how many traces it has."""
    traces = 0
    with file.open("w", encoding="utf-8", buffering=1 << 20) as log:
        log.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1849.2016" xmlns="http://www.xes-standard.org/">\n'
        )
        written = 0
        while written < size:
            text = _trace(traces)
            written += log.write(text)
            traces += 1
        log.write("</log>\n")
    return traces


def _trace(number: int) -> str:
    day, officer = number % 28 + 1, number % _OFFICERS
    return (
        f'\t<trace>\n\t\t<string key="concept:name" value="case {number}"/>\n'
        f'\t\t<string key="responsible" value="Officer {officer}"/>\n'
        f'\t\t<string key="group" value="Group {officer % _UNITS}"/>\n'
        f'\t\t<date key="start" value="2011-10-{day:02}T13:42:22.688+02:00"/>\n'
        f'\t\t<date key="due" value="2011-12-{day:02}T13:42:22.688+02:00"/>\n'
        f"{''.join(_event(number, step) for step in range(_STEPS))}\t</trace>\n"
    )


def _event(number: int, step: int) -> str:
    return (
        f'\t\t<event>\n\t\t\t<string key="concept:name" value="T0{step} step of a procedure with a name"/>\n'
        f'\t\t\t<string key="concept:instance" value="task-{number}-{step}"/>\n'
        f'\t\t\t<string key="org:resource" value="Officer {(number + step) % _OFFICERS}"/>\n'
        f'\t\t\t<date key="time:timestamp" value="2011-11-{number % 20 + 1:02}T{step + 8:02}:42:22.688+02:00"/>\n'
        "\t\t</event>\n"
    )


@contextmanager
def _running_city(bench: Bench, home: Path) -> Iterator[Path]:
    """An empty embedded city; it is down at the end."""
    # An address of Kafka in the environment is meant for the bench.
    environment = {"CONGVU_HOME": str(home), "KAFKA_BOOTSTRAP": ""}
    _congvu(bench, environment, "up", "--detach", "--empty")
    try:
        yield home
    finally:
        _congvu(bench, environment, "down")


def _congvu(bench: Bench, environment: dict[str, str], *words: str) -> None:
    command = [sys.executable, "-m", "embedded.cli", *words]
    with bench.lab.program(f"congvu-{words[0]}", command, environment) as program:
        program.wait()


def _watch(program: Program) -> tuple[float, float]:
    """The highest proportional and resident memory of a program up to its end, in MB."""
    peak = resident = 0.0
    while program.is_running():
        peak = max(peak, program.memory())
        resident = max(resident, _resident(program.pid))
        time.sleep(0.1)
    if not peak:
        raise BenchError("The import ended before its memory was seen.")
    return peak, resident


def _resident(pid: int) -> float:
    """The highest so far, as the kernel kept it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6 if "VmHWM:" in status else 0.0


def _size(size: int) -> str:
    return f"{size / 1e9:g} GB" if size >= 1e9 else f"{size / 1e6:g} MB"
