"""Working days and hours of a city: cut-offs of months, standard terms, due times after leave.

Pure but for reading one YAML file.
"""

from working_calendar.calendar import CalendarError, Office, WorkingCalendar
from working_calendar.file import load_calendar

__all__ = ["CalendarError", "Office", "WorkingCalendar", "load_calendar"]
