"""Reads times as other systems write them, into UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from embedded.importer.report import Reason

DAY_END = timedelta(days=1) - timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ReadTime:
    """An instant in UTC, and what was odd about how it was written."""

    moment: datetime
    oddity: Reason | None = None


class TimeReader:
    """Reads times in the formats of a mapping; `zone` is that of times without an offset, "" for none."""

    def __init__(self, *, zone: str, formats: tuple[str, ...]) -> None:
        self._zone = ZoneInfo(zone) if zone else None
        self._formats = formats
        self.read = lru_cache(maxsize=4096)(self._read)
        self.read_day_end = lru_cache(maxsize=4096)(self._read_day_end)

    def _read(self, text: str) -> ReadTime | None:
        """The instant; None when no format fits, or when it has no offset and there is no zone."""
        written = self._parse(text)
        return None if written is None else self._instant(written)

    def _read_day_end(self, text: str) -> ReadTime | None:
        """The last microsecond of the day that the time falls on, in the zone."""
        written = self._parse(text)
        if written is None:
            return None
        local = written.astimezone(self._zone) if written.tzinfo and self._zone else written
        return self._instant(local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0) + DAY_END)

    def _parse(self, text: str) -> datetime | None:
        for form in self._formats:
            try:
                return datetime.fromisoformat(text) if form == "iso" else _parse_format(text, form)
            except ValueError:
                continue
        return None

    def _instant(self, written: datetime) -> ReadTime | None:
        try:
            if written.tzinfo is not None:
                return ReadTime(written.astimezone(UTC))
            return self._place(written) if self._zone else None
        except OverflowError:
            return None

    def _place(self, written: datetime) -> ReadTime:
        local = written.replace(tzinfo=self._zone)
        moment = local.astimezone(UTC)
        if moment.astimezone(self._zone).replace(tzinfo=None) != written:
            return ReadTime(moment, Reason.SKIPPED_TIME)
        twice = local.replace(fold=1).utcoffset() != local.utcoffset()
        return ReadTime(moment, Reason.AMBIGUOUS_TIME if twice else None)


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970; sorts as the instants do."""
    return (moment - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """The instant of so many microseconds since 1970."""
    return EPOCH + timedelta(microseconds=micros)


def _parse_format(text: str, form: str) -> datetime:
    return datetime.strptime(text, form)  # noqa: DTZ007  (the zone is the mapping's to say)
