"""The two consoles: answers go to standard output, everything else to standard error."""

import os
import sys
from typing import TextIO

from rich.console import Console

# Without a terminal nobody folds a line for the eye; a table keeps one row a line.
PIPED_WIDTH = 200


def open_console(stream: TextIO) -> Console:
    """A console as wide as the terminal, or as COLUMNS says, or wide when piped."""
    width = None if stream.isatty() or "COLUMNS" in os.environ else PIPED_WIDTH
    return Console(file=stream, highlight=False, width=width, emoji=False, markup=False)


def answers() -> Console:
    """Where answers go."""
    return open_console(sys.stdout)


def notes() -> Console:
    """Where progress and remarks go."""
    return open_console(sys.stderr)
