"""What has changed since an instant: out of what was known then, and as it stood then."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from evaluation.domain.changes import compare_item, difference, fall, has_changed, inputs_then, is_heading_down
from evaluation.domain.organization import Organization
from evaluation.domain.periods import Periods, month_index, to_instant
from evaluation.domain.policies import Band, Policies
from evaluation.domain.scorecards import MonthInputs, Standing

MARCH = month_index(2026, 3)


def at(day: int, hour: int = 9, *, month: int = 3) -> datetime:
    """A local time in 2026."""
    return datetime(2026, month, day, hour, tzinfo=UTC) - timedelta(hours=7)


def compared(story: Any, periods: Periods, *, since: datetime, now: datetime) -> Any:
    return compare_item(
        story.work_id, story.facts, story.at(now).contributions, since=to_instant(since), periods=periods
    )


def changed(story: Any, periods: Periods, *, since: datetime, now: datetime) -> dict[str, int]:
    """What the item adds to A's March now more than then."""
    item = compared(story, periods, since=since, now=now)
    return difference(item, MARCH, carrying=True, carrying_then=True).get(("A", "U", False), {})


def test_time_alone_changes_what_is_open(story: Any, periods: Periods) -> None:
    story.assigned(at(2), due_at=at(18))
    assert changed(story, periods, since=at(16), now=at(17)) == {}
    assert changed(story, periods, since=at(16), now=at(20))["missed_items"] == 1


def test_what_was_recorded_later_was_not_known_although_it_had_occurred(story: Any, periods: Periods) -> None:
    story.assigned(at(2), due_at=at(10))
    story.completed(at(9), recorded_at=at(17))
    assert changed(story, periods, since=at(16), now=at(20))["missed_items"] == -1
    assert changed(story, periods, since=at(17), now=at(20)) == {}


def test_the_sums_of_then_are_those_of_now_without_what_has_come_since(story: Any, periods: Periods) -> None:
    story.assigned(at(2), due_at=at(18))
    item = compared(story, periods, since=at(16), now=at(20))
    inputs = MonthInputs(
        organization=Organization(units=[], officers=[], is_working_day=lambda _: True),
        month=MARCH,
        work={("A", "U"): story.adds(at(20))},
        request={},
        general={},
        shortcomings={},
        policies=Policies([]),
        open=True,
    )
    before = inputs_then(inputs, [item], carrying=True).sum_officer("A").work
    assert {name: value for name, value in before.items() if value} == story.adds(at(16))


def standing(points: int | None, band: Band | None, later: Band | None = None) -> Standing:
    return Standing(points=points, points_if_nothing_more=None, band=band, band_if_nothing_more=later)


@pytest.mark.parametrize(
    ("band", "later", "expected"),
    [
        (Band.EXCELLENT, Band.GOOD, False),
        (Band.EXCELLENT, Band.COMPLETED, True),
        (Band.GOOD, Band.NOT_COMPLETED, True),
        (Band.COMPLETED, Band.NOT_COMPLETED, True),
        (Band.COMPLETED, Band.COMPLETED, False),
        (None, Band.NOT_COMPLETED, False),
        (Band.GOOD, None, False),
    ],
)
def test_heading_down_is_to_fall_below_70_or_below_50(band: Band | None, later: Band | None, expected: bool) -> None:
    assert is_heading_down(standing(7000, band, later)) is expected


@pytest.mark.parametrize(
    ("points", "later", "expected"),
    [(5303, 4886, True), (5000, 4999, True), (7000, 6999, True), (4999, 4000, False), (6999, 5000, False)],
)
def test_heading_down_is_to_fall_below_50_or_70_points_also_where_a_rule_holds_the_band_down(
    points: int, later: int, expected: bool
) -> None:
    now = Standing(
        points=points, points_if_nothing_more=later, band=Band.NOT_COMPLETED, band_if_nothing_more=Band.NOT_COMPLETED
    )
    assert is_heading_down(now) is expected


def test_another_band_is_a_change_even_with_the_same_points() -> None:
    good = standing(7500, Band.GOOD)
    assert not has_changed(good, standing(7500, Band.GOOD, Band.COMPLETED))
    assert has_changed(good, standing(7500, Band.NOT_COMPLETED))
    assert has_changed(None, good)


@pytest.mark.parametrize(("before", "now", "expected"), [(7000, 6000, 1000), (6000, 7000, -1000), (None, 6000, 0)])
def test_who_had_no_points_has_not_fallen(before: int | None, now: int, expected: int) -> None:
    assert fall(standing(before, None), standing(now, Band.COMPLETED)) == expected
