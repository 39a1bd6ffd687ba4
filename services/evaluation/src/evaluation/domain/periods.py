"""Months, their cut-offs and windows (L1, L2). Instants are integers: microseconds since 1970-01-01 UTC."""

import re
from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from runtime.errors import InvalidInput

Instant = int
# Months are counted, so that the next one is + 1: year * 12 + month - 1.
Month = int

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
# The working calendar knows these, and the month before them.
_FIRST_YEAR, _LAST_YEAR = 2001, 2099
_MICROSECOND = timedelta(microseconds=1)
# December 1969: the month before the first one whose beginning is looked up.
_BEFORE_ALL: Month = 1969 * 12 + 11


def to_instant(moment: datetime) -> Instant:
    """Microseconds since 1970 of an aware datetime."""
    return (moment - _EPOCH) // _MICROSECOND


def from_instant(instant: Instant) -> datetime:
    """The aware UTC datetime of an instant."""
    return _EPOCH + timedelta(microseconds=instant)


def month_index(year: int, month: int) -> Month:
    """The count of a calendar month (month 1 to 12)."""
    return year * 12 + month - 1


def parse_month(text: str) -> Month:
    """The month of "2026-03"; InvalidInput for anything else."""
    if not _MONTH.fullmatch(text):
        raise InvalidInput(f'The period "{text}" is not a month; write it as 2026-03.', field="period")
    year, month = int(text[:4]), int(text[5:])
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise InvalidInput(f"The period {text} lies outside the years {_FIRST_YEAR} to {_LAST_YEAR}.", field="period")
    return month_index(year, month)


def format_month(month: Month) -> str:
    """ "2026-03"."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


class Periods:
    """Which month an instant falls in (of the years 1970 to 2100), and when a month is read.

    `cut_off` gives the cut-off of (year, month) as an aware datetime: 17:00 on the third working day after it (L2).
    """

    def __init__(self, *, zone: ZoneInfo, cut_off: Callable[[int, int], datetime]) -> None:
        self._zone = zone
        self._starts = _starts(zone)
        self._cut_off_of = cut_off
        self._cut_offs: dict[Month, Instant] = {}

    def month_of(self, instant: Instant) -> Month:
        """The local calendar month of an instant (L1)."""
        return _BEFORE_ALL + bisect_right(self._starts, instant)

    def start_of(self, month: Month) -> Instant:
        """The first instant of a month."""
        return _start_of(month, self._zone)

    def cut_off(self, month: Month) -> Instant:
        """The last instant that still belongs to a month's reading (L2)."""
        instant = self._cut_offs.get(month)
        if instant is None:
            instant = self._cut_offs[month] = to_instant(self._cut_off_of(month // 12, month % 12 + 1))
        return instant

    def window_of(self, instant: Instant, *, earliest: Month | None = None) -> Month:
        """The earliest month (not before `earliest`) whose cut-off is at or after the instant (L3)."""
        month = self.month_of(instant) - 1
        while self.cut_off(month) < instant:
            month += 1
        return month if earliest is None else max(month, earliest)


@cache
def _starts(zone: ZoneInfo) -> list[Instant]:
    """The beginnings of all months from 1970 to 2100, to look an instant up among them."""
    return [_start_of(month, zone) for month in range(_BEFORE_ALL + 1, month_index(2101, 1))]


def _start_of(month: Month, zone: ZoneInfo) -> Instant:
    return to_instant(datetime(month // 12, month % 12 + 1, 1, tzinfo=zone))
