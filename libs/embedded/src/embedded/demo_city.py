"""The demo city in a home: loaded once, remembered by a marker file."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from rich.console import Console

from embedded.home import Home, write_private
from embedded.render.progress import ConsoleProgress
from embedded.render.scores import empty_table
from embedded.session import local_doors

SEED = 1
FACTS = 160_000
# Batches of the loader are large, and the services are busy while they fold.
LOAD_TIMEOUT = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoMarker:
    """What was loaded. `sign_ins` are (username, password, who)."""

    seed: int
    sign_ins: list[tuple[str, str, str]]
    facts: int
    officers: int
    units: int


def read_marker(home: Home) -> DemoMarker | None:
    """The demo city of the home; None while it is not fully loaded."""
    try:
        values = json.loads(home.demo_file.read_text())
        sign_ins = [(name, password, who) for name, password, who in values.pop("sign_ins")]
        return DemoMarker(**values, sign_ins=sign_ins)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def ensure_demo(home: Home, console: Console, *, seed: int = SEED, facts: int = FACTS) -> DemoMarker:
    """Loads the demo city into the running city unless it is there; an interrupted load is taken up again."""
    from embedded.demo.load import load_city  # the town's data is large and only read here

    found = read_marker(home)
    if found is not None:
        return found
    with local_doors(home, timeout=LOAD_TIMEOUT) as doors:
        report = load_city(
            doors=doors, progress=ConsoleProgress(console), seed=seed, facts=facts, now=datetime.now(UTC)
        )
    marker = DemoMarker(
        seed=seed, sign_ins=report.sign_ins, facts=report.facts, officers=report.officers, units=report.units
    )
    write_private(home.demo_file, json.dumps(asdict(marker), ensure_ascii=False, indent=2))
    return marker


def print_sign_ins(console: Console, marker: DemoMarker) -> None:
    """The accounts of the demo city."""
    table = empty_table()
    for name in ("Sign in as", "Password", "Who"):
        table.add_column(name)
    for row in marker.sign_ins:
        table.add_row(*row)
    console.print(table)
