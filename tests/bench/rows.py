"""What a run finds: a figure, the figure of the same run that it is compared with, and their ratio."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

FACTS = "facts/s"
MICROSECONDS = "µs"
MILLISECONDS = "ms"
BYTES = "bytes"
MEGABYTES = "MB"


class Figure(NamedTuple):
    """A number and its unit."""

    value: float
    unit: str

    def __str__(self) -> str:
        digits = 0 if self.value >= 100 else 1 if self.value >= 10 else 2
        return f"{self.value:,.{digits}f} {self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measurement. `meaning` says in a sentence or two what was done and how to read it."""

    name: str
    figure: Figure
    compared_with: str
    reference: Figure
    meaning: str

    @property
    def ratio(self) -> float:
        """The figure in terms of the reference."""
        return self.figure.value / self.reference.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much of everything a run does; all follows from the number of facts."""

    facts: int

    @property
    def intake(self) -> int:
        """Facts sent through the intake."""
        return self.facts // 2

    @property
    def singles(self) -> int:
        """Facts folded in a transaction each."""
        return max(self.facts // 20, 100)

    @property
    def moved(self) -> int:
        """Items moved on, with few or many behind."""
        return self.facts // 4

    @property
    def stock(self) -> int:
        """How many are many items."""
        return self.facts * 5


def median(values: list[float]) -> float:
    """The 50th percentile."""
    return percentile(values, 0.5)


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least this share of all does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1)]


def fastest_third(samples: Sequence[tuple[float, float]]) -> float:
    """Things per second out of (seconds, things so far), in the third of the way that others disturbed least."""
    first, total = samples[0][1], samples[-1][1] - samples[0][1]
    marks = [next(each for each in samples if each[1] >= first + total * part / 3) for part in range(4)]
    spans = [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(marks)]
    return max(things / seconds for seconds, things in spans if seconds > 0)
