"""Mergers and splits: before the day nothing is different, from the day on everything is in its new place."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from organization.domain.city import check_heads, check_posts
from organization.domain.officers import Officer, OfficerCategory, Post, PostRole, held_posts
from organization.domain.periods import in_force
from organization.domain.reorganization import Merger, Reorganization, SplitPart, merge, split
from organization.domain.tree import check_tree, tree_as_of, units_above, units_below
from organization.domain.units import Unit, UnitKind
from runtime.errors import InvalidInput, NotFound

START = date(2025, 7, 1)
DAY = date(2026, 7, 1)
EVE = DAY - timedelta(days=1)
City = dict[str, Unit]
INTO_NEW = Merger(
    unit_ids=("19753", "19774"),
    into_unit_id="19700",
    day=DAY,
    name="Phường Phú Long",
    parent_id="HUE",
    kind=UnitKind.COMMUNE,
)


def officer(officer_id: str, unit_id: str, role: PostRole = PostRole.STAFF, field: tuple[str, ...] = ()) -> Officer:
    post = Post(post_id="p", unit_id=unit_id, role=role, valid_from=START, field_unit_ids=field)
    return Officer(officer_id=officer_id, full_name="An", category=OfficerCategory.CIVIL_SERVANT, posts=(post,))


def check_all(outcome: Reorganization) -> City:
    units = {unit.unit_id: unit for unit in outcome.units}
    check_tree(units)
    check_posts(held_posts(outcome.officers), units)
    check_heads(held_posts(outcome.officers))
    return units


def unit_on(person: Officer, day: date) -> list[str]:
    return [post.unit_id for post in person.posts if in_force(post, day)]


def test_merged_units_are_there_the_day_before_and_the_new_one_on_the_day(city: City) -> None:
    units = check_all(merge(city, [], INTO_NEW))
    eve, day = tree_as_of(units.values(), EVE), tree_as_of(units.values(), DAY)
    assert eve.places.keys() == city.keys()
    assert day.places.keys() == (city.keys() - {"19753", "19774"}) | {"19700"}
    assert units["19753"].successor_ids == units["19774"].successor_ids == ("19700",)


def test_divisions_of_merged_units_go_on_under_the_new_one(city: City) -> None:
    units = check_all(merge(city, [], INTO_NEW))
    assert units_below(tree_as_of(units.values(), DAY), "19700") == {"19700", "19753-KT", "19774-VH"}
    assert units_above(tree_as_of(units.values(), EVE), "19753-KT") == ("19753-KT", "19753", "HUE")


def test_a_unit_can_merge_into_one_that_stays(city: City) -> None:
    units = check_all(merge(city, [], Merger(unit_ids=("19774",), into_unit_id="19753", day=DAY)))
    assert units["19753"] == city["19753"]
    assert units_below(tree_as_of(units.values(), DAY), "19753") == {"19753", "19753-KT", "19774-VH"}


def test_people_of_merged_units_go_on_in_the_new_one(city: City) -> None:
    people = [officer("a", "19753", PostRole.HEAD), officer("b", "19774"), officer("c", "19753-KT")]
    outcome = merge(city, people, INTO_NEW)
    check_all(outcome)
    assert [unit_on(person, EVE) for person in outcome.officers] == [["19753"], ["19774"], ["19753-KT"]]
    assert [unit_on(person, DAY) for person in outcome.officers] == [["19700"], ["19700"], ["19753-KT"]]
    assert outcome.officers[2] == people[2]


def test_a_deputy_of_the_city_answers_for_the_new_unit_from_the_day(city: City) -> None:
    people = [officer("a", "HUE", PostRole.DEPUTY, field=("19753", "19774", "SNV"))]
    outcome = merge(city, people, INTO_NEW)
    check_all(outcome)
    assert [post.field_unit_ids for post in outcome.officers[0].posts] == [("19753", "19774", "SNV"), ("19700", "SNV")]


def test_two_heads_do_not_both_head_the_new_unit(city: City) -> None:
    outcome = merge(city, [officer("a", "19753", PostRole.HEAD), officer("b", "19774", PostRole.HEAD)], INTO_NEW)
    with pytest.raises(InvalidInput, match="Unit 19700 has two heads on 2026-07-01"):
        check_all(outcome)


@pytest.mark.parametrize(
    ("merger", "sentence"),
    [
        (replace(INTO_NEW, unit_ids=()), "names no unit"),
        (replace(INTO_NEW, unit_ids=("19700", "19774")), "cannot merge into itself"),
        (replace(INTO_NEW, into_unit_id="SNV"), "SNV is there already"),
        (replace(INTO_NEW, name=""), "'19700' is not known: give a name"),
        (replace(INTO_NEW, kind=None), "without a kind"),
        (replace(INTO_NEW, day=START), "close it on a day after its first"),
        (replace(INTO_NEW, day=START - timedelta(days=1)), "is not there on 2025-06-30"),
    ],
)
def test_a_merger_that_makes_no_sense_is_refused(city: City, merger: Merger, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        merge(city, [], merger)


def test_an_unknown_unit_cannot_merge(city: City) -> None:
    with pytest.raises(NotFound, match="'NOWHERE' is not known"):
        merge(city, [], replace(INTO_NEW, unit_ids=("NOWHERE",)))


def test_a_unit_cannot_merge_into_a_division_of_its_own(city: City) -> None:
    with pytest.raises(InvalidInput, match="SNV-CCVC is below itself on 2026-07-01"):
        check_all(merge(city, [], Merger(unit_ids=("SNV",), into_unit_id="SNV-CCVC", day=DAY)))


PARTS = (
    SplitPart(unit_id="T-A", name="Tổ A", officer_ids=("a",)),
    SplitPart(unit_id="T-B", name="Tổ B", officer_ids=("b",)),
)


def test_a_split_unit_goes_on_in_its_parts_from_the_day(city: City) -> None:
    people = [officer("a", "SNV-CCVC-1", PostRole.HEAD), officer("b", "SNV-CCVC-1")]
    outcome = split(city, people, unit_id="SNV-CCVC-1", parts=PARTS, day=DAY)
    units = check_all(outcome)
    assert units["SNV-CCVC-1"].successor_ids == ("T-A", "T-B")
    assert units_below(tree_as_of(units.values(), EVE), "SNV-CCVC") == {"SNV-CCVC", "SNV-CCVC-1"}
    assert units_below(tree_as_of(units.values(), DAY), "SNV-CCVC") == {"SNV-CCVC", "T-A", "T-B"}
    assert [unit_on(person, EVE) for person in outcome.officers] == [["SNV-CCVC-1"], ["SNV-CCVC-1"]]
    assert [unit_on(person, DAY) for person in outcome.officers] == [["T-A"], ["T-B"]]


def test_a_part_may_be_there_already(city: City) -> None:
    parts = (SplitPart(unit_id="19753"), SplitPart(unit_id="T-B", name="Phường B"))
    city.pop("19774-VH")
    units = check_all(split(city, [], unit_id="19774", parts=parts, day=DAY))
    assert units["T-B"].kind is UnitKind.COMMUNE
    assert units["19774"].successor_ids == ("19753", "T-B")


def test_a_deputys_field_names_all_parts(city: City) -> None:
    people = [
        officer("d", "SNV", PostRole.DEPUTY, field=("SNV-CCVC-1",)),
        officer("a", "SNV-CCVC-1"),
        officer("b", "SNV-CCVC-1"),
    ]
    outcome = split(city, people, unit_id="SNV-CCVC-1", parts=PARTS, day=DAY)
    check_all(outcome)
    assert [post.field_unit_ids for post in outcome.officers[0].posts] == [("SNV-CCVC-1",), ("T-A", "T-B")]


def test_a_unit_with_divisions_is_not_split_over_their_heads(city: City) -> None:
    with pytest.raises(
        InvalidInput, match=r"Unit SNV-CCVC-1 is under SNV-CCVC on 2026-07-01.*move or close SNV-CCVC-1"
    ):
        check_all(split(city, [], unit_id="SNV-CCVC", parts=[replace(p, officer_ids=()) for p in PARTS], day=DAY))


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ((("a",), ()), "officer b is named in no part"),
        ((("a", "b"), ("b",)), "officer b is named in two parts"),
        ((("a",), ("b", "x")), "officer x is named but has no post there"),
    ],
)
def test_everyone_of_a_split_unit_is_named_once_and_nobody_else(
    city: City, named: tuple[tuple[str, ...], tuple[str, ...]], sentence: str
) -> None:
    parts = [replace(part, officer_ids=ids) for part, ids in zip(PARTS, named, strict=True)]
    people = [officer("a", "SNV-CCVC-1"), officer("b", "SNV-CCVC-1")]
    with pytest.raises(InvalidInput, match=sentence):
        split(city, people, unit_id="SNV-CCVC-1", parts=parts, day=DAY)


@pytest.mark.parametrize("part_ids", [(), ("T-A",), ("T-A", "T-A"), ("T-A", "SNV-CCVC-1")])
def test_a_split_needs_two_different_other_units(city: City, part_ids: tuple[str, ...]) -> None:
    parts = [SplitPart(unit_id=unit_id, name=unit_id) for unit_id in part_ids]
    with pytest.raises(InvalidInput, match="name two or more different units"):
        split(city, [], unit_id="SNV-CCVC-1", parts=parts, day=DAY)
