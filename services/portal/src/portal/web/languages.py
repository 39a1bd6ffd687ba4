"""Vietnamese and English: sentences by a message catalogue, numbers, instants and months as each writes them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from google.protobuf.timestamp_pb2 import Timestamp

from runtime.timestamps import from_timestamp

CATALOGUES = Path(__file__).parents[1] / "locale"
LANGUAGES = ("vi", "en")
_LOCALES = {"vi": "vi_VN", "en": "en_GB"}
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Language:
    """A language with the city's time zone. The English sentence is the key of its translation."""

    code: str
    zone: ZoneInfo

    def say(self, sentence: str, **values: object) -> str:
        """The sentence in this language, `{name}` replaced by values."""
        said = _catalogue(self.code).get(sentence, sentence)
        return said.format(**values) if values else said

    def either(self, vietnamese: str, english: str) -> str:
        """The one of two texts that is in this language; the Vietnamese one when there is no English."""
        return (english if self.code == "en" else "") or vietnamese

    def points(self, hundredths: int | None) -> str:
        """Hundredths of a point, with two decimals."""
        return NOTHING if hundredths is None else self._decimal(Fraction(hundredths, 100), "#,##0.00")

    def change(self, hundredths: int) -> str:
        """A difference of points with its sign."""
        sign = "+" if hundredths > 0 else "−" if hundredths < 0 else "±"
        return sign + self.points(abs(hundredths))

    def units(self, thousandths: int | None) -> str:
        """Thousandths of standard units, with as many decimals as they need."""
        return NOTHING if thousandths is None else self._decimal(Fraction(thousandths, 1000), "#,##0.###")

    def number(self, whole: int) -> str:
        """A whole number in groups of three."""
        return self._decimal(Fraction(whole), "#,##0")

    def percent(self, ratio: Fraction | None, *, decimals: int = 1) -> str:
        """A ratio as a percentage with at most so many decimals."""
        if ratio is None:
            return NOTHING
        return format_percent(float(ratio), f"#,##0.{'#' * decimals}%", locale=_LOCALES[self.code])

    def moment(self, instant: datetime | Timestamp | None) -> str:
        """Day and minute in the city."""
        local = self._local(instant)
        if local is None:
            return NOTHING
        pattern = "HH:mm dd/MM/yyyy" if self.code == "vi" else "dd/MM/yyyy HH:mm"
        return format_datetime(local, pattern, locale=_LOCALES[self.code])

    def clock(self, instant: datetime | Timestamp | None) -> str:
        """Hours, minutes and seconds in the city, and the day."""
        local = self._local(instant)
        return NOTHING if local is None else format_datetime(local, "HH:mm:ss dd/MM/yyyy", locale=_LOCALES[self.code])

    def machine(self, instant: datetime | Timestamp | None) -> str:
        """For the attribute `datetime` of a `time` element."""
        local = self._local(instant)
        return "" if local is None else local.isoformat()

    def day(self, day: date) -> str:
        """A day of the week and its date."""
        return format_date(day, "EEEE, dd/MM/yyyy", locale=_LOCALES[self.code])

    def month(self, period: str) -> str:
        """The name of a month such as "2026-03"."""
        first = date.fromisoformat(f"{period}-01")
        if self.code == "vi":
            return f"tháng {first.month}/{first.year}"
        return format_date(first, "MMMM yyyy", locale=_LOCALES[self.code])

    def short_month(self, period: str) -> str:
        """A month such as "2026-03" in little room."""
        year, month = period.split("-")
        return f"{int(month)}/{year}"

    def _decimal(self, value: Fraction, pattern: str) -> str:
        return format_decimal(float(value), pattern, locale=_LOCALES[self.code])

    def _local(self, instant: datetime | Timestamp | None) -> datetime | None:
        if isinstance(instant, Timestamp):
            instant = from_timestamp(instant) if instant.seconds else None
        return None if instant is None else instant.astimezone(UTC).astimezone(self.zone)


Say = Callable[..., str]


@cache
def _catalogue(code: str) -> Mapping[str, str]:
    if code == "en":
        return {}
    with (CATALOGUES / f"{code}.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id and message.string}
