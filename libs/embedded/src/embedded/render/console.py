"""The two consoles: answers go to standard output, everything else to standard error."""

import os
import sys
from typing import TextIO

from rich.console import Console

# Without a terminal nobody folds a line for the eye; a table keeps one row a line.
PIPED_WIDTH = 200


def open_console(stream: TextIO) -> Console:
    """A console as wide as the terminal; when piped wide, and wider still where COLUMNS says so."""
    asked = os.environ.get("COLUMNS", "")
    width = None if stream.isatty() else max(PIPED_WIDTH, int(asked) if asked.isdecimal() else 0)
    return Console(file=stream, highlight=False, width=width, emoji=False, markup=False)


def answers() -> Console:
    """Where answers go."""
    return open_console(sys.stdout)


def notes() -> Console:
    """Where progress and remarks go."""
    return open_console(sys.stderr)
