"""The tree of all units as of a day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organization.domain.tree import Tree, check_tree, parents_first, tree_as_of, units_above, units_below
from organization.domain.units import Unit, UnitKind, close, establish, move
from runtime.errors import InvalidInput

START = date(2025, 7, 1)
LATER = date(2026, 1, 1)
City = dict[str, Unit]


def add(city: City, unit_id: str, kind: UnitKind, parent_id: str, day: date = START) -> None:
    city[unit_id] = establish(unit_id=unit_id, kind=kind, name=unit_id, parent_id=parent_id, day=day)


def test_a_city_that_is_in_order_passes(city: City) -> None:
    check_tree(city)


def test_nothing_at_all_passes() -> None:
    check_tree({})


def test_before_the_first_day_the_tree_is_empty_and_on_it_complete(city: City) -> None:
    assert not tree_as_of(city.values(), START - timedelta(days=1)).places
    assert tree_as_of(city.values(), START).places.keys() == city.keys()


def test_a_moved_unit_is_under_the_old_parent_the_day_before_and_under_the_new_one_on_the_day(city: City) -> None:
    city["19774-VH"] = move(city["19774-VH"], parent_id="19753", day=LATER)
    check_tree(city)
    before, after = (tree_as_of(city.values(), day) for day in (LATER - timedelta(days=1), LATER))
    assert units_above(before, "19774-VH") == ("19774-VH", "19774", "HUE")
    assert units_above(after, "19774-VH") == ("19774-VH", "19753", "HUE")
    assert units_below(before, "19774") == {"19774", "19774-VH"}
    assert units_below(after, "19774") == {"19774"}


def test_below_the_city_is_everything_and_below_a_leaf_only_itself(city: City) -> None:
    tree = tree_as_of(city.values(), START)
    assert units_below(tree, "HUE") == city.keys()
    assert units_below(tree, "SNV") == {"SNV", "SNV-CCVC", "SNV-CCVC-1"}
    assert units_below(tree, "SNV-CCVC-1") == {"SNV-CCVC-1"}


def test_a_unit_that_is_not_there_has_nothing_below_and_nothing_above(city: City) -> None:
    tree = tree_as_of(city.values(), START)
    assert units_below(tree, "GONE") == frozenset()
    assert units_above(tree, "GONE") == ()


def test_parents_come_first_and_neighbours_in_order_of_id(city: City) -> None:
    order = [place.unit_id for place in parents_first(tree_as_of(city.values(), START))]
    assert order == ["HUE", "19753", "19753-KT", "19774", "19774-VH", "SNV", "SNV-CCVC", "SNV-CCVC-1"]


def test_an_unknown_parent_is_refused(city: City) -> None:
    add(city, "X", UnitKind.DIVISION, "NOWHERE")
    with pytest.raises(InvalidInput, match="Unit X has the unknown parent 'NOWHERE': establish the parent first"):
        check_tree(city)


def test_a_unit_older_than_its_parent_is_refused(city: City) -> None:
    add(city, "NEW", UnitKind.DEPARTMENT, "HUE", LATER)
    add(city, "X", UnitKind.DIVISION, "NEW")
    with pytest.raises(InvalidInput, match="Unit X is under NEW on 2025-07-01, but NEW is valid from 2026-01-01"):
        check_tree(city)


def test_a_unit_that_outlives_its_parent_is_refused(city: City) -> None:
    city["SNV"] = close(city["SNV"], day=LATER, successor_ids=())
    with pytest.raises(InvalidInput, match=r"Unit SNV-CCVC is under SNV on 2026-01-01.*move or close SNV-CCVC"):
        check_tree(city)


def test_an_unknown_successor_is_refused(city: City) -> None:
    city["SNV-CCVC-1"] = close(city["SNV-CCVC-1"], day=LATER, successor_ids=("SNV", "NOWHERE"))
    with pytest.raises(InvalidInput, match="Unit SNV-CCVC-1 has the unknown successor 'NOWHERE'"):
        check_tree(city)


def test_a_second_city_is_refused(city: City) -> None:
    add(city, "QTI", UnitKind.CITY, "")
    with pytest.raises(InvalidInput, match="HUE and QTI are both the city"):
        check_tree(city)


@pytest.mark.parametrize(
    ("kind", "parent_id"),
    [
        (UnitKind.DIVISION, "HUE"),
        (UnitKind.DEPARTMENT, "SNV"),
        (UnitKind.COMMUNE, "19753"),
        (UnitKind.DEPARTMENT, "19753-KT"),
        (UnitKind.COMMUNE, "SNV-CCVC"),
    ],
)
def test_a_kind_under_a_kind_where_it_does_not_belong_is_refused(city: City, kind: UnitKind, parent_id: str) -> None:
    add(city, "X", kind, parent_id)
    with pytest.raises(InvalidInput, match=f"Unit X is a {kind} under the .* {parent_id} on 2025-07-01"):
        check_tree(city)


def test_a_cycle_that_exists_only_for_a_while_is_refused(city: City) -> None:
    city["SNV-CCVC"] = move(city["SNV-CCVC"], parent_id="SNV-CCVC-1", day=LATER)
    city["SNV-CCVC"] = move(city["SNV-CCVC"], parent_id="SNV", day=LATER + timedelta(days=1))
    with pytest.raises(InvalidInput, match="Unit SNV-CCVC is below itself on 2026-01-01"):
        check_tree(city)


def test_a_unit_under_itself_is_refused(city: City) -> None:
    city["SNV-CCVC"] = move(city["SNV-CCVC"], parent_id="SNV-CCVC", day=LATER)
    with pytest.raises(InvalidInput, match="Unit SNV-CCVC is below itself"):
        check_tree(city)


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Divisions that each hang under one that was drawn before, so there is no cycle."""
    city = {"D0": establish(unit_id="D0", kind=UnitKind.DEPARTMENT, name="D0", parent_id="", day=START)}
    for n in range(1, draw(st.integers(1, 12))):
        add(city, f"D{n}", UnitKind.DIVISION, f"D{draw(st.integers(0, n - 1))}")
    return tree_as_of(city.values(), START)


@given(tree=trees())
def test_one_is_below_another_exactly_when_the_other_is_above_it(tree: Tree) -> None:
    for upper in tree.places:
        below = units_below(tree, upper)
        assert below == {lower for lower in tree.places if upper in units_above(tree, lower)}


@given(tree=trees())
def test_every_unit_is_listed_once_and_after_its_parent(tree: Tree) -> None:
    order = [place.unit_id for place in parents_first(tree)]
    assert sorted(order) == sorted(tree.places)
    for place in tree.places.values():
        assert not place.parent_id or order.index(place.parent_id) < order.index(place.unit_id)


@given(
    moves=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 5), st.integers(1, 5)), max_size=8),
)
def test_a_tree_passes_exactly_when_every_unit_reaches_the_city_on_every_day(
    moves: list[tuple[int, int, int]],
) -> None:
    city = {"HUE": establish(unit_id="HUE", kind=UnitKind.CITY, name="HUE", parent_id="", day=START)}
    add(city, "D0", UnitKind.DEPARTMENT, "HUE")
    for n in range(1, 6):
        add(city, f"D{n}", UnitKind.DIVISION, "D0")
    for child, parent, day in moves:
        city[f"D{child}"] = move(city[f"D{child}"], parent_id=f"D{parent}", day=START + timedelta(days=day))
    days = [START + timedelta(days=n) for n in range(8)]
    sound = all(_reaches_city(city, day) for day in days)
    if sound:
        check_tree(city)
    else:
        with pytest.raises(InvalidInput, match="is below itself"):
            check_tree(city)


def _reaches_city(city: City, day: date) -> bool:
    tree = tree_as_of(city.values(), day)
    return all(units_above(tree, unit_id)[-1] == "HUE" for unit_id in tree.places)
