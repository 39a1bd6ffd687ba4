"""Rules that bind units and posts together."""

from datetime import date, timedelta

import pytest

from organization.domain.city import check_heads, check_posts, heads_as_of, units_led
from organization.domain.officers import HeldPost, Post, PostRole
from organization.domain.tree import tree_as_of
from organization.domain.units import Unit, close
from runtime.errors import InvalidInput

START = date(2025, 7, 1)
LATER = date(2026, 1, 1)
City = dict[str, Unit]


def held(
    officer_id: str,
    unit_id: str,
    role: PostRole = PostRole.HEAD,
    *,
    begins: date = START,
    ends: date | None = None,
    field: tuple[str, ...] = (),
) -> HeldPost:
    post = Post(post_id="p", unit_id=unit_id, role=role, valid_from=begins, valid_to=ends, field_unit_ids=field)
    return HeldPost(officer_id=officer_id, post=post)


def test_posts_within_their_units_pass(city: City) -> None:
    city["SNV"] = close(city["SNV"], day=LATER, successor_ids=())
    check_posts([held("a", "SNV", ends=LATER), held("b", "HUE", PostRole.DEPUTY, field=("SNV", "19753"))], city)


def test_a_post_in_an_unknown_unit_is_refused(city: City) -> None:
    with pytest.raises(InvalidInput, match="Post p of officer a is in the unknown unit 'NOWHERE'"):
        check_posts([held("a", "NOWHERE")], city)


def test_a_post_that_begins_before_its_unit_is_refused(city: City) -> None:
    with pytest.raises(InvalidInput, match="valid from 2025-06-30, but the unit from 2025-07-01") as refusal:
        check_posts([held("a", "SNV", begins=START - timedelta(days=1))], city)
    assert refusal.value.field == "valid_from"


@pytest.mark.parametrize("ends", [None, LATER + timedelta(days=1)])
def test_a_post_that_outlives_its_unit_is_refused(city: City, ends: date | None) -> None:
    city["SNV"] = close(city["SNV"], day=LATER, successor_ids=())
    with pytest.raises(InvalidInput, match="but the unit from 2025-07-01 to 2026-01-01") as refusal:
        check_posts([held("a", "SNV", ends=ends)], city)
    assert refusal.value.field == "valid_to"


def test_a_field_that_names_an_unknown_unit_is_refused(city: City) -> None:
    with pytest.raises(InvalidInput, match="unknown unit 'NOWHERE' as its field"):
        check_posts([held("a", "HUE", PostRole.DEPUTY, field=("SNV", "NOWHERE"))], city)


def test_two_heads_of_one_unit_on_one_day_are_refused() -> None:
    with pytest.raises(InvalidInput, match="Unit SNV has two heads on 2026-01-01: a by post p and b by post p"):
        check_heads([held("b", "SNV", begins=LATER), held("a", "SNV", ends=LATER + timedelta(days=1))])


def test_a_head_may_follow_another_on_the_day() -> None:
    check_heads([held("a", "SNV", ends=LATER), held("b", "SNV", begins=LATER)])


def test_deputies_and_heads_of_other_units_are_no_second_head() -> None:
    check_heads([held("a", "SNV"), held("b", "SNV", PostRole.DEPUTY), held("c", "19753"), held("a", "19774")])


def test_the_head_changes_on_the_day() -> None:
    posts = [held("a", "SNV", ends=LATER), held("b", "SNV", begins=LATER), held("c", "SNV", PostRole.DEPUTY)]
    assert heads_as_of(posts, START - timedelta(days=1)) == {}
    assert heads_as_of(posts, LATER - timedelta(days=1)) == {"SNV": "a"}
    assert heads_as_of(posts, LATER) == {"SNV": "b"}


def test_a_head_leads_their_units_and_all_below(city: City) -> None:
    tree = tree_as_of(city.values(), START)
    heads = {"SNV": "a", "19753-KT": "a", "19753": "b", "HUE": "c"}
    assert units_led("a", heads, tree) == {"SNV", "SNV-CCVC", "SNV-CCVC-1", "19753-KT"}
    assert units_led("b", heads, tree) == {"19753", "19753-KT"}
    assert units_led("c", heads, tree) == city.keys()
    assert units_led("d", heads, tree) == frozenset()
