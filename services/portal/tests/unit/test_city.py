"""Units beside each other: what is ranked, what is shown, in which order."""

from fractions import Fraction

import pytest

from congvu.evaluation.v1 import service_pb2
from portal.domain.city import Place, UnitRow, Wish, choose, rank
from portal.domain.matching import matches
from portal.domain.months import last_day, month_before, months_until
from portal.usecases.city import to_row


def row(
    name: str,
    points: int | None = 5000,
    *,
    kind: str = "commune",
    band: int = 3,
    due: int = 100,
    overdue: int = 0,
    small: bool = False,
    change: int | None = None,
) -> UnitRow:
    place = Place(unit_id=name.upper(), name=name, kind=kind, parent_id="HUE", has_units=True)
    return UnitRow(
        place=place,
        period="2026-11",
        points=points,
        band=band,
        points_later=points,
        band_later=band,
        due=due,
        overdue=overdue,
        small_sample=small,
        change=change,
        trend=(points,),
    )


def names(rows: list[UnitRow]) -> list[str]:
    return [one.place.name for one in rows]


def test_units_are_ranked_among_their_kind_and_equals_share_a_place() -> None:
    rows = [row("a", 9000), row("b", 9000), row("c", 8000), row("d", 7000, kind="department")]
    assert rank(rows) == {"A": 1, "B": 1, "C": 3, "D": 1}


def test_small_samples_and_units_without_points_have_no_rank_and_move_no_other() -> None:
    rows = [row("few", 10_000, small=True), row("none", None), row("many", 5000)]
    assert rank(rows) == {"MANY": 1}


@pytest.mark.parametrize("sort", ["-points", "points", "name", "-overdue"])
def test_who_is_not_ranked_stands_behind_those_who_are(sort: str) -> None:
    rows = [row("an", 10_000, small=True, overdue=99), row("bình", 5000), row("cúc", 7000)]
    assert names(choose(rows, Wish(sort=sort)))[-1] == "an"


def test_names_stand_in_vietnamese_order() -> None:
    rows = [row("Đông Ba"), row("Dương Nỗ"), row("Em"), row("An Cựu"), row("Ân Nam")]
    assert names(choose(rows, Wish(sort="name"))) == ["An Cựu", "Ân Nam", "Dương Nỗ", "Đông Ba", "Em"]
    assert names(choose(rows, Wish(sort="-name")))[0] == "Em"


def test_the_overdue_share_is_compared_exactly_and_nothing_due_stands_last() -> None:
    rows = [row("third", due=3, overdue=1), row("nothing", due=0), row("half", due=2, overdue=1)]
    assert names(choose(rows, Wish(sort="-overdue"))) == ["half", "third", "nothing"]
    assert names(choose(rows, Wish(sort="overdue"))) == ["third", "half", "nothing"]
    assert rows[0].overdue_share == Fraction(1, 3)


def test_units_without_a_month_before_stand_last_by_change() -> None:
    rows = [row("new"), row("risen", change=200), row("fallen", change=-300)]
    assert names(choose(rows, Wish(sort="change"))) == ["fallen", "risen", "new"]


def test_filters_leave_what_fits_all_of_them() -> None:
    rows = [row("Sở Y tế", kind="department"), row("Sở Nội vụ", kind="department", band=1), row("Xã Phú Hồ", band=1)]
    assert names(choose(rows, Wish(kind="department", band=1))) == ["Sở Nội vụ"]
    assert names(choose(rows, Wish(text="so"))) == ["Sở Nội vụ", "Sở Y tế"]


@pytest.mark.parametrize("sought", ["dong ba", "ĐÔNG", " đông  ba ", "phuong d", ""])
def test_search_needs_no_marks_and_no_capitals(sought: str) -> None:
    assert matches("Phường Đông Ba", sought)


@pytest.mark.parametrize("sought", ["phu xuan", "xuan thuy"])
def test_words_are_sought_as_they_follow_each_other(sought: str) -> None:
    assert not matches("Phường Thuỷ Xuân", sought)


def test_months_are_counted_over_the_turn_of_the_year() -> None:
    assert months_until("2026-02", 4) == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert month_before("2026-01") == "2025-12"
    assert last_day("2028-02").isoformat() == "2028-02-29"
    assert last_day("2026-12").isoformat() == "2026-12-31"


@pytest.mark.parametrize(
    ("few_before", "few_now", "change", "trend"),
    [(False, False, 4000, (5000, 9000)), (True, False, None, (None, 9000)), (False, True, None, (5000, None))],
)
def test_nothing_is_compared_with_a_small_sample(
    few_before: bool, few_now: bool, change: int | None, trend: tuple[int | None, ...]
) -> None:
    months = [
        service_pb2.MonthPoints(period="2026-10", points=5000, small_sample=few_before),
        service_pb2.MonthPoints(period="2026-11", points=9000, small_sample=few_now, reason="vì", reason_en="why"),
    ]
    place = Place(unit_id="SYT", name="Sở Y tế", kind="department", parent_id="HUE", has_units=True)
    shown = to_row(service_pb2.SubjectPoints(subject_id="SYT", months=months), place, "2026-11")
    assert (shown.points, shown.change, shown.trend[-2:]) == (9000, change, trend)
    assert shown.reason == ("vì", "why")
