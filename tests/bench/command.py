"""`make bench`: every row once; a row that fails is shown as failed, with its reason, and the others go on."""

import argparse
import logging
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import FrameType
from typing import NoReturn

from rich.console import Console

from bench.context import EMBEDDED, KAFKA, Bench, open_bench
from bench.kept import Kept
from bench.lab import Lab, open_lab
from bench.machine import describe_commit, describe_load, describe_machine
from bench.programs import BenchError
from bench.report import Report, to_markdown, to_tables, write_page
from bench.rows import Found
from bench.sizes import LONG, QUICK, Sizes
from bench.table import FURTHER, TABLE, Measurement
from embedded.render.progress import ConsoleProgress

logger = logging.getLogger(__name__)

LEAST = 6_000
# A table that goes into a file has no terminal to fit into.
_WIDTH = 200


def main(arguments: Sequence[str]) -> int:
    """Runs, prints the tables, and writes them into docs/performance.md when asked to; returns the exit code."""
    options = _read_arguments(arguments)
    signal.signal(signal.SIGTERM, _stop)
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    command = " ".join(["make bench", *([f'ARGS="{" ".join(arguments)}"'] if arguments else [])])
    with open_lab() as lab:
        report = _run(lab, options, Report(command=command, machine=describe_machine(lab)))
    for table in to_tables(report):
        console.print(table)
    console.print("\n".join(report.machine), highlight=False)
    if options.write:
        write_page(to_markdown(report))
    return 1 if report.has_failed() else 0


def _run(lab: Lab, options: argparse.Namespace, report: Report) -> Report:
    load, began = describe_load(), time.monotonic()
    progress, kept = ConsoleProgress(Console(stderr=True)), Kept(options.sizes)
    for engine, table in ((KAFKA, TABLE), (KAFKA, FURTHER), (EMBEDDED, FURTHER)):
        bench = open_bench(lab, sizes=options.sizes, progress=progress, engine=engine)
        for key in (key for key in options.rows if key in table):
            found = kept.get(engine, key) if options.resume else None
            if found is None:
                found = measure(bench, key, table[key])
                kept.put(engine, found)
            (report.found if table is TABLE else report.further.setdefault(engine, [])).append(found)
    minutes = (time.monotonic() - began) / 60
    report.machine.append(f"{load} before, {describe_load()} after {minutes:.1f} minutes")
    return report


def measure(bench: Bench, key: str, measurement: Measurement) -> Found:
    """One measurement; whatever goes wrong in it is its own failure."""
    began = time.monotonic()
    taken = f"{datetime.now(UTC):%Y-%m-%d} at commit {describe_commit()}"
    try:
        found = measurement(bench)
    except Exception as error:
        logger.debug("%s failed.", key, exc_info=True)
        told = str(error) if isinstance(error, BenchError) else f"{type(error).__name__}: {error}"
        found = Found(key=key, failure=told)
        sys.stderr.write(f"{key} failed: {found.failure}\n")
    return replace(found, taken=taken, seconds=time.monotonic() - began)


def _read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    every = [*TABLE, *FURTHER]
    parser.add_argument("--quick", action="store_true", help="only to see that every row works")
    parser.add_argument("--long", action="store_true", help="the sizes that the aims were given for; takes hours")
    parser.add_argument("--rows", default=",".join(every), help=f"only these, with commas: {', '.join(every)}")
    parser.add_argument("--resume", action="store_true", help="do not measure again what was found with these sizes")
    parser.add_argument("--facts", type=int, help=f"facts of the log ({Sizes().facts:,}; long {LONG.facts:,})")
    parser.add_argument("--items", type=int, help=f"many items behind ({Sizes().items:,}; long {LONG.items:,})")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    options = parser.parse_args(arguments)
    options.rows = [row.strip() for row in options.rows.split(",")]
    if unknown := [row for row in options.rows if row not in every]:
        parser.error(f"--rows {unknown[0]} is no row; there are {', '.join(every)}.")
    if options.facts is not None and options.facts < LEAST:
        parser.error(f"--facts {options.facts} is too few for a ratio; give at least {LEAST:,}.")
    given = {name: value for name in ("facts", "items") if (value := getattr(options, name)) is not None}
    options.sizes = replace(LONG if options.long else QUICK if options.quick else Sizes(), **given)
    return options


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    # An exception, so that servers and files go on the way out.
    sys.exit(128 + number)
