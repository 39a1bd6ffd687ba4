"""The organization as a month sees it: the tree, posts, leaders, leave."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from oracle.facts import Officer, Organization, Post, Unit
from oracle.months import days_of

WorkingDay = Callable[[date], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyTree:
    """Parents as of the last day of a month, and each officer's post of it; a head's only if nobody was it longer."""

    month: str
    parents: dict[str, str]
    posts: dict[str, Post]

    def chain(self, unit_id: str) -> list[str]:
        """The unit and all above it."""
        found: list[str] = []
        while unit_id and unit_id not in found:
            found.append(unit_id)
            unit_id = self.parents.get(unit_id, "")
        return found

    def direct_units(self, unit_id: str) -> list[str]:
        """The units directly below."""
        return sorted(child for child, parent in self.parents.items() if parent == unit_id)

    def leads(self, officer_id: str) -> bool:
        """Whether the officer is scored as a head or deputy (Decree 335/2025, Articles 15.3 and 15.4; L14)."""
        post = self.posts.get(officer_id)
        return post is not None and post.role in ("head", "deputy")

    def answers_for(self, officer_id: str) -> list[str]:
        """The officers whose points decide this leader's d."""
        own = self.posts[officer_id]
        below = {own.unit_id} if own.role == "head" else set(own.field_unit_ids)
        found = []
        for other, post in sorted(self.posts.items()):
            inside = bool(below.intersection(self.chain(post.unit_id)))
            if inside and self._rank(post) < self._rank(own):
                found.append(other)
        return found

    def _rank(self, post: Post) -> tuple[int, int]:
        """Depth in the tree, then staff, deputy, head; nobody answers for an equal or a higher one."""
        return -len(self.chain(post.unit_id)), ("staff", "deputy", "head").index(post.role)


def tree_of(organization: Organization, month: str) -> MonthlyTree:
    """The organization as seen by a month."""
    last_day = days_of(month)[-1]
    parents = {unit.unit_id: _parent(unit, last_day) for unit in organization.units}
    posts = {}
    for officer in organization.officers:
        post = _post_of(officer, month)
        if post is not None:
            posts[officer.officer_id] = post
    return MonthlyTree(month=month, parents=parents, posts=_without_shorter_heads(posts, month))


def _parent(unit: Unit, day: date) -> str:
    """The parent on the day; of a closed unit the last one, of one not yet established the first."""
    versions = sorted(unit.versions, key=lambda version: version.valid_from)
    begun = [version for version in versions if version.valid_from <= day]
    if begun:
        return begun[-1].parent_id
    return versions[0].parent_id if versions else ""


def days_held(post: Post, month: str) -> int:
    """On how many days of the month the post was held."""
    return sum(1 for day in days_of(month) if post.valid_from <= day and (post.valid_to is None or day < post.valid_to))


def _post_of(officer: Officer, month: str) -> Post | None:
    """The post of most days; ties: the later."""
    held = [post for post in officer.posts if days_held(post, month)]
    return max(held, key=lambda post: (days_held(post, month), post.valid_from, post.post_id), default=None)


def _without_shorter_heads(posts: dict[str, Post], month: str) -> dict[str, Post]:
    """Only one led a unit in a month (L14); who led it for less counts as staff there."""
    longest: dict[str, tuple[int, date, str]] = {}
    for officer_id, post in posts.items():
        if post.role == "head":
            mine = (days_held(post, month), post.valid_from, officer_id)
            longest[post.unit_id] = max(mine, longest.get(post.unit_id, mine))
    return {
        officer_id: _as_staff(post) if post.role == "head" and longest[post.unit_id][2] != officer_id else post
        for officer_id, post in posts.items()
    }


def _as_staff(post: Post) -> Post:
    return Post(
        post_id=post.post_id, unit_id=post.unit_id, role="staff", valid_from=post.valid_from, valid_to=post.valid_to
    )


def is_on_leave_all_month(officer: Officer, month: str, is_working_day: WorkingDay) -> bool:
    """Every working day of the month lies in leave (L12)."""
    worked = [day for day in days_of(month) if is_working_day(day)]
    return all(any(leave.first_day <= day <= leave.last_day for leave in officer.leaves) for day in worked)
