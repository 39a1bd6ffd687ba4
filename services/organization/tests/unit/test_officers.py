"""A person's posts and leaves."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organization.domain.officers import (
    Leave,
    LeaveKind,
    Officer,
    OfficerCategory,
    Post,
    PostRole,
    appoint,
    canonical,
    check_officer,
    end_post,
    register_leave,
    rehome,
    stamp_leaves,
    transfer,
)
from organization.domain.periods import in_force
from runtime.errors import Conflict, InvalidInput, NotFound

START = date(2025, 7, 1)
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def post(
    post_id: str = "p1",
    unit_id: str = "SNV",
    *,
    begins: str = "2025-07-01",
    ends: str = "",
    role: PostRole = PostRole.STAFF,
    field: tuple[str, ...] = (),
) -> Post:
    return Post(
        post_id=post_id,
        unit_id=unit_id,
        role=role,
        valid_from=date.fromisoformat(begins),
        valid_to=date.fromisoformat(ends) if ends else None,
        field_unit_ids=field,
    )


def leave(leave_id: str, first_day: str, last_day: str, registered_at: datetime | None = NOW) -> Leave:
    return Leave(
        leave_id=leave_id,
        kind=LeaveKind.ANNUAL,
        first_day=date.fromisoformat(first_day),
        last_day=date.fromisoformat(last_day),
        registered_at=registered_at,
    )


def officer(*posts: Post, leaves: tuple[Leave, ...] = ()) -> Officer:
    return Officer(
        officer_id="HUE-00001",
        full_name="Nguyễn Văn An",
        category=OfficerCategory.CIVIL_SERVANT,
        posts=posts,
        leaves=leaves,
    )


def units_on(person: Officer, day: date) -> set[str]:
    return {held.unit_id for held in person.posts if in_force(held, day)}


def test_a_person_holds_several_posts_at_once() -> None:
    person = appoint(officer(post("p1", "SNV")), post("p2", "19753", role=PostRole.HEAD))
    check_officer(person)
    assert units_on(person, START) == {"SNV", "19753"}


def test_a_second_post_with_the_same_id_is_refused() -> None:
    with pytest.raises(Conflict, match="has a post p1 already"):
        appoint(officer(post("p1")), post("p1", "19753"))


def test_a_transfer_in_mid_month_ends_the_old_post_on_the_day_that_the_new_one_begins() -> None:
    person = transfer(officer(post("p1", "SNV")), from_unit_id="SNV", post=post("p2", "19753", begins="2026-03-16"))
    assert units_on(person, date(2026, 3, 15)) == {"SNV"}
    assert units_on(person, date(2026, 3, 16)) == {"19753"}


def test_a_transfer_leaves_posts_in_other_units_and_posts_that_are_over_alone() -> None:
    over, elsewhere = post("p0", "SNV", begins="2025-01-01", ends="2025-07-01"), post("p3", "19774")
    person = transfer(
        officer(over, post("p1", "SNV"), elsewhere), from_unit_id="SNV", post=post("p2", "19753", begins="2026-03-16")
    )
    assert over in person.posts
    assert elsewhere in person.posts


@pytest.mark.parametrize(("unit_id", "day"), [("19774", "2026-03-16"), ("SNV", "2025-06-30"), ("SNV", "2026-05-01")])
def test_a_transfer_out_of_a_unit_where_the_person_is_not_on_that_day_is_refused(unit_id: str, day: str) -> None:
    person = officer(post("p1", "SNV", ends="2026-05-01"))
    with pytest.raises(InvalidInput, match=f"has no post in unit {unit_id} on {day}"):
        transfer(person, from_unit_id=unit_id, post=post("p2", "19753", begins=day))


def test_a_transfer_does_not_drop_a_post_that_begins_later_in_the_old_unit() -> None:
    person = officer(post("p1", "SNV"), post("p2", "SNV", begins="2026-05-01"))
    with pytest.raises(InvalidInput, match="has post p2 in unit SNV from 2026-05-01"):
        transfer(person, from_unit_id="SNV", post=post("p3", "19753", begins="2026-03-16"))


def test_an_ended_post_is_held_for_the_last_time_the_day_before() -> None:
    person = end_post(officer(post()), post_id="p1", day=date(2026, 3, 16))
    assert units_on(person, date(2026, 3, 15)) == {"SNV"}
    assert units_on(person, date(2026, 3, 16)) == set()


def test_a_post_cannot_end_before_it_has_begun() -> None:
    with pytest.raises(InvalidInput, match="ends on 2025-07-01 but begins on 2025-07-01"):
        end_post(officer(post()), post_id="p1", day=START)


def test_a_post_that_the_person_does_not_have_cannot_end() -> None:
    with pytest.raises(NotFound, match="has no post p9"):
        end_post(officer(post()), post_id="p9", day=START)


def test_leaves_may_follow_each_other_without_a_day_between() -> None:
    person = register_leave(
        officer(leaves=(leave("l1", "2026-03-02", "2026-03-04"),)), leave("l2", "2026-03-05", "2026-03-05")
    )
    check_officer(person)
    assert [known.leave_id for known in person.leaves] == ["l1", "l2"]


@pytest.mark.parametrize(
    ("first_day", "last_day"),
    [
        ("2026-03-04", "2026-03-06"),
        ("2026-03-01", "2026-03-02"),
        ("2026-03-03", "2026-03-03"),
        ("2026-03-01", "2026-03-09"),
    ],
)
def test_leave_that_shares_a_day_with_another_is_refused(first_day: str, last_day: str) -> None:
    person = register_leave(
        officer(leaves=(leave("l1", "2026-03-02", "2026-03-04"),)), leave("l2", first_day, last_day)
    )
    with pytest.raises(InvalidInput, match="still runs to"):
        check_officer(person)


def test_leave_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InvalidInput, match="ends on 2026-03-01 but begins on 2026-03-02"):
        check_officer(officer(leaves=(leave("l1", "2026-03-02", "2026-03-01"),)))


def test_a_leave_registered_twice_is_refused() -> None:
    with pytest.raises(Conflict, match="has leave l1 already"):
        register_leave(
            officer(leaves=(leave("l1", "2026-03-02", "2026-03-04"),)), leave("l1", "2026-04-02", "2026-04-04")
        )


def test_leave_without_a_time_of_registration_keeps_the_known_one_or_gets_the_present() -> None:
    known = officer(leaves=(leave("l1", "2026-03-02", "2026-03-04"),))
    wanted = officer(
        leaves=(leave("l1", "2026-03-02", "2026-03-04", None), leave("l2", "2026-04-01", "2026-04-01", None))
    )
    stamped = stamp_leaves(wanted, known, NOW + timedelta(days=9))
    assert [item.registered_at for item in stamped.leaves] == [NOW, NOW + timedelta(days=9)]


@pytest.mark.parametrize(
    ("person", "sentence"),
    [
        (replace(officer(), full_name="  "), "HUE-00001 has no full_name"),
        (replace(officer(), full_name="x" * 301), "HUE-00001 has no usable full_name: give at most 300"),
        (replace(officer(), full_name="An\x00"), "HUE-00001 has no usable full_name"),
        (replace(officer(), officer_id=""), "officer_id is ''"),
        (officer(replace(post(), title="\n")), "Post p1 of officer HUE-00001 has no usable title"),
        (officer(post("p1"), post("p1", "19753")), "has post_id p1 twice"),
        (officer(post("")), "post_id is ''"),
        (officer(post(begins="2026-01-01", ends="2025-01-01")), "ends on 2025-01-01 but begins on 2026-01-01"),
        (officer(post(role=PostRole.HEAD, field=("SNV",))), "is a head with a field: only a deputy has one"),
    ],
)
def test_a_record_that_makes_no_sense_is_refused(person: Officer, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        check_officer(person)


def test_the_order_of_posts_leaves_and_fields_does_not_matter() -> None:
    first, second = post("p1"), post("p2", begins="2025-08-01", role=PostRole.DEPUTY, field=("B", "A", "B"))
    days_off = leave("l1", "2026-03-02", "2026-03-04"), leave("l2", "2026-04-02", "2026-04-04")
    tidy = canonical(officer(second, first, leaves=days_off[::-1]))
    assert tidy == canonical(officer(first, replace(second, field_unit_ids=("A", "B")), leaves=days_off))


def test_a_post_goes_on_in_the_successor_from_the_day_with_the_same_end() -> None:
    person = rehome(
        officer(post("p1", "OLD", ends="2027-01-01")), homes={"OLD": "NEW"}, fields={}, day=date(2026, 7, 1)
    )
    assert person.posts == (
        post("p1", "OLD", ends="2026-07-01"),
        post("p1@2026-07-01", "NEW", begins="2026-07-01", ends="2027-01-01"),
    )


def test_a_post_that_was_to_begin_later_keeps_its_id_in_the_successor() -> None:
    person = rehome(
        officer(post("p1", "OLD", begins="2026-08-01")), homes={"OLD": "NEW"}, fields={}, day=date(2026, 7, 1)
    )
    assert person.posts == (post("p1", "NEW", begins="2026-08-01"),)


def test_a_post_that_is_over_by_the_day_stays_where_it_was() -> None:
    person = officer(post("p1", "OLD", ends="2026-07-01"))
    assert rehome(person, homes={"OLD": "NEW"}, fields={}, day=date(2026, 7, 1)) == person


def test_a_deputys_field_names_the_successors_from_the_day() -> None:
    person = officer(post("p1", "HUE", role=PostRole.DEPUTY, field=("OLD", "SNV")))
    followed = rehome(person, homes={}, fields={"OLD": ("B", "A")}, day=date(2026, 7, 1))
    assert [(held.valid_from, held.field_unit_ids) for held in followed.posts] == [
        (START, ("OLD", "SNV")),
        (date(2026, 7, 1), ("A", "B", "SNV")),
    ]


@given(
    periods=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40), st.sampled_from(["OLD", "SNV"])), max_size=6),
    offset=st.integers(0, 60),
)
def test_after_a_merger_everybody_is_somewhere_on_exactly_the_days_as_before(
    periods: list[tuple[int, int, str]], offset: int
) -> None:
    day = START + timedelta(days=offset)
    posts = (
        post(f"p{n}", unit, begins=str(START + timedelta(days=begin)), ends=str(START + timedelta(days=begin + length)))
        for n, (begin, length, unit) in enumerate(periods)
    )
    before = officer(*posts)
    after = rehome(before, homes={"OLD": "NEW"}, fields={"OLD": ("NEW",)}, day=day)
    check_officer(after)
    for n in range(90):
        today = START + timedelta(days=n)
        expected = {"NEW" if unit == "OLD" and today >= day else unit for unit in units_on(before, today)}
        assert units_on(after, today) == expected
