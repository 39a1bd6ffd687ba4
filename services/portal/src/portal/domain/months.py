"""Months as the contract writes them: "2026-03"."""

from datetime import date, timedelta


def month_before(period: str) -> str:
    """The month before."""
    return (_first_day(period) - timedelta(days=1)).isoformat()[:7]


def months_until(period: str, count: int) -> list[str]:
    """So many months up to and with this one, the oldest first."""
    months = [period]
    while len(months) < count:
        months.append(month_before(months[-1]))
    return months[::-1]


def last_day(period: str) -> date:
    """The last day of the month."""
    return (_first_day(period) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _first_day(period: str) -> date:
    return date.fromisoformat(f"{period}-01")
