"""What stands beside scores so that people can compare them (docs/scoring.md, section 5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from evaluation.domain.organization import DEPUTY, HEAD, STAFF, Organization
from evaluation.domain.periods import Month
from evaluation.domain.policies import Text

_ROLES: Final = {
    HEAD: Text(vi="Người đứng đầu", en="Heads"),
    DEPUTY: Text(vi="Cấp phó của người đứng đầu", en="Deputies"),
    STAFF: Text(vi="Người không giữ chức vụ lãnh đạo", en="Staff"),
}
_KINDS: Final = {
    "city": Text(vi="thành phố", en="the city"),
    "department": Text(vi="sở, ban, ngành", en="departments"),
    "commune": Text(vi="xã, phường", en="communes and wards"),
    "division": Text(vi="phòng, đơn vị trực thuộc", en="divisions"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How much a comparison needs; local defaults, a city changes them in the settings."""

    # With fewer items due, a month is a small sample.
    least_items: int = 5
    # With fewer others there is no median: one could be told from it.
    least_others: int = 5


def items_due(measures: Mapping[str, int]) -> int:
    """The items of which the overdue share is a share; `measures` has the names of expressions."""
    return measures.get("work_due_items", 0) + measures.get("work_carried_items", 0)


def items_overdue(measures: Mapping[str, int]) -> int:
    """Those of them that were missed or came in open."""
    return measures.get("work_missed_items", 0) + measures.get("work_carried_items", 0)


def find_peers(organization: Organization, officer_id: str, month: Month) -> tuple[Text, frozenset[str]] | None:
    """Who has the same kind of post in a month, the officer included, and what it is called; None without a post."""
    kind = _kind_of_post(organization, officer_id, month)
    if kind is None:
        return None
    peers = {one for one in organization.month(month).main_posts if _kind_of_post(organization, one, month) == kind}
    role, unit_kind = _ROLES[kind[0]], _KINDS[kind[1]]
    name = Text(vi=f"{role.vi} tại {unit_kind.vi}", en=f"{role.en} in {unit_kind.en}")
    return name, frozenset(peers)


def median(points: Sequence[int]) -> int:
    """The median of at least one number of hundredths, rounded half up."""
    ordered, middle = sorted(points), len(points) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle] + 1) // 2


def _kind_of_post(organization: Organization, officer_id: str, month: Month) -> tuple[str, str] | None:
    """The role of the main post and the kind of its unit."""
    tree = organization.month(month)
    post, role = tree.main_posts.get(officer_id), tree.role_of(officer_id)
    unit = organization.units.get(post.unit_id) if post else None
    return (role, unit.kind) if role and unit and unit.kind in _KINDS else None
