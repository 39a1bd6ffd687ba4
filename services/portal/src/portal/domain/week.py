"""The working week around an instant, by the working calendar and local days."""

from datetime import date, datetime, timedelta

from working_calendar import WorkingCalendar

_FRIDAY = 4


def last_day_of_week(calendar: WorkingCalendar, now: datetime) -> date:
    """The Friday of the week of the next day that is worked, today included; a worked weekend day stands for itself."""
    day = calendar.add_working_days(calendar.local_day(now), 0)
    return max(day, day + timedelta(days=_FRIDAY - day.weekday()))


def end_of_week(calendar: WorkingCalendar, now: datetime) -> datetime:
    """The midnight after that day: what is due before it is due "by Friday"."""
    return calendar.start_of_day(last_day_of_week(calendar, now) + timedelta(days=1))


def last_monday(calendar: WorkingCalendar, now: datetime) -> datetime:
    """Local midnight of the Monday before today; on a Monday that of the week before."""
    today = calendar.local_day(now)
    return calendar.start_of_day(today - timedelta(days=today.weekday() or 7))


def working_time_late(calendar: WorkingCalendar, due_at: datetime, now: datetime) -> tuple[int, int]:
    """How late it is: whole working days, and the working hours beyond them."""
    seconds = int(calendar.working_hours_between(due_at, now) * 3600)
    days, rest = divmod(seconds, int(calendar.office.length.total_seconds()))
    return days, rest // 3600
