"""Units beside each other: rows of a table, which of them are ranked, filters and orders."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from portal.domain.matching import matches
from portal.domain.sorting import SortingKey, sorting_key

KINDS = ("department", "commune", "division")
BEST_FIRST = "-points"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A unit in the tree. `kind` is one of KINDS, or "city"; `parent_id` is empty for the city."""

    unit_id: str
    name: str
    kind: str
    parent_id: str
    has_units: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """A unit in one month, `period`. Points are hundredths, None where there are none; bands are those of the contract.

    `trend` has the points of the months shown, the oldest first; `change` is against the month before.
    """

    place: Place
    period: str
    points: int | None
    band: int
    points_later: int | None
    band_later: int
    due: int
    overdue: int
    small_sample: bool
    change: int | None
    trend: tuple[int | None, ...]
    # Why a rule sets the band, or why there are no points: in Vietnamese and in English.
    reason: tuple[str, str] = ("", "")
    reason_later: tuple[str, str] = ("", "")

    @property
    def is_ranked(self) -> bool:
        """Whether the month can be compared with others'."""
        return self.points is not None and not self.small_sample

    @property
    def overdue_share(self) -> Fraction | None:
        """Overdue items among those due; None when nothing was due."""
        return Fraction(self.overdue, self.due) if self.due else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which rows to show; empty values leave all. `sort` is a key of ORDERS, "-" before it reverses."""

    kind: str = ""
    band: int | None = None
    text: str = ""
    sort: str = BEST_FIRST


def _name(row: UnitRow) -> SortingKey:
    return sorting_key(row.place.name)


ORDERS: Mapping[str, Callable[[UnitRow], object | None]] = {
    "name": _name,
    "kind": lambda row: KINDS.index(row.place.kind) if row.place.kind in KINDS else None,
    "points": lambda row: row.points,
    "later": lambda row: row.points_later,
    "overdue": lambda row: row.overdue_share,
    "due": lambda row: row.due,
    "change": lambda row: row.change,
}
"""What each column is ordered by; None stands last in either direction."""


def rank(rows: Iterable[UnitRow]) -> dict[str, int]:
    """The place of each ranked unit among those of its kind, by points; the same points share a place."""
    ranked = [row for row in rows if row.is_ranked]
    return {
        row.place.unit_id: 1 + sum(other.place.kind == row.place.kind and _is_above(other, row) for other in ranked)
        for row in ranked
    }


def choose(rows: Iterable[UnitRow], wish: Wish) -> list[UnitRow]:
    """The rows that are wished for, in order; those that are not ranked come last."""
    chosen = [row for row in rows if _is_wished(row, wish)]
    by_name = sorted(chosen, key=_name)
    ordered = _order(by_name, wish.sort)
    return sorted(ordered, key=lambda row: not row.is_ranked)


def _is_above(row: UnitRow, other: UnitRow) -> bool:
    return (row.points or 0) > (other.points or 0)


def _is_wished(row: UnitRow, wish: Wish) -> bool:
    return (
        wish.kind in ("", row.place.kind)
        and wish.band in (None, row.band)
        and matches(f"{row.place.name} {row.place.unit_id}", wish.text)
    )


def _order(rows: Sequence[UnitRow], sort: str) -> list[UnitRow]:
    value_of = ORDERS[sort.removeprefix("-")]
    valued: list[tuple[object, UnitRow]] = []
    rest: list[UnitRow] = []
    for row in rows:
        value = value_of(row)
        if value is None:
            rest.append(row)
        else:
            valued.append((value, row))
    valued.sort(key=lambda pair: pair[0], reverse=sort.startswith("-"))  # type: ignore[arg-type, return-value]
    return [*(row for _, row in valued), *rest]
