"""What stands beside scores for comparison: small samples, kinds of post, medians."""

from collections.abc import Sequence
from datetime import date

import pytest

from evaluation.domain.comparing import find_peers, items_due, items_overdue, median
from evaluation.domain.organization import Officer, Organization, Post, Unit, UnitVersion
from evaluation.domain.periods import month_index

MARCH = month_index(2026, 3)
BEGIN = date(2025, 7, 1)


@pytest.mark.parametrize(
    ("points", "expected"),
    [([7000], 7000), ([9000, 5000, 7000], 7000), ([7000, 7001], 7001), ([7000, 7002], 7001), ([0, 1, 2, 9000], 2)],
)
def test_the_median_is_the_one_in_the_middle_or_half_of_two_rounded_half_up(
    points: Sequence[int], expected: int
) -> None:
    assert median(points) == expected


def test_what_came_in_open_is_due_and_overdue_and_requests_are_neither() -> None:
    measures = {"work_due_items": 7, "work_missed_items": 2, "work_carried_items": 3, "request_due_items": 9}
    assert (items_due(measures), items_overdue(measures)) == (10, 5)


def unit(unit_id: str, kind: str) -> Unit:
    return Unit(unit_id=unit_id, kind=kind, versions=(UnitVersion(valid_from=BEGIN, name=unit_id, parent_id=""),))


def officer(officer_id: str, unit_id: str, role: str) -> Officer:
    post = Post(post_id=officer_id, unit_id=unit_id, role=role, valid_from=BEGIN)
    return Officer(officer_id=officer_id, full_name=officer_id, posts=(post,))


@pytest.fixture
def organization() -> Organization:
    """Two departments, a commune and a place of no known kind."""
    return Organization(
        units=[unit("A", "department"), unit("B", "department"), unit("C", "commune"), unit("X", "")],
        officers=[
            *(officer(f"{unit_id}-head", unit_id, "head") for unit_id in "ABC"),
            *(officer(f"{unit_id}-staff", unit_id, "staff") for unit_id in "ABCX"),
            Officer(officer_id="without", full_name="without"),
        ],
        is_working_day=lambda day: day.weekday() < 5,
    )


@pytest.mark.parametrize(
    ("officer_id", "peers", "name"),
    [
        ("A-head", {"A-head", "B-head"}, "Heads in departments"),
        ("B-staff", {"A-staff", "B-staff"}, "Staff in departments"),
        ("C-staff", {"C-staff"}, "Staff in communes and wards"),
    ],
)
def test_peers_share_the_role_of_the_post_and_the_kind_of_unit(
    organization: Organization, officer_id: str, peers: set[str], name: str
) -> None:
    found = find_peers(organization, officer_id, MARCH)
    assert found is not None
    assert (found[0].en, set(found[1])) == (name, peers)


@pytest.mark.parametrize("officer_id", ["without", "X-staff", "nobody"])
def test_without_a_post_of_a_known_kind_there_are_no_peers(organization: Organization, officer_id: str) -> None:
    assert find_peers(organization, officer_id, MARCH) is None
