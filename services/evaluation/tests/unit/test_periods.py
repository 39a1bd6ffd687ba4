"""Periods as people write them."""

from datetime import UTC, datetime

import pytest

from evaluation.domain.periods import Periods, format_month, from_instant, month_index, parse_month, to_instant
from runtime.errors import InvalidInput
from working_calendar import WorkingCalendar

CALENDAR = WorkingCalendar()


@pytest.mark.parametrize("text", ["2001-01", "2026-03", "2099-12"])
def test_a_period_is_read_as_it_is_written(text: str) -> None:
    assert format_month(parse_month(text)) == text


def test_months_are_counted() -> None:
    assert parse_month("2026-03") == month_index(2026, 3) == parse_month("2025-12") + 3


@pytest.mark.parametrize("text", ["", "2026", "2026-3", "2026-13", "2026-00", "26-03-1", "2026/03", "²⁰²⁶-03"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not a month; write it as 2026-03") as caught:
        parse_month(text)
    assert caught.value.field == "period"


@pytest.mark.parametrize("text", ["0000-01", "0001-01", "2000-12", "2100-01", "9999-12"])
def test_a_month_that_no_calendar_reaches_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="lies outside the years 2001 to 2099"):
        parse_month(text)


def test_every_month_begins_at_its_local_midnight(periods: Periods) -> None:
    for month in range(month_index(2001, 1), month_index(2101, 1)):
        start = periods.start_of(month)
        assert (periods.month_of(start - 1), periods.month_of(start)) == (month - 1, month)
        local = from_instant(start).astimezone(CALENDAR.timezone)
        assert (month_index(local.year, local.month), local.day, local.hour, local.minute) == (month, 1, 0, 0)


def test_the_clock_that_was_never_set_lies_in_a_month_too(periods: Periods) -> None:
    assert periods.month_of(to_instant(datetime(1970, 1, 1, tzinfo=UTC))) == month_index(1970, 1)
