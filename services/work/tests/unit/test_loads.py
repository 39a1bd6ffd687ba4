"""Until when work is due soon."""

import pytest

from work.domain.loads import end_of_soon

from .facts import CALENDAR, at


@pytest.mark.parametrize(
    ("now", "end"),
    [
        # A Monday, a Friday, and the Friday before the days off at the end of April.
        ("2026-03-02T08:00", "2026-03-09"),
        ("2026-03-06T23:30", "2026-03-13"),
        ("2026-04-24T08:00", "2026-05-06"),
    ],
)
def test_soon_ends_with_the_fifth_working_day_after_today(now: str, end: str) -> None:
    assert end_of_soon(CALENDAR, at(now)) == at(end)
