"""The people of a unit beside each other: rows of a table and their orders, who is overloaded and who is idle."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median

from portal.domain.sorting import name_key

BY_NAME = "name"
# Open units above so many medians are an overload.
OVERLOAD = Fraction(3, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What an officer holds, wherever it lies, or with an empty `officer_id` what nobody in the unit holds.

    `overdue`, `due_soon` and `waiting` (for another unit) are among `open`; `units` are thousandths of what is open.
    """

    officer_id: str
    unit_id: str
    open: int = 0
    overdue: int = 0
    due_soon: int = 0
    submitted: int = 0
    waiting: int = 0
    units: int = 0
    absent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """An officer in the current month. Points are hundredths, None where there are none; bands as in the contract.

    `trend` has the points of the months shown, the oldest first.
    """

    officer_id: str
    name: str
    unit_id: str
    unit_name: str
    leads: bool
    points: int | None
    band: int
    points_later: int | None
    band_later: int
    small_sample: bool
    trend: tuple[int | None, ...]
    load: Load
    # Why a rule sets the band, or why there are no points: in Vietnamese and in English.
    reason: tuple[str, str] = ("", "")
    reason_later: tuple[str, str] = ("", "")


ORDERS: Mapping[str, Callable[[PersonRow], int | None]] = {
    "points": lambda row: row.points,
    "later": lambda row: row.points_later,
    "open": lambda row: row.load.open,
    "overdue": lambda row: row.load.overdue,
    "soon": lambda row: row.load.due_soon,
    "submitted": lambda row: row.load.submitted,
    "waiting": lambda row: row.load.waiting,
    "absent": lambda row: row.load.absent,
}
"""What columns are ordered by, beside the name; "-" before the key reverses, None stands last in either direction."""


def order_people(rows: Iterable[PersonRow], sort: str) -> list[PersonRow]:
    """The rows in order; among equals, and by default, in that of the names."""
    named = sorted(rows, key=lambda row: (name_key(row.name), row.officer_id))
    column = sort.removeprefix("-")
    if column not in ORDERS:
        return named[::-1] if sort == f"-{BY_NAME}" else named
    return sorted(named, key=lambda row: _place(ORDERS[column](row), is_reversed=sort.startswith("-")))


def median_units(rows: Iterable[PersonRow]) -> int:
    """The median of what those hold who are present and do not lead, in thousandths; 0 without anybody."""
    units = [row.load.units for row in _comparable(rows)]
    return int(median(units)) if units else 0


def find_overloaded(rows: Sequence[PersonRow]) -> list[PersonRow]:
    """Those with more than one and a half times the median of open units, the heaviest load first."""
    limit = median_units(rows) * OVERLOAD
    found = [row for row in _comparable(rows) if limit and row.load.units > limit]
    return sorted(found, key=lambda row: -row.load.units)


def find_idle(rows: Sequence[PersonRow]) -> list[PersonRow]:
    """Those who hold nothing that is still to be done."""
    return [row for row in _comparable(rows) if not row.load.open]


def _comparable(rows: Iterable[PersonRow]) -> list[PersonRow]:
    """Heads and deputies direct more than they hold, and who is absent cannot work."""
    return [row for row in rows if not row.load.absent and not row.leads]


def _place(value: int | None, *, is_reversed: bool) -> tuple[bool, int]:
    if value is None:
        return True, 0
    return False, -value if is_reversed else value
