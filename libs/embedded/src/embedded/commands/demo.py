"""demo: the city with a year of work in it, alive; with --check its proof."""

import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from congvu.evaluation.v1 import resources_pb2, service_pb2
from embedded.choosing import BOOTSTRAP, NAMESPACE
from embedded.city import is_running
from embedded.city_log import kafka_of
from embedded.commands.mending import run_recompute
from embedded.commands.options import this_home
from embedded.commands.running import print_addresses
from embedded.demo_city import FACTS, LOAD_TIMEOUT, SEED, DemoMarker, ensure_demo, print_sign_ins, read_marker
from embedded.doors import Doors
from embedded.errors import CityError
from embedded.folding import wait_until_folded
from embedded.foreground import started_city
from embedded.home import Home, read_city
from embedded.kafka import remove_events
from embedded.memory import memory_by_process
from embedded.proof import Coverage, check_coverage
from embedded.queries import Question, list_scorecards
from embedded.render.console import answers, notes
from embedded.render.numbers import size_text
from embedded.render.progress import ConsoleProgress
from embedded.session import local_doors
from embedded.statusline import stay
from runtime.errors import ServiceError

FACTS_A_SECOND = 20.0


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command("demo")(demo)


def demo(
    check: Annotated[
        bool, typer.Option("--check", help="Load, count, prove every number, leave nothing running.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Another seed is another city.")] = SEED,
    facts: Annotated[int, typer.Option(min=1, help="About how many facts of work.")] = FACTS,
) -> None:
    """Start the city with a demo in it and keep it alive with about 20 facts a second, until Ctrl-C."""
    try:
        if check:
            with check_home() as (home, told):
                raise typer.Exit(0 if _prove(home, seed, facts, told) else 1)
        _show(this_home(), seed, facts)
    except KeyboardInterrupt:
        raise typer.Exit(130 if check else 0) from None


def _show(home: Home, seed: int, facts: int) -> None:
    console = notes()
    if is_running(home):
        raise CityError(f"The city at {home.root} is running already; end it with `congvu down` and try again.")
    with started_city(home, console, detach=False) as city:
        marker = ensure_demo(home, console, seed=seed, facts=facts)
        with local_doors(home, timeout=LOAD_TIMEOUT) as doors:
            wait_until_folded(doors.evaluation, ConsoleProgress(console), facts=marker.facts)
            print_addresses(answers(), home, city, "is up")
            print_sign_ins(answers(), marker)
            print_examples(answers(), marker, _any_officer(doors))
            with live_facts(doors, marker.seed) as failed:
                stay(home, doors, console, failed=failed)


def print_examples(console: Console, marker: DemoMarker, officer_id: str) -> None:
    """What to try next, in another terminal."""
    console.print("Try in another terminal:")
    for example in (
        "congvu watch",
        "congvu scores --language en",
        f"congvu explain {officer_id} --language en",
        "congvu status",
        f"congvu sign-in {marker.sign_ins[-1][0]}",
    ):
        console.print(f"  {example}")


def _any_officer(doors: Doors) -> str:
    cards = list_scorecards(doors.evaluation, Question())
    officers = (card.subject_id for card in cards if card.subject_kind == resources_pb2.SUBJECT_KIND_OFFICER)
    return next(officers, "OFFICER")


@contextmanager
def live_facts(doors: Doors, seed: int) -> Iterator[Callable[[], str]]:
    """New facts from a thread for as long as the context lasts; yields what says why it ended early."""
    from embedded.demo.live import produce  # the town's data is large and only read here

    stop = threading.Event()
    problems: list[str] = []

    def run() -> None:
        try:
            produce(doors=doors, seed=seed, stop=stop, rate=FACTS_A_SECOND, now=lambda: datetime.now(UTC))
        except ServiceError as error:
            problems.append(f"No more new facts: {error}")

    thread = threading.Thread(target=run, name="live facts", daemon=True)
    thread.start()
    try:
        yield lambda: problems[0] if problems else ""
    finally:
        stop.set()
        thread.join(5.0)


@contextmanager
def check_home() -> Iterator[tuple[Home, Mapping[str, str]]]:
    """The home that CONGVU_HOME names, or a temporary one that is removed; of a failed check the logs are kept.

    Beside it what a temporary city is told: on Kafka it has a namespace of its own, whose topics are removed as well.
    """
    if os.environ.get("CONGVU_HOME"):
        yield this_home(), {}
        return
    root = Path(tempfile.mkdtemp(prefix="congvu-"))
    home = Home(root=root)
    namespace = ".".join(part for part in (os.environ.get(NAMESPACE, "").strip(), root.name) if part)
    try:
        yield home, {NAMESPACE: namespace} if os.environ.get(BOOTSTRAP) else {}
    except (CityError, ServiceError):
        kept = shutil.move(home.log("any").parent, f"{root}-logs")
        notes().print(f"The logs of the failed check are kept in {kept}.")
        raise
    finally:
        _remove_events(home)
        shutil.rmtree(root, ignore_errors=True)


def _remove_events(home: Home) -> None:
    kafka = kafka_of(home)
    try:
        if kafka is not None:
            remove_events(kafka, os.environ)
    except ServiceError as error:
        notes().print(f"The topics of this check stay behind on {kafka}: {error}")


def _prove(home: Home, seed: int, facts: int, told: Mapping[str, str]) -> bool:
    """Loads, waits, recomputes and checks; prints one line of figures; whether all is right."""
    console = notes()
    with started_city(home, console, detach=False, told=told), local_doors(home, timeout=LOAD_TIMEOUT) as doors:
        fresh, begun = read_marker(home) is None, time.monotonic()
        marker = ensure_demo(home, console, seed=seed, facts=facts)
        position = wait_until_folded(doors.evaluation, ConsoleProgress(console), facts=marker.facts)
        seconds = time.monotonic() - begun if fresh else None
        memory = sum(memory_by_process(read_city(home).processes).values())
        coverage = check_coverage(doors, datetime.now(UTC))
        verdict = run_recompute(home, console, check=True)
    console.print(f"{verdict.stdout}{verdict.stderr}".rstrip())
    print_missing(console, coverage.missing)
    found = re.search(r"differences=([0-9]+)", verdict.stdout)
    differences = found[1] if found else "unknown"
    answers().print(figures_line(marker, position, coverage, seconds=seconds, memory=memory, differences=differences))
    return verdict.returncode == 0 and not coverage.missing and position.parked == 0


def print_missing(console: Console, missing: list[str]) -> None:
    """Says who has no score of last month, the first ten by name."""
    if missing:
        names = ", ".join(missing[:10])
        more = f" and {len(missing) - 10} more" if len(missing) > 10 else ""
        console.print(f"Without a score of last month: {names}{more}.")


def figures_line(
    marker: DemoMarker,
    position: service_pb2.GetPositionResponse,
    coverage: Coverage,
    *,
    seconds: float | None,
    memory: int,
    differences: str,
) -> str:
    """The figures of a check in one line; `seconds` is None when the city had been loaded before."""
    parts = (
        f"{marker.facts:,} facts",
        f"{position.items:,} items",
        f"{coverage.officers:,} officers",
        f"{coverage.units:,} units",
        f"{coverage.scores:,} scores of last month ({len(coverage.missing)} missing)",
        f"{position.parked:,} parked",
        f"{seconds:.1f} s, {marker.facts / seconds:,.0f} facts/s" if seconds else "loaded before",
        size_text(memory),
        f"{differences} differences after recomputing",
    )
    return " · ".join(parts)
