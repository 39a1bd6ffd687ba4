"""Half-open periods of days: the first day belongs to a period, the last does not; no last day means still in force."""

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Protocol, TypeVar

from runtime.errors import InvalidInput


class Dated(Protocol):
    """Anything that is in force for a period of days."""

    @property
    def valid_from(self) -> date: ...

    @property
    def valid_to(self) -> date | None: ...


D = TypeVar("D", bound=Dated)


def end_of(period: Dated) -> date:
    """The first day on which it is no longer in force; the last day that there is when it is open."""
    return period.valid_to or date.max


def in_force(period: Dated, day: date) -> bool:
    """Whether the day lies in the period."""
    return period.valid_from <= day < end_of(period)


def lies_within(inner: Dated, outer: Dated) -> bool:
    """Whether every day of `inner` is a day of `outer`."""
    return outer.valid_from <= inner.valid_from and end_of(inner) <= end_of(outer)


def in_order(periods: Iterable[D]) -> tuple[D, ...]:
    """The periods by their first day."""
    return tuple(sorted(periods, key=lambda period: period.valid_from))


def first_overlap(periods: Iterable[D]) -> tuple[D, D] | None:
    """The first two periods that share a day, the earlier one first."""
    return next(((a, b) for a, b in pairwise(in_order(periods)) if b.valid_from < end_of(a)), None)


def in_words(period: Dated) -> str:
    """The period as part of a sentence."""
    return f"from {period.valid_from}" + (f" to {period.valid_to}" if period.valid_to else "")


def check_direction(period: Dated, place: str) -> None:
    """Refuses a period that ends before its first day is over; `place` begins the sentence."""
    if end_of(period) <= period.valid_from:
        raise InvalidInput(
            f"{place} ends on {period.valid_to} but begins on {period.valid_from}: let it end on a later day.",
            field="valid_to",
        )


def boundary_days(periods: Iterable[Dated]) -> list[date]:
    """Each day on which something begins or ends: between two of them nothing changes."""
    days: set[date] = set()
    for period in periods:
        days.add(period.valid_from)
        if period.valid_to:
            days.add(period.valid_to)
    return sorted(days)
