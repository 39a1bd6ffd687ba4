"""Office time as one line of whole seconds, so that a life cycle is plain arithmetic on integers.

A *mark* is a second of office time: mark 0 is the opening of the first working day kept here, and a day has `day`
marks. The last mark of a day, used as a due time, is closing time itself.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from embedded.errors import CityError
from working_calendar import WorkingCalendar

# The two tiers began then; a demo needs its last month to lie after it.
FIRST_DAY = date(2025, 7, 1)
_BEFORE, _AFTER = timedelta(days=60), timedelta(days=200)
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Marks of office time and the instants, in seconds since 1970 UTC, that they stand for."""

    days: tuple[date, ...]
    midnights: tuple[int, ...]
    # Per span: marks of the day before it, and seconds since midnight minus those marks.
    spans: tuple[tuple[int, int], ...]
    day: int

    def instant(self, mark: int) -> int:
        """The second that a mark stands for."""
        place, rest = divmod(mark, self.day)
        shift = 0
        for before, seconds in self.spans:
            if rest < before:
                break
            shift = seconds
        return self.midnights[place] + rest + shift

    def due_instant(self, mark: int) -> int:
        """The same for a due time: the last mark of a day is closing time."""
        return self.instant(mark) + (mark % self.day == self.day - 1)

    def opening(self, day: date) -> int:
        """The first mark on this day or after it."""
        return bisect_left(self.days, day) * self.day

    def closing(self, mark: int) -> int:
        """The last mark of the day of this mark."""
        return mark - mark % self.day + self.day - 1

    def day_of(self, mark: int) -> date:
        """The local day of a mark."""
        return self.days[mark // self.day]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The two months of a demo made on `today`."""

    today: date
    last_month: date
    this_month: date
    hours: Hours
    # Marks: the openings of both months, the cut-off of the last one, and the first one after today.
    opened: int
    turned: int
    cut_off: int
    horizon: int
    # Seconds since 1970 at the local midnight that begins today.
    midnight: int


def frame_of(calendar: WorkingCalendar, now: datetime) -> Frame:
    """The frame of the local day of `now`. Raises CityError before the two tiers have lasted for two months."""
    today = calendar.local_day(now)
    this_month = today.replace(day=1)
    last_month = (this_month - _ONE_DAY).replace(day=1)
    if last_month < FIRST_DAY + timedelta(days=31):
        raise CityError(f"The demo city needs a date after September 2025, not {today}; check the clock.")
    hours = _hours_between(calendar, last_month - _BEFORE, today + _AFTER)
    turned = hours.opening(this_month)
    return Frame(
        today=today,
        last_month=last_month,
        this_month=this_month,
        hours=hours,
        opened=hours.opening(last_month),
        turned=turned,
        cut_off=turned + calendar.cut_off_working_day * hours.day - 1,
        horizon=hours.opening(today + _ONE_DAY),
        midnight=int(calendar.start_of_day(today).timestamp()),
    )


def _hours_between(calendar: WorkingCalendar, first: date, last: date) -> Hours:
    every_day = (first + n * _ONE_DAY for n in range((last - first).days))
    days = tuple(day for day in every_day if calendar.is_working_day(day))
    midnights = tuple(int(calendar.start_of_day(day).timestamp()) for day in days)
    spans, marks = [], 0
    for start, end in calendar.office.spans:
        seconds = start.hour * 3600 + start.minute * 60
        spans.append((marks, seconds - marks))
        marks += end.hour * 3600 + end.minute * 60 - seconds
    return Hours(days=days, midnights=midnights, spans=tuple(spans), day=marks)
