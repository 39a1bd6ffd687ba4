"""The history of one unit: what a day changes, and what it leaves alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organization.domain.units import (
    Unit,
    UnitKind,
    UnitVersion,
    canonical,
    check_unit,
    close,
    establish,
    move,
    move_out_of,
    rename,
    version_on,
)
from runtime.errors import InvalidInput

START = date(2025, 1, 1)
ALL_DAYS = [START + timedelta(days=n) for n in range(-2, 62)]
DAYS = st.integers(0, 59).map(lambda n: START + timedelta(days=n))

Change = Callable[[Unit], Unit]
CHANGES = st.one_of(
    st.builds(lambda day, name: lambda unit: rename(unit, name=name, day=day), DAYS, st.sampled_from("ABC")),
    st.builds(lambda day, parent: lambda unit: move(unit, parent_id=parent, day=day), DAYS, st.sampled_from("PQR")),
)
HISTORIES = st.lists(CHANGES, max_size=8).map(lambda changes: apply_all(a_unit(), changes))


def a_unit() -> Unit:
    return establish(unit_id="U", kind=UnitKind.DIVISION, name="A", parent_id="P", day=START)


def apply_all(unit: Unit, changes: list[Change]) -> Unit:
    for change in changes:
        unit = change(unit)
    return unit


def said_on(unit: Unit, day: date) -> tuple[str, str] | None:
    version = version_on(unit, day)
    return (version.name, version.parent_id) if version else None


def version(valid_from: str, valid_to: str = "", name: str = "A", parent_id: str = "P") -> UnitVersion:
    return UnitVersion(
        valid_from=date.fromisoformat(valid_from),
        valid_to=date.fromisoformat(valid_to) if valid_to else None,
        name=name,
        parent_id=parent_id,
    )


def test_a_unit_is_there_from_its_first_day_and_not_the_day_before() -> None:
    assert version_on(a_unit(), START - timedelta(days=1)) is None
    assert said_on(a_unit(), START) == ("A", "P")


def test_a_new_name_counts_from_its_day_and_the_old_one_until_the_day_before() -> None:
    renamed = rename(a_unit(), name="B", day=date(2025, 3, 1))
    assert said_on(renamed, date(2025, 2, 28)) == ("A", "P")
    assert said_on(renamed, date(2025, 3, 1)) == ("B", "P")


def test_a_name_given_in_between_holds_until_the_change_that_was_known_before() -> None:
    unit = rename(rename(a_unit(), name="C", day=date(2025, 6, 1)), name="B", day=date(2025, 3, 1))
    assert [said_on(unit, date(2025, month, 1)) for month in (2, 3, 5, 6)] == [
        ("A", "P"),
        ("B", "P"),
        ("B", "P"),
        ("C", "P"),
    ]


def test_renaming_to_the_same_name_leaves_the_unit_equal() -> None:
    assert rename(a_unit(), name="A", day=date(2025, 3, 1)) == a_unit()


def test_a_unit_closed_on_a_day_is_there_for_the_last_time_the_day_before() -> None:
    closed = close(a_unit(), day=date(2025, 3, 1), successor_ids=("V",))
    assert said_on(closed, date(2025, 2, 28)) == ("A", "P")
    assert version_on(closed, date(2025, 3, 1)) is None
    assert closed.successor_ids == ("V",)


def test_closing_drops_the_changes_that_were_planned_for_later() -> None:
    planned = rename(a_unit(), name="B", day=date(2025, 6, 1))
    assert close(planned, day=date(2025, 3, 1), successor_ids=()) == close(
        a_unit(), day=date(2025, 3, 1), successor_ids=()
    )


CLOSED = close(a_unit(), day=date(2025, 3, 1), successor_ids=())


@pytest.mark.parametrize("day", [date(2024, 12, 31), date(2025, 3, 1), date(2026, 1, 1)])
@pytest.mark.parametrize(
    "change",
    [
        lambda day: rename(CLOSED, name="B", day=day),
        lambda day: move(CLOSED, parent_id="Q", day=day),
        lambda day: close(CLOSED, day=day, successor_ids=()),
    ],
)
def test_nothing_happens_to_a_unit_on_a_day_when_it_is_not_there(day: date, change: Callable[[date], Unit]) -> None:
    with pytest.raises(InvalidInput, match=f"U is not there on {day}: it is valid from 2025-01-01 to 2025-03-01"):
        change(day)


def test_a_unit_is_not_closed_on_its_first_day() -> None:
    with pytest.raises(InvalidInput, match="close it on a day after its first"):
        close(a_unit(), day=START, successor_ids=())


def test_a_unit_leaves_a_closed_parent_on_the_day_and_also_where_it_planned_to_go_there() -> None:
    unit = move(move(a_unit(), parent_id="Q", day=date(2025, 5, 1)), parent_id="P", day=date(2025, 6, 1))
    moved = move_out_of(unit, closed_ids={"P"}, parent_id="N", day=date(2025, 3, 1))
    assert [said_on(moved, date(2025, month, 1)) for month in (2, 3, 4, 5, 6)] == [
        ("A", "P"),
        ("A", "N"),
        ("A", "N"),
        ("A", "Q"),
        ("A", "N"),
    ]


def test_a_unit_that_was_under_a_closed_parent_only_before_stays_equal() -> None:
    unit = move(a_unit(), parent_id="Q", day=date(2025, 3, 1))
    assert move_out_of(unit, closed_ids={"P"}, parent_id="N", day=date(2025, 3, 1)) == unit


@given(unit=HISTORIES, day=DAYS, name=st.sampled_from("ABC"))
def test_a_rename_never_touches_a_day_before_it_nor_any_parent(unit: Unit, day: date, name: str) -> None:
    renamed = rename(unit, name=name, day=day)
    check_unit(renamed)
    assert said_on(renamed, day) == (name, said_on(unit, day)[1])  # type: ignore[index]
    for other in ALL_DAYS:
        before, after = said_on(unit, other), said_on(renamed, other)
        if before is None or after is None:
            assert before == after
        else:
            assert before[1] == after[1]
            assert other >= day or before == after


@given(unit=HISTORIES)
def test_every_history_says_on_each_boundary_day_what_it_says_until_the_next(unit: Unit) -> None:
    for current in unit.versions:
        last = (current.valid_to or date(2025, 3, 3)) - timedelta(days=1)
        assert said_on(unit, current.valid_from) == said_on(unit, last) == (current.name, current.parent_id)
    assert canonical(unit) == unit
    assert all(a.valid_to == b.valid_from for a, b in zip(unit.versions, unit.versions[1:], strict=False))


@given(unit=HISTORIES, day=DAYS.filter(lambda day: day > START))
def test_closing_changes_no_day_before_and_leaves_none_after(unit: Unit, day: date) -> None:
    closed = close(unit, day=day, successor_ids=())
    for other in ALL_DAYS:
        assert said_on(closed, other) == (said_on(unit, other) if other < day else None)


def test_the_order_in_which_versions_are_given_does_not_matter() -> None:
    first, second = version("2025-01-01", "2025-03-01"), version("2025-03-01", name="B")
    unit = replace(a_unit(), versions=(second, first))
    assert canonical(unit).versions == (first, second)


def test_neighbouring_versions_that_say_the_same_are_one() -> None:
    unit = replace(a_unit(), versions=(version("2025-01-01", "2025-03-01"), version("2025-03-01")))
    assert canonical(unit) == a_unit()


@pytest.mark.parametrize(
    ("versions", "sentence"),
    [
        ((), "has no version"),
        ((version("2025-03-01", "2025-03-01"),), "ends on 2025-03-01 but begins on 2025-03-01"),
        ((version("2025-03-01", "2025-02-01"),), "ends on 2025-02-01 but begins on 2025-03-01"),
        ((version("2025-01-01", "2025-03-02"), version("2025-03-01")), "has two versions on 2025-03-01"),
        ((version("2025-01-01"), version("2025-03-01")), "has two versions on 2025-03-01"),
        ((version("2025-01-01", "2025-02-01"), version("2025-03-01")), "no version from 2025-02-01 to 2025-03-01"),
        ((version("2025-01-01", name=" "),), "has no name"),
        ((version("2025-01-01", parent_id=""),), "has no parent"),
    ],
)
def test_a_history_that_makes_no_sense_is_refused(versions: tuple[UnitVersion, ...], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        check_unit(replace(a_unit(), versions=versions))


def test_a_city_with_a_parent_is_refused() -> None:
    with pytest.raises(InvalidInput, match="is the city and has a parent"):
        check_unit(replace(a_unit(), kind=UnitKind.CITY))


@pytest.mark.parametrize("unit_id", ["", " U", "U ", "U\x00", "U" * 101])
def test_an_id_without_letters_or_of_endless_length_is_refused(unit_id: str) -> None:
    with pytest.raises(InvalidInput, match="unit_id is"):
        check_unit(replace(a_unit(), unit_id=unit_id))
