"""What forms send as text, read into values."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from runtime.errors import InvalidInput

# Of whole numbers, as large as offsets of a log; and of units before their comma.
MOST_DIGITS, UNITS_DIGITS = 18, 5
# Of numbers that the contract has in 32 bits.
MOST_INT32 = 2**31 - 1


def read_moment(text: str, zone: ZoneInfo, field: str) -> datetime | None:
    """An instant as a browser's field for day and time sends it, local unless it says otherwise; None for none."""
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput("Give day and time such as 2026-11-25T17:00.", field=field) from None


def read_whole(text: str, field: str, *, most: int = 10**MOST_DIGITS) -> int:
    """A whole number from 0. Raises InvalidInput."""
    if not (text.strip().isdecimal() and len(text.strip()) <= MOST_DIGITS and int(text) <= most):
        raise InvalidInput("Give a whole number.", field=field)
    return int(text)


def read_units(text: str, field: str) -> int:
    """Standard units with a comma or a point, in thousandths. Raises InvalidInput."""
    whole, _, rest = text.strip().replace(",", ".").partition(".")
    if not (whole.isdecimal() and len(whole) <= UNITS_DIGITS and (not rest or rest.isdecimal()) and len(rest) <= 3):
        raise InvalidInput("Give standard units such as 1,5, with at most three decimals.", field=field)
    return int(whole) * 1000 + int(rest.ljust(3, "0") or 0)
