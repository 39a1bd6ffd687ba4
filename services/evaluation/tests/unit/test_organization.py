"""The tree, posts and leave, as of a day and as of a month."""

from dataclasses import replace
from datetime import date

import pytest

from evaluation.domain.organization import Leave, Officer, Organization, Post, Unit, UnitVersion
from evaluation.domain.periods import Month, parse_month

BEGIN = date(2025, 1, 1)
MARCH, APRIL = parse_month("2026-03"), parse_month("2026-04")


def unit(unit_id: str, parent_id: str = "HUE", *, begin: date = BEGIN, end: date | None = None) -> Unit:
    version = UnitVersion(valid_from=begin, valid_to=end, name=unit_id.lower(), parent_id=parent_id)
    return Unit(unit_id=unit_id, kind="division", versions=(version,))


def post(
    unit_id: str, role: str = "staff", *, begin: date = BEGIN, end: date | None = None, field: tuple[str, ...] = ()
) -> Post:
    key = f"{unit_id}-{role}-{begin}"
    return Post(post_id=key, unit_id=unit_id, role=role, valid_from=begin, valid_to=end, field_unit_ids=field)


def officer(officer_id: str, *posts: Post, leaves: tuple[Leave, ...] = ()) -> Officer:
    return Officer(officer_id=officer_id, full_name=officer_id.title(), posts=posts, leaves=leaves)


def leave(begin: date, end: date | None) -> Leave:
    return Leave(leave_id=str(begin), kind="annual", valid_from=begin, valid_to=end)


CITY = unit("HUE", "")


def organize(units: list[Unit], officers: list[Officer] | None = None) -> Organization:
    return Organization(units=[CITY, *units], officers=officers or [], is_working_day=lambda day: day.weekday() < 5)


def test_a_name_and_a_parent_are_those_of_the_day() -> None:
    change = date(2026, 3, 16)
    versions = (
        UnitVersion(valid_from=change, name="Sở Mới", parent_id="B"),
        UnitVersion(valid_from=BEGIN, valid_to=change, name="Sở Cũ", parent_id="A"),
    )
    city = organize([unit("A"), unit("B"), Unit(unit_id="X", kind="division", versions=versions)])
    days = [date(2026, 3, 15), change]
    assert [city.name_of("X", day) for day in days] == ["Sở Cũ", "Sở Mới"]
    assert [city.parent_of("X", day) for day in days] == ["A", "B"]
    assert [city.chain("X", day) for day in days] == [("X", "A", "HUE"), ("X", "B", "HUE")]


def test_a_month_has_the_tree_of_its_last_day() -> None:
    change = date(2026, 3, 31)
    versions = (
        UnitVersion(valid_from=BEGIN, valid_to=change, name="x", parent_id="A"),
        UnitVersion(valid_from=change, name="x", parent_id="B"),
    )
    city = organize([unit("A"), unit("B"), Unit(unit_id="X", kind="division", versions=versions)])
    assert city.month(MARCH - 1).chain("X") == ("X", "A", "HUE")
    assert city.month(MARCH).chain("X") == ("X", "B", "HUE")
    assert city.month(MARCH).below("A") == {"A"}
    assert city.month(MARCH).children("B") == ("X",)


def test_a_merged_unit_stays_below_its_last_parent() -> None:
    change = date(2026, 3, 16)
    city = organize([unit("A"), unit("OLD", "A", end=change), unit("NEW", "A", begin=change)])
    for month in (MARCH, APRIL):
        assert city.month(month).chain("OLD") == ("OLD", "A", "HUE")
    assert city.month(MARCH).units == {"HUE", "A", "OLD", "NEW"}
    assert city.month(APRIL).units == {"HUE", "A", "NEW"}
    assert city.parent_of("OLD", date(2026, 3, 15)) == "A"
    assert city.parent_of("OLD", change) is None
    assert city.name_of("OLD", change) == "old"


def test_the_units_of_a_closed_department_stay_below_the_city() -> None:
    change = date(2026, 3, 16)
    city = organize([unit("A", end=change), unit("X", "A", end=change)])
    assert city.month(MARCH).chain("X") == ("X", "A", "HUE")
    assert city.month(MARCH).below("HUE") == {"HUE", "A", "X"}


def test_unknown_units_and_circles_of_parents_do_not_stop_anything() -> None:
    city = organize([unit("A", "B"), unit("B", "A"), unit("X", "GONE")])
    assert city.chain("A", BEGIN) == ("A", "B")
    assert city.chain("X", BEGIN) == ("X",)
    assert city.month(MARCH).chain("NOBODY") == ("NOBODY",)
    assert city.name_of("NOBODY", BEGIN) == ""


@pytest.mark.parametrize(
    ("change", "main"),
    [(date(2026, 3, 16), "B"), (date(2026, 3, 17), "A"), (date(2026, 4, 16), "A"), (date(2026, 3, 1), "B")],
)
def test_the_main_post_is_the_one_of_most_days(change: date, main: str) -> None:
    city = organize([unit("A"), unit("B")], [officer("o", post("A", end=change), post("B", begin=change))])
    assert city.month(MARCH).main_posts["o"].unit_id == main


def test_of_posts_with_as_many_days_the_later_is_the_main_post() -> None:
    change = date(2026, 4, 16)
    moves = officer("moves", post("B", end=change), post("A", begin=change))
    both = officer("both", post("A", begin=date(2026, 1, 1)), post("B"))
    month = organize([unit("A"), unit("B")], [moves, both]).month(APRIL)
    assert {one: held.unit_id for one, held in month.main_posts.items()} == {"moves": "A", "both": "A"}


def test_who_had_no_post_in_the_month_has_no_main_post() -> None:
    left = officer("left", post("A", end=date(2026, 3, 1)))
    coming = officer("coming", post("A", begin=date(2026, 4, 1)))
    month = organize([unit("A")], [left, coming]).month(MARCH)
    assert dict(month.main_posts) == {}
    assert month.role_of("left") is None


def people() -> list[Officer]:
    return [
        officer("chairman", post("HUE", "head")),
        officer("director", post("A", "head")),
        officer("deputy-x", post("A", "deputy", field=("X",))),
        officer("deputy-y", post("A", "deputy", field=("A", "Y"))),
        officer("head-x", post("X", "head")),
        officer("head-y", post("Y", "head")),
        officer("clerk-a", post("A")),
        officer("clerk-x", post("X")),
        officer("clerk-y", post("Y")),
    ]


UNITS = [unit("A"), unit("X", "A"), unit("Y", "A")]


def test_a_head_answers_for_everyone_in_the_unit_and_below_but_themselves() -> None:
    month = organize(UNITS, people()).month(MARCH)
    everyone = {one.officer_id for one in people()}
    assert month.answers_for("chairman") == everyone - {"chairman"}
    assert month.answers_for("director") == everyone - {"chairman", "director"}
    assert month.answers_for("head-x") == {"clerk-x"}
    assert month.answers_for("clerk-x") == set()


def test_a_deputy_answers_for_the_field_but_for_no_other_deputy_and_no_head_of_the_same_unit() -> None:
    month = organize(UNITS, people()).month(MARCH)
    assert month.answers_for("deputy-x") == {"head-x", "clerk-x"}
    assert month.answers_for("deputy-y") == {"head-y", "clerk-y", "head-x", "clerk-x", "clerk-a"}
    assert set(month.leaders_of("clerk-x")) == {"head-x", "deputy-x", "deputy-y", "director", "chairman"}
    assert set(month.leaders_of("deputy-x")) == {"director", "chairman"}


def test_of_two_heads_in_a_month_the_one_of_most_days_led() -> None:
    change = date(2026, 3, 16)
    before, after = officer("before", post("X", "head", end=change)), officer("after", post("X", "head", begin=change))
    month = organize(UNITS, [before, after, officer("clerk", post("X"))]).month(MARCH)
    assert (month.role_of("before"), month.role_of("after")) == ("staff", "head")
    assert month.answers_for("after") == {"before", "clerk"}
    assert month.answers_for("before") == set()


def test_an_officer_counts_where_the_main_post_is() -> None:
    change = date(2026, 3, 10)
    moves = officer("moves", post("X", end=change), post("Y", begin=change))
    month = organize(UNITS, [*people(), moves]).month(MARCH)
    assert "moves" in month.answers_for("head-y")
    assert "moves" not in month.answers_for("head-x")


@pytest.mark.parametrize(
    ("leaves", "whole"),
    [
        ((leave(date(2026, 3, 1), date(2026, 4, 1)),), True),
        ((leave(date(2026, 2, 1), None),), True),
        # The month ends on a Tuesday; it begins with a Sunday.
        ((leave(date(2026, 3, 2), date(2026, 4, 1)),), True),
        ((leave(date(2026, 3, 3), date(2026, 4, 1)),), False),
        ((leave(date(2026, 3, 1), date(2026, 3, 31)),), False),
        # Two leaves with only a week-end between them.
        ((leave(date(2026, 3, 1), date(2026, 3, 14)), leave(date(2026, 3, 16), date(2026, 4, 1))), True),
        ((leave(date(2026, 3, 1), date(2026, 3, 14)), leave(date(2026, 3, 17), date(2026, 4, 1))), False),
        ((), False),
    ],
)
def test_a_whole_month_of_leave_is_leave_on_every_working_day(leaves: tuple[Leave, ...], whole: bool) -> None:
    city = organize([unit("A")], [officer("o", post("A"), leaves=leaves)])
    assert city.month(MARCH).on_leave_all_month("o") is whole


def test_working_days_are_those_of_the_calendar() -> None:
    city = organize([])
    assert len(city.working_days(MARCH)) == 22
    assert city.working_days(MARCH)[0] == date(2026, 3, 2)
    assert city.working_days(MARCH)[-1] == date(2026, 3, 31)


def test_heads_above_are_those_of_the_day() -> None:
    change = date(2026, 3, 16)
    old, new = officer("old", post("X", "head", end=change)), officer("new", post("X", "head", begin=change))
    staff = [one for one in people() if one.officer_id != "head-x"]
    city = organize(UNITS, [*staff, old, new])
    assert city.heads_above("clerk-x", date(2026, 3, 15)) == {"old", "director", "chairman"}
    assert city.heads_above("clerk-x", change) == {"new", "director", "chairman"}
    assert city.heads_above("new", change) == {"director", "chairman"}
    assert city.heads_above("X", change) == {"new", "director", "chairman"}
    assert city.heads_above("chairman", change) == set()


@pytest.mark.parametrize("month", [MARCH, APRIL])
def test_a_month_is_worked_out_once(month: Month) -> None:
    city = organize(UNITS, people())
    assert city.month(month) is city.month(month)


def test_the_order_of_units_and_officers_changes_nothing() -> None:
    one, other = organize(UNITS, people()), organize(UNITS[::-1], people()[::-1])
    for subject in people():
        key = subject.officer_id
        assert one.month(MARCH).answers_for(key) == other.month(MARCH).answers_for(key)
    assert one.month(MARCH).children("A") == other.month(MARCH).children("A") == ("X", "Y")


def test_a_role_that_is_not_known_counts_as_staff() -> None:
    clerk = people()[7]
    city = organize(UNITS, [*people()[:7], replace(clerk, posts=(post("X", ""),))])
    assert city.month(MARCH).role_of("clerk-x") == "staff"
