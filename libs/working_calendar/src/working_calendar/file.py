"""Reads a city's calendar file; every error names the file and the line or key."""

from collections.abc import Callable, Mapping
from datetime import date, time
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from working_calendar.calendar import CalendarError, Office, WorkingCalendar

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def load_calendar(path: Path | None = None) -> WorkingCalendar:
    """The working calendar of a city by its YAML file; without a path, that of Huế. Raises CalendarError."""
    if path is None:
        return _load_default()
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CalendarError(f"The calendar file {path} cannot be read: {error.strerror}.") from error
    return _parse(text, str(path))


@cache
def _load_default() -> WorkingCalendar:
    return _parse((files("working_calendar") / "hue.yaml").read_text(encoding="utf-8"), "hue.yaml")


def _parse(text: str, name: str) -> WorkingCalendar:
    try:
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CalendarError(f"{name}, line {line}: {error.problem}.") from error
    if not isinstance(content, Mapping):
        raise CalendarError(f"{name}: the file must be a table of keys such as office_hours.")
    unknown = sorted(str(key) for key in content if key not in _READERS)
    if unknown:
        raise CalendarError(f"{name}, key {unknown[0]}: unknown; known are {', '.join(_READERS)}.")
    settings: dict[str, Any] = {_FIELDS.get(key, key): _read_key(name, key, value) for key, value in content.items()}
    _refuse_both(name, settings)
    return WorkingCalendar(**settings)


def _read_key(name: str, key: str, value: object) -> Any:
    try:
        return _READERS[key](value)
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise CalendarError(f"{name}, key {key}: {error}") from error


def _refuse_both(name: str, settings: Mapping[str, Any]) -> None:
    both = settings.get("extra_days_off", frozenset()) & settings.get("extra_working_days", frozenset())
    if both:
        raise CalendarError(f"{name}, key extra_working_days: {min(both)} is also in extra_days_off; keep one.")


def _read_timezone(value: object) -> ZoneInfo:
    if not isinstance(value, str):
        raise ValueError("must be the name of a time zone such as Asia/Ho_Chi_Minh.")
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{value!r} is no time zone; an example is Asia/Ho_Chi_Minh.") from error


def _read_week(value: object) -> frozenset[int]:
    if not isinstance(value, list) or not value or any(day not in _WEEKDAYS for day in value):
        raise ValueError(f"must list days out of {', '.join(_WEEKDAYS)}.")
    return frozenset(_WEEKDAYS.index(day) for day in value)


def _read_office(value: object) -> Office:
    if not isinstance(value, list) or not value:
        raise ValueError('must list spans such as {from: "08:00", to: "12:00"}.')
    spans = tuple(_read_span(span) for span in value)
    edges = [edge for span in spans for edge in span]
    if any(first >= second for first, second in pairwise(edges)):
        raise ValueError("the spans must follow each other, each ending after it begins.")
    return Office(spans=spans)


def _read_span(value: object) -> tuple[time, time]:
    if not isinstance(value, Mapping) or set(value) != {"from", "to"}:
        raise ValueError('each span needs exactly from and to, such as {from: "08:00", to: "12:00"}.')
    return _read_time(value["from"]), _read_time(value["to"])


def _read_time(value: object) -> time:
    try:
        return time.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError(f'{value!r} is no time of day; write it in quotes such as "08:00".') from error


def _read_count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 15:
        raise ValueError("must be a whole number from 1 to 15.")
    return value


def _read_switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false.")
    return value


def _read_days(value: object) -> frozenset[date]:
    if value is None:
        return frozenset()
    if not isinstance(value, Mapping):
        raise ValueError("must be a table of days with reasons, such as 2026-08-31: Swapped with 22 August.")
    wrong = next((day for day in value if not isinstance(day, date)), None)
    if wrong is not None:
        raise ValueError(f"{wrong!r} is no day; write it as 2026-08-31.")
    return frozenset(value)


_READERS: Mapping[str, Callable[[object], Any]] = {
    "timezone": _read_timezone,
    "working_week": _read_week,
    "office_hours": _read_office,
    "cut_off_working_day": _read_count,
    "culture_day_off": _read_switch,
    "extra_days_off": _read_days,
    "extra_working_days": _read_days,
}
_FIELDS: Mapping[str, str] = {"office_hours": "office"}
