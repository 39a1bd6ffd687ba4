"""The tree of units, the officers and their posts, as far as scores need them: as of a day, and as of a month.

Periods of days are half-open; without `valid_to` they are still in force.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from evaluation.domain.periods import Month

HEAD: Final = "head"
DEPUTY: Final = "deputy"
STAFF: Final = "staff"
_RANKS: Final = {STAFF: 0, DEPUTY: 1, HEAD: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitVersion:
    """A unit from `valid_from` until before `valid_to`; the city has no parent ("")."""

    valid_from: date
    valid_to: date | None = None
    name: str
    parent_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit with its whole history."""

    unit_id: str
    kind: str
    versions: tuple[UnitVersion, ...]
    successor_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post of an officer in a unit; a deputy answers for the units of the field (Decree 335/2025, Article 15.4)."""

    post_id: str
    unit_id: str
    role: str
    valid_from: date
    valid_to: date | None = None
    field_unit_ids: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Days off, from `valid_from` until before `valid_to`."""

    leave_id: str
    kind: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """A person with all their posts and leaves."""

    officer_id: str
    full_name: str
    category: str = ""
    posts: tuple[Post, ...] = ()
    leaves: tuple[Leave, ...] = ()


def in_force(period: UnitVersion | Post | Leave, day: date) -> bool:
    """Whether the day lies in the period."""
    return period.valid_from <= day and (period.valid_to is None or day < period.valid_to)


def first_day(month: Month) -> date:
    """The first day of a month."""
    return date(month // 12, month % 12 + 1, 1)


def last_day(month: Month) -> date:
    """The last day of a month."""
    return first_day(month + 1) - timedelta(days=1)


class Organization:
    """All units and officers, indexed once; what a month needs is worked out at the first question and kept."""

    def __init__(
        self, *, units: Iterable[Unit], officers: Iterable[Officer], is_working_day: Callable[[date], bool]
    ) -> None:
        self.units: Mapping[str, Unit] = {unit.unit_id: unit for unit in units}
        self.officers: Mapping[str, Officer] = {officer.officer_id: officer for officer in officers}
        self._is_working_day = is_working_day
        self._heads: dict[str, list[tuple[str, Post]]] = defaultdict(list)
        for officer in self.officers.values():
            for post in officer.posts:
                if post.role == HEAD:
                    self._heads[post.unit_id].append((officer.officer_id, post))
        self._months: dict[Month, OrganizationMonth] = {}

    def parent_of(self, unit_id: str, day: date) -> str | None:
        """The unit directly above as of the day; None for the city and for units not in force."""
        version = self._version(unit_id, day)
        return version.parent_id or None if version and in_force(version, day) else None

    def name_of(self, unit_id: str, day: date) -> str:
        """The unit's name on the day (of a closed unit the last, of a coming one the first); "" for unknown units."""
        version = self._version(unit_id, day)
        return version.name if version else ""

    def chain(self, unit_id: str, day: date) -> tuple[str, ...]:
        """The unit and all above it, the city last, as of the day; a unit closed by then is below its last parent."""
        chain = [unit_id]
        while (version := self._version(chain[-1], day)) and version.parent_id in self.units:
            if version.parent_id in chain:
                break
            chain.append(version.parent_id)
        return tuple(chain)

    def heads_above(self, subject_id: str, day: date) -> frozenset[str]:
        """Who heads the unit (or a unit where the officer has a post) or one above on the day; never oneself."""
        officer = self.officers.get(subject_id)
        units = [post.unit_id for post in officer.posts if in_force(post, day)] if officer else [subject_id]
        above = {unit for own in units for unit in self.chain(own, day)}
        heads = {head for unit in above for head, post in self._heads.get(unit, ()) if in_force(post, day)}
        return frozenset(heads - {subject_id})

    def working_days(self, month: Month) -> tuple[date, ...]:
        """The working days of a month."""
        days = range((first_day(month + 1) - first_day(month)).days)
        return tuple(day for n in days if self._is_working_day(day := first_day(month) + timedelta(days=n)))

    def month(self, month: Month) -> "OrganizationMonth":
        """What holds for a month as a whole."""
        known = self._months.get(month)
        if known is None:
            known = self._months[month] = OrganizationMonth(self, month)
        return known

    def _version(self, unit_id: str, day: date) -> UnitVersion | None:
        """The version in force on the day, else the last one before, else the first."""
        unit = self.units.get(unit_id)
        if unit is None or not unit.versions:
            return None
        begun = [version for version in unit.versions if version.valid_from <= day]
        if begun:
            return max(begun, key=lambda version: version.valid_from)
        return min(unit.versions, key=lambda version: version.valid_from)


class OrganizationMonth:
    """The organization in a month M: the tree as of its last day, main posts, who answers for whom, leave."""

    def __init__(self, organization: Organization, month: Month) -> None:
        self.month = month
        self._organization = organization
        self._first, self._last = first_day(month), last_day(month)
        self._working_days = organization.working_days(month)
        self._chains = {unit_id: organization.chain(unit_id, self._last) for unit_id in organization.units}
        self._below: dict[str, set[str]] = defaultdict(set)
        for unit_id, chain in self._chains.items():
            for above in chain:
                self._below[above].add(unit_id)
        # The units that are in force on a day of M, and the officers with a post in M: they have scores, work or not.
        self.units = frozenset(unit_id for unit_id, unit in organization.units.items() if self._touches(unit.versions))
        self.main_posts: Mapping[str, Post] = {
            officer_id: post
            for officer_id, officer in organization.officers.items()
            if (post := self._main_post(officer))
        }
        self._members: dict[str, list[str]] = defaultdict(list)
        for officer_id, post in self.main_posts.items():
            self._members[post.unit_id].append(officer_id)
        self._roles = self._settle_roles()
        self._answers_for = {leader: self._find_subordinates(leader) for leader in self._roles if self.leads(leader)}
        self._leaders: dict[str, list[str]] = defaultdict(list)
        for leader, subordinates in self._answers_for.items():
            for officer_id in subordinates:
                self._leaders[officer_id].append(leader)

    def chain(self, unit_id: str) -> tuple[str, ...]:
        """The unit and all above it, the city last, as of the last day of M; a closed unit is below its last parent."""
        return self._chains.get(unit_id, (unit_id,))

    def below(self, unit_id: str) -> frozenset[str]:
        """The unit and all units below it."""
        return frozenset(self._below.get(unit_id, {unit_id}))

    def children(self, unit_id: str) -> tuple[str, ...]:
        """The units directly below."""
        return tuple(sorted(one for one in self._below.get(unit_id, ()) if self._chains[one][1:2] == (unit_id,)))

    def role_of(self, officer_id: str) -> str | None:
        """What the officer counts as in M, by their main post; None without a post in M."""
        return self._roles.get(officer_id)

    def leads(self, officer_id: str) -> bool:
        """Whether the officer counts as a head or deputy."""
        return self._roles.get(officer_id) in (HEAD, DEPUTY)

    def answers_for(self, officer_id: str) -> frozenset[str]:
        """The officers whose points are the officer's d (Article 15.3.a, 15.4)."""
        return self._answers_for.get(officer_id, frozenset())

    def leaders_of(self, officer_id: str) -> tuple[str, ...]:
        """The heads and deputies who answer for the officer."""
        return tuple(self._leaders.get(officer_id, ()))

    def on_leave_all_month(self, officer_id: str) -> bool:
        """Whether the officer is on leave on every working day of M (L12)."""
        officer = self._organization.officers.get(officer_id)
        if officer is None or not officer.leaves or not self._working_days:
            return False
        return all(any(in_force(leave, day) for leave in officer.leaves) for day in self._working_days)

    def name_of(self, unit_id: str) -> str:
        """The unit's name on the last day of M."""
        return self._organization.name_of(unit_id, self._last)

    def _days(self, period: UnitVersion | Post) -> int:
        """The days of M in a period."""
        end = self._last + timedelta(days=1)
        return (min(period.valid_to or end, end) - max(period.valid_from, self._first)).days

    def _touches(self, versions: Iterable[UnitVersion]) -> bool:
        return any(self._days(version) > 0 for version in versions)

    def _main_post(self, officer: Officer) -> Post | None:
        """The post of most days in M; ties: the later (L14)."""
        held = [post for post in officer.posts if self._days(post) > 0]
        return max(held, key=lambda post: (self._days(post), post.valid_from, post.post_id), default=None)

    def _settle_roles(self) -> dict[str, str]:
        """The roles by main posts. Of several heads of a unit the one of most days has led; ties: the later (L14)."""
        roles = {
            officer_id: post.role if post.role in _RANKS else STAFF for officer_id, post in self.main_posts.items()
        }
        for members in self._members.values():
            heads = sorted((one for one in members if roles[one] == HEAD), key=self._time_in_post)
            roles.update(dict.fromkeys(heads[:-1], STAFF))
        return roles

    def _time_in_post(self, officer_id: str) -> tuple[int, date, str]:
        post = self.main_posts[officer_id]
        return self._days(post), post.valid_from, officer_id

    def _find_subordinates(self, leader: str) -> frozenset[str]:
        post = self.main_posts[leader]
        roots = (post.unit_id,) if self._roles[leader] == HEAD else post.field_unit_ids
        units = {unit_id for root in roots for unit_id in self.below(root)}
        found = {officer_id for unit_id in units for officer_id in self._members.get(unit_id, ())}
        rank = self._rank(leader)
        return frozenset(officer_id for officer_id in found if self._rank(officer_id) < rank)

    def _rank(self, officer_id: str) -> tuple[int, int]:
        """Nobody answers for someone of the same or a higher rank, so that d never goes round in a circle."""
        height = -len(self.chain(self.main_posts[officer_id].unit_id))
        return height, _RANKS[self._roles[officer_id]]
