"""How much officers and units hold."""

from dataclasses import dataclass
from datetime import datetime

from working_calendar import WorkingCalendar

SOON_WORKING_DAYS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What an officer holds wherever it lies, or, with an empty `officer_id`, what a unit holds and no officer does.

    `unit_id` is that unit, or a unit in which the officer has a post. `open` counts what is still to be done; among it
    are `overdue`, `due_soon` and `waiting` (for an answer of another unit). `submitted` waits for a review. Units in
    thousandths of what is open.
    """

    officer_id: str
    unit_id: str
    open: int
    overdue: int
    due_soon: int
    submitted: int
    waiting: int
    standard_units: int
    absent: bool


def end_of_soon(calendar: WorkingCalendar, now: datetime) -> datetime:
    """Until when what is due is due soon: the end of the fifth working day after today."""
    return calendar.end_of_day(calendar.add_working_days(calendar.local_day(now), SOON_WORKING_DAYS))
