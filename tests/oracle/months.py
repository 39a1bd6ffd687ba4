"""Calendar months in Asia/Ho_Chi_Minh, written "2026-03", which sort as text."""

from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

HUE = ZoneInfo("Asia/Ho_Chi_Minh")

CutOff = Callable[[str], datetime]
"""From a month to the instant at which it is read (L2)."""


def month_of(instant: datetime) -> str:
    """The local month of an instant."""
    return f"{instant.astimezone(HUE):%Y-%m}"


def shift(month: str, by: int) -> str:
    """The month so many months later."""
    count = int(month[:4]) * 12 + int(month[5:]) - 1 + by
    return f"{count // 12:04}-{count % 12 + 1:02}"


def months_between(first: str, last: str) -> list[str]:
    """All months from first to last, both included."""
    months = []
    while first <= last:
        months.append(first)
        first = shift(first, 1)
    return months


def days_of(month: str) -> list[date]:
    """All days of a month."""
    first = date.fromisoformat(f"{month}-01")
    return [first + timedelta(days=n) for n in range(monthrange(first.year, first.month)[1])]


def earliest_month_read_at_or_after(instant: datetime, first: str, cut_off: CutOff) -> str:
    """The earliest month from `first` on whose cut-off is not before the instant."""
    while cut_off(first) < instant:
        first = shift(first, 1)
    return first


def window(instant: datetime, cut_off: CutOff) -> str:
    """The earliest month whose cut-off is not before the instant; the month before last was read long ago."""
    return earliest_month_read_at_or_after(instant, shift(month_of(instant), -1), cut_off)
