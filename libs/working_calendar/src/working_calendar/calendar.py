"""The working calendar: which days are worked, and arithmetic in working days and working hours."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import holidays

_HUE = ZoneInfo("Asia/Ho_Chi_Minh")
_DAY = timedelta(days=1)
_CULTURE_DAY = (11, 24)
# Beyond these years nobody keeps a calendar; a day outside them is a slip of the pen.
_FIRST_YEAR, _LAST_YEAR = 2000, 2100


class CalendarError(ValueError):
    """A calendar file that cannot be used, or a day no calendar reaches; the message names the place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Office hours of a working day: half-open local spans in order."""

    spans: tuple[tuple[time, time], ...] = ((time(8), time(12)), (time(13), time(17)))

    @property
    def closing(self) -> time:
        """Local time at which a working day ends."""
        return self.spans[-1][1]

    @property
    def length(self) -> timedelta:
        """Working time of one day."""
        return sum((_since_midnight(end) - _since_midnight(start) for start, end in self.spans), timedelta())


@dataclass(frozen=True, kw_only=True)
class WorkingCalendar:
    """Working time of a city. Instants are aware and come back as UTC; days are local.

    Public holidays are Vietnam's; `extra_working_days` win over `extra_days_off`, both over holidays and the week.
    """

    timezone: ZoneInfo = _HUE
    office: Office = Office()
    working_week: frozenset[int] = frozenset(range(5))
    cut_off_working_day: int = 3
    culture_day_off: bool = True
    extra_days_off: frozenset[date] = frozenset()
    extra_working_days: frozenset[date] = frozenset()
    _years: dict[int, tuple[date, ...]] = field(default_factory=dict, repr=False, compare=False)
    _worked: set[date] = field(default_factory=set, repr=False, compare=False)
    _cut_offs: dict[tuple[int, int], datetime] = field(default_factory=dict, repr=False, compare=False)

    def is_working_day(self, day: date) -> bool:
        """Whether offices are open on this local day."""
        self._days_of(day.year)
        return day in self._worked

    def next_working_day(self, day: date) -> date:
        """The first working day after this day."""
        return self.add_working_days(day, 1)

    def add_working_days(self, day: date, n: int) -> date:
        """The last day of a term of n working days: the first day does not count (Civil Code, Article 147.2).

        A term of 0 days ends on its day or, on a day off, on the next working day (Article 148.5).
        """
        if n < 0:
            raise ValueError(f"A term of {n} working days is negative.")
        days = self._days_of(day.year)
        place = bisect_right(days, day) + n - 1 if n else bisect_left(days, day)
        year = day.year
        while place >= len(days):
            place -= len(days)
            year += 1
            days = self._days_of(year)
        return days[place]

    def local_day(self, instant: datetime) -> date:
        """The local day of an instant."""
        return instant.astimezone(self.timezone).date()

    def start_of_day(self, day: date) -> datetime:
        """Local midnight that begins this day."""
        return datetime.combine(day, time(), self.timezone).astimezone(UTC)

    def end_of_day(self, day: date) -> datetime:
        """Closing time of this local day (17:00), worked or not."""
        return datetime.combine(day, self.office.closing, self.timezone).astimezone(UTC)

    def cut_off(self, year: int, month: int) -> datetime:
        """When a month is read: the end of the third working day after it (L2)."""
        known = self._cut_offs.get((year, month))
        if known is None:
            last_day = date(year + month // 12, month % 12 + 1, 1) - _DAY
            known = self.end_of_day(self.add_working_days(last_day, self.cut_off_working_day))
            self._cut_offs[year, month] = known
        return known

    def working_hours_between(self, start: datetime, end: datetime) -> Fraction:
        """Working hours from start to end, exact to the microsecond; 0 when end is not after start."""
        worked = timedelta()
        for opened, closed in self._spans_from(start):
            if opened >= end:
                break
            worked += min(closed, end) - max(opened, start)
        return _in_hours(worked)

    def add_working_hours(self, instant: datetime, hours: int | Fraction) -> datetime:
        """The instant after that much working time; a term in hours begins at once (Civil Code, Article 147.1).

        A term that is used up at closing time ends then, not at the next opening.
        """
        left = _as_timedelta(hours)
        if left <= timedelta():
            return instant.astimezone(UTC)
        for opened, closed in self._spans_from(instant):
            begin = max(opened, instant)
            if left <= closed - begin:
                return (begin + left).astimezone(UTC)
            left -= closed - begin
        raise CalendarError(f"A term of {hours} working hours ends after {_LAST_YEAR}: give a shorter one.")

    def due_after_leave(self, due: datetime, leave_from: date, leave_to: date) -> datetime:
        """The due time as it is read beside a leave, both days included (L12).

        Inside the leave it is the end of the first working day after it; outside it stays.
        """
        if not leave_from <= self.local_day(due) <= leave_to:
            return due
        return self.end_of_day(self.next_working_day(leave_to))

    def shift_by_lateness(self, due: datetime, *, answer_due: datetime, answered: datetime) -> datetime:
        """A due time moved by the working time that an answer came late (L15); unmoved when it did not."""
        return self.add_working_hours(due, self.working_hours_between(answer_due, answered))

    def _spans_from(self, instant: datetime) -> Iterator[tuple[datetime, datetime]]:
        day = self.local_day(instant)
        if not self.is_working_day(day):
            day = self.next_working_day(day)
        while day.year <= _LAST_YEAR:
            for start, end in self.office.spans:
                closed = datetime.combine(day, end, self.timezone)
                if closed > instant:
                    yield datetime.combine(day, start, self.timezone), closed
            day = self.next_working_day(day)

    def _days_of(self, year: int) -> tuple[date, ...]:
        days = self._years.get(year)
        if days is None:
            days = self._list_days(year)
            self._worked.update(days)
            self._years[year] = days
        return days

    def _list_days(self, year: int) -> tuple[date, ...]:
        if not _FIRST_YEAR <= year <= _LAST_YEAR:
            raise CalendarError(f"The calendar reaches from {_FIRST_YEAR} to {_LAST_YEAR}, not to {year}.")
        known = holidays.country_holidays("VN", years=year, language="en_US")
        off = {day for day, name in known.items() if self.culture_day_off or not _is_culture_day(day, name)}
        every_day = (date(year, 1, 1) + n * _DAY for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days))
        return tuple(day for day in every_day if self._decide(day, off, known.weekend_workdays))

    def _decide(self, day: date, off: set[date], swapped: set[date]) -> bool:
        if day in self.extra_working_days:
            return True
        if day in self.extra_days_off or day in off:
            return False
        return day.weekday() in self.working_week or day in swapped


def _is_culture_day(day: date, name: str) -> bool:
    # Also the day that makes up for a 24 November on a weekend.
    return (day.month, day.day) == _CULTURE_DAY or name.startswith("Vietnam Cultural Day")


def _since_midnight(moment: time) -> timedelta:
    return timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second)


def _as_timedelta(hours: int | Fraction) -> timedelta:
    return timedelta(microseconds=round(hours * 3_600_000_000))


def _in_hours(duration: timedelta) -> Fraction:
    return Fraction(duration // timedelta(microseconds=1), 3_600_000_000)
