"""The calendar file: what a city sets is used, and what is wrong is named by file and line or key."""

from datetime import date
from pathlib import Path

import pytest

from working_calendar import CalendarError, load_calendar


def written(path: Path, text: str) -> Path:
    file = path / "city.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_city_sets_its_own_hours_week_and_days(tmp_path: Path) -> None:
    calendar = load_calendar(
        written(
            tmp_path,
            """
            working_week: [monday, saturday]
            office_hours: [{from: "07:00", to: "11:30"}]
            extra_days_off: {2026-03-21: storm}
            extra_working_days: {2026-04-30: flood relief}
            """,
        )
    )
    assert calendar.is_working_day(date(2026, 3, 28))
    assert not calendar.is_working_day(date(2026, 3, 21))
    assert calendar.is_working_day(date(2026, 4, 30))
    assert calendar.office.length.total_seconds() == 4.5 * 3600


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a: [", "line 1"),
        ("- 1", "table of keys"),
        ("office_ours: []", "key office_ours: unknown"),
        ("timezone: Hue", "key timezone"),
        ("working_week: [funday]", "key working_week"),
        ('office_hours: [{from: "12:00", to: "08:00"}]', "key office_hours"),
        ("office_hours: [{from: 480, to: 720}]", "key office_hours"),
        ('office_hours: [{from: "08:00"}]', "key office_hours"),
        ("cut_off_working_day: 0", "key cut_off_working_day"),
        ("culture_day_off: perhaps", "key culture_day_off"),
        ("extra_days_off: [2026-03-21]", "key extra_days_off"),
        ("extra_days_off: {soon: storm}", "key extra_days_off"),
        ("extra_days_off: {2026-03-21: a}\nextra_working_days: {2026-03-21: b}", "key extra_working_days"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_place(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(CalendarError, match=f"city.yaml.*{named}"):
        load_calendar(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CalendarError, match=r"nowhere\.yaml"):
        load_calendar(tmp_path / "nowhere.yaml")


def test_without_a_path_the_calendar_is_that_of_hue() -> None:
    assert load_calendar() == load_calendar()
    assert str(load_calendar().timezone) == "Asia/Ho_Chi_Minh"
