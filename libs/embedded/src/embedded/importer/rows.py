"""A row of an event log, whatever kind of file it stands in."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from runtime.errors import InvalidInput

COLUMNS_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Row:
    """One event: its line, from 1, and the values of the columns that were asked for, in their order; "" where none."""

    line: int
    values: Sequence[str]


def require_columns(file: Path, wanted: Iterable[str], present: Collection[str]) -> None:
    """Raises InvalidInput that names the first column that the log does not have, and those that it has."""
    missing = next((name for name in wanted if name not in present), None)
    if missing is not None:
        shown = sorted(present)[:COLUMNS_SHOWN]
        more = f" and {len(present) - len(shown)} more" if len(present) > len(shown) else ""
        there = ", ".join(shown) + more if shown else "none"
        raise InvalidInput(
            f"{file} has no column {missing}, which the mapping names; its columns are: {there}.", field=missing
        )
