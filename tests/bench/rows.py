"""What a run finds: figures, what they are compared with in the same run, and the aims that they are held against."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

FACTS = "facts/s"
MICROSECONDS = "µs"
MILLISECONDS = "ms"
BYTES = "bytes"
MEGABYTES = "MB"
CALLS = "calls/s"


class Figure(NamedTuple):
    """A number and its unit."""

    value: float
    unit: str

    def __str__(self) -> str:
        digits = 0 if self.value >= 100 else 1 if self.value >= 10 else 2
        return f"{self.value:,.{digits}f} {self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A limit of a row's ratio, or of its figure: to be reached from above ("most") or from below ("least")."""

    value: float
    kind: Literal["least", "most"]
    of: Literal["ratio", "figure"] = "ratio"

    def holds(self, row: "Row") -> bool:
        """Whether the row keeps it."""
        found = row.figure.value if self.of == "figure" else row.ratio
        return found is not None and (found >= self.value if self.kind == "least" else found <= self.value)

    def text(self, row: "Row") -> str:
        """As the table shows it."""
        sign = "≥" if self.kind == "least" else "≤"
        return f"{sign} {Figure(self.value, row.figure.unit)}" if self.of == "figure" else f"{sign} {self.value:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measurement. `meaning` says in a sentence or two what was done and how to read it.

    Without a reference the figure stands by itself. `aim` is what is wanted, `least` what it must be.
    """

    name: str
    figure: Figure
    meaning: str
    compared_with: str = ""
    reference: Figure | None = None
    aim: Bound | None = None
    least: Bound | None = None

    @property
    def ratio(self) -> float | None:
        """The figure in terms of the reference."""
        return self.figure.value / self.reference.value if self.reference and self.reference.value else None

    @property
    def met(self) -> str:
        """Which of the two bounds it keeps; nothing when it has none."""
        if self.aim is None and self.least is None:
            return ""
        if self.aim is not None and self.aim.holds(self):
            return "aim"
        if self.least is not None and self.least.holds(self):
            return "at least" if self.aim is not None else "yes"
        return "**no**"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a fact costs in one stage: waited for in all, computed by the consumer's process, by PostgreSQL (µs)."""

    name: str
    wall: float
    python: float
    postgres: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one measurement came to, or why it came to nothing. `remarks` are sentences below the table.

    `taken` tells day and commit, `seconds` how long it took.
    """

    key: str
    rows: Sequence[Row] = ()
    stages: Sequence[Stage] = ()
    remarks: Sequence[str] = ()
    failure: str = ""
    taken: str = ""
    seconds: float = 0.0


def median(values: Sequence[float]) -> float:
    """The 50th percentile."""
    return percentile(values, 0.5)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1)]


class Pace(NamedTuple):
    """Things per second: in the third of the way that others disturbed least, and from the first to the last."""

    best: float
    whole: float


def pace_of(samples: Sequence[tuple[float, float]]) -> Pace:
    """Out of (seconds, things so far)."""
    (began, first), (ended, last) = samples[0], samples[-1]
    whole = (last - first) / max(ended - began, 1e-9)
    marks = [next(each for each in samples if each[1] >= first + (last - first) * part / 3) for part in range(4)]
    spans = [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(marks)]
    return Pace(max((things / seconds for seconds, things in spans if seconds > 0), default=whole), whole)
