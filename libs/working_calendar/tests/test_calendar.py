"""The working calendar of Huế, and the arithmetic that rules L2, L5, L12 and L15 are made of."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from working_calendar import CalendarError, WorkingCalendar, load_calendar

HUE = load_calendar()
TIMEZONE = ZoneInfo("Asia/Ho_Chi_Minh")
CASES = Path(__file__).parents[4] / "shared" / "reference" / "cases" / "decree-335-months.yaml"

instants = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001
days = st.dates(date(2025, 1, 1), date(2027, 12, 1))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TIMEZONE)


@pytest.mark.parametrize(
    ("month", "expected"),
    [
        ("2026-01", "2026-02-04T17:00"),
        ("2026-03", "2026-04-03T17:00"),
        ("2026-04", "2026-05-06T17:00"),
        ("2026-08", "2026-09-07T17:00"),
        ("2026-12", "2027-01-06T17:00"),
    ],
)
def test_l2_a_month_is_read_at_the_end_of_the_third_working_day_after_it(month: str, expected: str) -> None:
    year, number = map(int, month.split("-"))
    assert HUE.cut_off(year, number) == local(expected)


def test_l2_the_cut_offs_of_the_worked_cases_hold() -> None:
    if not CASES.exists():
        pytest.skip(f"the worked cases are not beside this clone: {CASES.name}")
    for month, expected in yaml.safe_load(CASES.read_text(encoding="utf-8"))["cut_off"].items():
        year, number = map(int, str(month).split("-"))
        assert HUE.cut_off(year, number) == local(str(expected))


@pytest.mark.parametrize(
    "day",
    ["2026-01-01", "2026-02-16", "2026-02-20", "2026-04-26", "2026-04-27", "2026-04-30", "2026-05-01", "2026-09-02"],
)
def test_public_holidays_and_the_days_that_make_up_for_them_are_off(day: str) -> None:
    assert not HUE.is_working_day(date.fromisoformat(day))


def test_swapped_days_of_2026_are_off_and_worked() -> None:
    assert not HUE.is_working_day(date(2026, 8, 31))
    assert HUE.is_working_day(date(2026, 8, 22))
    assert not HUE.is_working_day(date(2026, 8, 29))


def test_culture_day_is_a_switch() -> None:
    assert not WorkingCalendar(culture_day_off=True).is_working_day(date(2026, 11, 24))
    assert WorkingCalendar(culture_day_off=False).is_working_day(date(2026, 11, 24))


def test_switching_culture_day_off_gives_its_substitute_back_too() -> None:
    # 24 November 2029 is a Saturday, made up on Monday 26.
    assert not WorkingCalendar(culture_day_off=True).is_working_day(date(2029, 11, 26))
    assert WorkingCalendar(culture_day_off=False).is_working_day(date(2029, 11, 26))


def test_the_first_day_does_not_count_in_a_term_of_days() -> None:
    assert HUE.add_working_days(date(2026, 3, 20), 2) == date(2026, 3, 24)
    assert HUE.next_working_day(date(2026, 4, 29)) == date(2026, 5, 4)
    assert HUE.add_working_days(date(2026, 12, 31), 1) == date(2027, 1, 4)


def test_a_term_that_ends_on_a_day_off_ends_on_the_next_working_day() -> None:
    assert HUE.add_working_days(date(2026, 3, 21), 0) == date(2026, 3, 23)
    assert HUE.add_working_days(date(2026, 3, 20), 0) == date(2026, 3, 20)


def test_a_day_ends_at_five_in_the_afternoon_local_time() -> None:
    assert HUE.end_of_day(date(2026, 3, 20)) == datetime(2026, 3, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ("2026-03-20T09:00", 2, "2026-03-20T11:00"),
        ("2026-03-20T11:00", 2, "2026-03-20T14:00"),
        ("2026-03-20T13:00", 4, "2026-03-20T17:00"),
        ("2026-03-20T16:00", 2, "2026-03-23T09:00"),
        ("2026-03-20T18:00", 8, "2026-03-23T17:00"),
        ("2026-03-21T10:00", 1, "2026-03-23T09:00"),
        ("2026-04-29T16:00", 16, "2026-05-05T16:00"),
        ("2026-03-20T12:30", 0, "2026-03-20T12:30"),
    ],
)
def test_terms_in_hours_run_in_office_hours_only(start: str, hours: int, expected: str) -> None:
    assert HUE.add_working_hours(local(start), hours) == local(expected)


def test_l12_a_due_time_inside_leave_is_read_at_the_end_of_the_first_working_day_after() -> None:
    first, last = date(2026, 3, 23), date(2026, 3, 27)
    assert HUE.due_after_leave(local("2026-03-25T17:00"), first, last) == local("2026-03-30T17:00")
    assert HUE.due_after_leave(local("2026-03-27T23:59"), first, last) == local("2026-03-30T17:00")
    assert HUE.due_after_leave(local("2026-03-20T17:00"), first, last) == local("2026-03-20T17:00")
    assert HUE.due_after_leave(local("2026-03-28T00:00"), first, last) == local("2026-03-28T00:00")


def test_l15_two_working_days_of_lateness_move_friday_to_tuesday() -> None:
    moved = HUE.shift_by_lateness(
        local("2026-03-20T17:00"), answer_due=local("2026-03-16T17:00"), answered=local("2026-03-18T17:00")
    )
    assert moved == local("2026-03-24T17:00")


def test_l15_an_answer_after_closing_time_of_the_due_day_moves_nothing() -> None:
    due = local("2026-03-20T17:00")
    assert HUE.shift_by_lateness(due, answer_due=local("2026-03-16T17:00"), answered=local("2026-03-16T20:00")) == due


@given(instants, st.integers(1, 400))
def test_the_hours_of_a_term_are_the_hours_between_its_ends(start: datetime, hours: int) -> None:
    assert HUE.working_hours_between(start, HUE.add_working_hours(start, hours)) == hours


@given(instants, st.timedeltas(timedelta(0), timedelta(days=60)), st.timedeltas(timedelta(0), timedelta(days=60)))
def test_working_hours_add_up(start: datetime, first: timedelta, second: timedelta) -> None:
    middle, end = start + first, start + first + second
    whole = HUE.working_hours_between(start, end)
    assert HUE.working_hours_between(start, middle) + HUE.working_hours_between(middle, end) == whole


@given(days, st.integers(1, 60))
def test_a_term_of_days_passes_that_many_working_days(day: date, n: int) -> None:
    end = HUE.add_working_days(day, n)
    passed = sum(HUE.is_working_day(day + timedelta(days=k)) for k in range(1, (end - day).days + 1))
    assert (passed, HUE.is_working_day(end)) == (n, True)


def test_parts_of_an_hour_are_exact() -> None:
    assert HUE.working_hours_between(local("2026-03-20T09:00"), local("2026-03-20T09:20")) == Fraction(1, 3)


def test_a_year_no_calendar_reaches_is_an_error() -> None:
    with pytest.raises(CalendarError, match="2100"):
        HUE.is_working_day(date(2199, 1, 1))
