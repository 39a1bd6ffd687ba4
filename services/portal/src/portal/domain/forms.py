"""What forms send as text, read into values."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from runtime.errors import InvalidInput


def read_moment(text: str, zone: ZoneInfo, field: str) -> datetime | None:
    """An instant as a browser's field for day and time sends it, local unless it says otherwise; None for none."""
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput("Give day and time such as 2026-11-25T17:00.", field=field) from None


def write_moment(moment: datetime, zone: ZoneInfo) -> str:
    """An instant as the value of a browser's field for day and time."""
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
