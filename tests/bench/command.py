"""`make bench`: every row once, over every engine of the event log."""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from rich.console import Console

from bench.context import LOGS, Bench, open_bench
from bench.fold_rows import measure_fold, measure_recompute, measure_stages, measure_two
from bench.lab import BenchError, open_lab
from bench.log_rows import measure_intake, measure_log, measure_relay
from bench.machine import describe_load, describe_machine
from bench.report import to_markdown, to_table, write_page
from bench.rows import Row
from bench.score_rows import measure_live, measure_month
from bench.stock_rows import measure_stock
from embedded.render.progress import ConsoleProgress

FACTS = 40_000
LEAST = 6_000
# A table that goes into a file has no terminal to fit into.
_WIDTH = 180


def main(arguments: Sequence[str]) -> int:
    """Runs, prints the table, and writes it into docs/performance.md when asked to; returns the exit code."""
    options = _read_arguments(arguments)
    signal.signal(signal.SIGTERM, _stop)
    try:
        _run(options.facts, write=options.write)
    except BenchError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _run(facts: int, *, write: bool) -> None:
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    progress = ConsoleProgress(Console(stderr=True))
    load, began = describe_load(), time.monotonic()
    with open_lab() as lab:
        machine = describe_machine(lab)
        columns = {
            engine: _measure(open_bench(lab, facts=facts, progress=progress, make_log=make_log))
            for engine, make_log in LOGS.items()
        }
    machine += [f"{load} before, {describe_load()} after {(time.monotonic() - began) / 60:.1f} minutes"]
    console.print(to_table(columns))
    console.print("\n".join(machine), highlight=False)
    if write:
        command = f'make bench ARGS="--facts {facts} --write"'
        write_page(to_markdown(columns, command=command, machine=machine))


def _read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--facts", type=int, default=FACTS, help=f"facts of a row; all follows from it ({FACTS:,})")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    options = parser.parse_args(arguments)
    if options.facts < LEAST:
        parser.error(f"--facts {options.facts} is too few for a ratio; give at least {LEAST:,}.")
    return options


def _measure(bench: Bench) -> list[Row]:
    speed, rows = measure_log(bench)
    rows += measure_relay(bench, speed)
    rows += measure_intake(bench, speed)
    city, fold = measure_fold(bench, speed)
    rows += fold
    rows += measure_stages(bench, city)
    rows += measure_two(bench, city)
    rows += measure_stock(bench)
    rows += measure_recompute(bench, city)
    rows += measure_month(bench, city)
    rows += measure_live(bench, city)
    return rows


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    # An exception, so that servers and files go on the way out.
    sys.exit(128 + number)
