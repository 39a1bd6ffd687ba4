"""Who sees the leaves of an officer, cell by cell."""

from datetime import UTC, date, datetime, timedelta

import pytest

from organization.domain.officers import Leave, LeaveKind, Officer, OfficerCategory, Post, PostRole
from organization.domain.sight import Viewer, as_seen_by

TODAY = date(2026, 3, 2)
LEAVE = Leave(
    leave_id="l1",
    kind=LeaveKind.SICK,
    first_day=TODAY,
    last_day=TODAY,
    registered_at=datetime(2026, 3, 2, tzinfo=UTC),
)
POSTS = (
    Post(post_id="p1", unit_id="OLD", role=PostRole.STAFF, valid_from=date(2025, 7, 1), valid_to=TODAY),
    Post(post_id="p2", unit_id="NOW", role=PostRole.STAFF, valid_from=TODAY),
    Post(post_id="p3", unit_id="NEXT", role=PostRole.STAFF, valid_from=TODAY + timedelta(days=1)),
)
AN = Officer(officer_id="an", full_name="An", category=OfficerCategory.CIVIL_SERVANT, posts=POSTS, leaves=(LEAVE,))


@pytest.mark.parametrize(
    ("viewer", "sees"),
    [
        (Viewer(officer_id="an", sees_all=False), True),
        (Viewer(officer_id="", sees_all=True), True),
        (Viewer(officer_id="head", sees_all=False, led_unit_ids=frozenset({"NOW", "X"})), True),
        (Viewer(officer_id="peer", sees_all=False), False),
        (Viewer(officer_id="head", sees_all=False, led_unit_ids=frozenset({"OLD"})), False),
        (Viewer(officer_id="head", sees_all=False, led_unit_ids=frozenset({"NEXT"})), False),
        (Viewer(officer_id="", sees_all=False), False),
    ],
)
def test_leaves_are_for_oneself_todays_heads_and_those_who_see_all(viewer: Viewer, sees: bool) -> None:
    seen = as_seen_by(viewer, AN, today=TODAY)
    assert seen.leaves == ((LEAVE,) if sees else ())
    assert (seen.full_name, seen.posts) == ("An", POSTS)


def test_two_without_an_officer_id_are_not_the_same_person() -> None:
    nobody = Officer(officer_id="", full_name="An", category=OfficerCategory.CIVIL_SERVANT, leaves=(LEAVE,))
    assert as_seen_by(Viewer(officer_id="", sees_all=False), nobody, today=TODAY).leaves == ()
