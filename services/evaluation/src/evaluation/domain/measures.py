"""The measures that items add up to (docs/scoring.md, section 3): names, order in stored vectors, which are flows."""

from collections.abc import Iterable, Mapping
from typing import Final

# The order is that of stored vectors: new measures are added at the end, none is ever removed.
MEASURES: Final = (
    "planned",
    "pending_planned",
    "carried_planned",
    "carried_items",
    "done",
    "done_failed_1",
    "done_failed_2",
    "done_failed_3",
    "done_failed_4",
    "done_late_1",
    "done_late_2",
    "done_late_3",
    "done_late_4",
    "due_units",
    "due_items",
    "missed_items",
    "on_time_units",
    "on_time_items",
    "pending_units",
    "pending_items",
    "completed_items",
    "proactive_items",
    "undecided_items",
    "ratings",
    "rating_stars",
    "amended_items",
    "initiative_credit",
)

# Stored as flows, read as running sums over months.
FLOWS: Final = frozenset({"carried_planned", "carried_items", "initiative_credit"})
# Of these, the ones that begin to count only at the cut-off of the month before.
CARRIED: Final = frozenset({"carried_planned", "carried_items"})

WORK: Final = "work"
REQUEST: Final = "request"

Vector = list[int]


def to_vector(measures: Mapping[str, int]) -> Vector:
    """The measures in stored order; absent ones are 0."""
    return [measures.get(name, 0) for name in MEASURES]


def to_measures(vector: Iterable[int]) -> dict[str, int]:
    """The measures of a stored vector that are not 0; vectors of an older, shorter order are understood."""
    return {name: value for name, value in zip(MEASURES, vector, strict=False) if value}


def add_measures(total: dict[str, int], measures: Mapping[str, int]) -> None:
    """Adds measures to a total in place."""
    for name, value in measures.items():
        total[name] = total.get(name, 0) + value


def counting(measures: Mapping[str, int], *, own: bool, carrying: bool) -> dict[str, int]:
    """What of a month's measures counts in the reading of that month (`own`), or of a later one: then the flows only.

    Carried flows count only once the cut-off of the month before the one read has passed (`carrying`).
    """
    return {
        name: value for name, value in measures.items() if (own or name in FLOWS) and (carrying or name not in CARRIED)
    }
