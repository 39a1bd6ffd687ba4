"""The working week around an instant."""

from datetime import UTC, date, datetime

import pytest

from portal.domain.week import end_of_week, last_day_of_week, last_monday, working_time_late
from working_calendar import load_calendar

CALENDAR = load_calendar()


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CALENDAR.timezone).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "friday"),
    [
        ("2026-11-23T00:00", date(2026, 11, 27)),
        ("2026-11-27T23:59", date(2026, 11, 27)),
        ("2026-11-28T00:00", date(2026, 12, 4)),
        ("2026-11-22T12:00", date(2026, 11, 27)),
    ],
)
def test_by_friday_means_the_friday_of_this_week_and_on_a_weekend_that_of_the_next(now: str, friday: date) -> None:
    assert last_day_of_week(CALENDAR, local(now)) == friday
    assert end_of_week(CALENDAR, local(now)) == CALENDAR.start_of_day(friday.replace(day=friday.day + 1))


def test_during_a_week_of_holidays_it_is_the_friday_of_the_first_worked_week() -> None:
    # Tết 2026: Tuesday 17 February is its first day; offices open again the Monday after.
    assert last_day_of_week(CALENDAR, local("2026-02-17T09:00")) == date(2026, 2, 27)


def test_what_has_changed_is_counted_from_the_monday_before_today() -> None:
    assert last_monday(CALENDAR, local("2026-11-22T12:00")) == local("2026-11-16T00:00")
    assert last_monday(CALENDAR, local("2026-11-23T07:00")) == local("2026-11-16T00:00")
    assert last_monday(CALENDAR, local("2026-11-24T00:00")) == local("2026-11-23T00:00")


def test_delays_are_counted_in_working_time() -> None:
    friday, monday = local("2026-11-20T16:00"), local("2026-11-23T09:00")
    assert working_time_late(CALENDAR, friday, monday)[0] == 0
    assert working_time_late(CALENDAR, friday, monday)[1] >= 2
    assert working_time_late(CALENDAR, local("2026-11-16T17:00"), local("2026-11-20T17:00")) == (4, 0)
