"""A whole demo city for a suite."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from embedded.demo_city import DemoMarker, ensure_demo, read_marker
from embedded.folding import wait_until_folded
from embedded.home import Home, read_city
from embedded.render.progress import ConsoleProgress
from embedded.session import local_doors
from testkit.parts import requires

SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCity:
    """A whole city in a temporary home, and the command line that speaks to it."""

    home: Home

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs `congvu` with the arguments; nothing is judged."""
        # KAFKA_BOOTSTRAP of whoever runs the tests names a Kafka for the tests, not for every city.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("KAFKA_")}
        return subprocess.run(
            [sys.executable, "-m", "embedded.cli", *arguments],
            env={**inherited, "CONGVU_HOME": str(self.home.root), "COLUMNS": "160", **environment},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def tell(self, *arguments: str, **environment: str) -> str:
        """Runs `congvu`, which has to succeed, and gives what it answers."""
        done = self.run(*arguments, **environment)
        assert done.returncode == 0, f"congvu {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def wait_until_counted(self) -> None:
        """Returns when everything said so far is in the scores."""
        with local_doors(self.home) as doors:
            wait_until_folded(doors.evaluation, ConsoleProgress(Console(quiet=True)))

    @property
    def marker(self) -> DemoMarker:
        """What was loaded."""
        marker = read_marker(self.home)
        assert marker is not None
        return marker

    @property
    def portal(self) -> str:
        """The address of the web."""
        return f"http://{read_city(self.home).http_address('portal')}"


@contextmanager
def demo_city(*, facts: int) -> Iterator[RunningCity]:
    """The demo city with about so many facts of work, counted; without the live ones, which would move scores."""
    requires("postgres")
    requires("redis")
    with TemporaryDirectory(prefix="cv-") as root:
        city = RunningCity(home=Home(root=Path(root) / "city"))
        try:
            city.tell("up", "--detach", "--empty")
            ensure_demo(city.home, Console(quiet=True), facts=facts)
            city.wait_until_counted()
            yield city
        finally:
            city.run("down")
