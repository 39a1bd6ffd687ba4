"""A person with all their posts and leaves, and what can happen to them on a day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from organization.domain.names import check_id, check_name, check_text
from organization.domain.periods import check_direction, end_of, in_force, in_order, in_words
from runtime.errors import Conflict, InvalidInput, NotFound


class OfficerCategory(StrEnum):
    """Group of people; each can have its own rules of evaluation."""

    CADRE = "cadre"
    CIVIL_SERVANT = "civil_servant"
    PUBLIC_EMPLOYEE = "public_employee"
    CONTRACT = "contract"


class PostRole(StrEnum):
    """What a person is in a unit."""

    HEAD = "head"
    DEPUTY = "deputy"
    STAFF = "staff"


class LeaveKind(StrEnum):
    """Why a person is away."""

    ANNUAL = "annual"
    SICK = "sick"
    MATERNITY = "maternity"
    UNPAID = "unpaid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A place in a unit over a half-open period. `field_unit_ids`: the units that a deputy answers for
    (Decree 335/2025, Article 15.4). `post_id` is unique within the officer."""

    post_id: str
    unit_id: str
    role: PostRole
    valid_from: date
    valid_to: date | None = None
    field_unit_ids: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Days off, the first and the last both included. `leave_id` is unique within the officer; `registered_at` is
    missing only until it is written down."""

    leave_id: str
    kind: LeaveKind
    first_day: date
    last_day: date
    registered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """A person; posts in order of their first day and id, leaves in order of their first day."""

    officer_id: str
    full_name: str
    category: OfficerCategory
    posts: tuple[Post, ...] = ()
    leaves: tuple[Leave, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPost:
    """A post with the id of its holder."""

    officer_id: str
    post: Post

    @property
    def valid_from(self) -> date:
        """First day of the post."""
        return self.post.valid_from

    @property
    def valid_to(self) -> date | None:
        """First day on which it is no longer held; none while it is."""
        return self.post.valid_to


def held_posts(officers: Iterable[Officer]) -> list[HeldPost]:
    """All posts of the officers."""
    return [HeldPost(officer_id=officer.officer_id, post=post) for officer in officers for post in officer.posts]


def canonical(officer: Officer) -> Officer:
    """The one way to write the officer: posts, fields and leaves in order."""
    posts = (replace(post, field_unit_ids=tuple(sorted(set(post.field_unit_ids)))) for post in officer.posts)
    return replace(
        officer,
        posts=in_order(sorted(posts, key=lambda post: post.post_id)),
        leaves=tuple(sorted(officer.leaves, key=lambda leave: (leave.first_day, leave.leave_id))),
    )


def appoint(officer: Officer, post: Post) -> Officer:
    """Gives the officer one more post."""
    if any(held.post_id == post.post_id for held in officer.posts):
        raise Conflict(f"Officer {officer.officer_id} has a post {post.post_id} already: give the new one its own id.")
    return canonical(replace(officer, posts=(*officer.posts, post)))


def end_post(officer: Officer, *, post_id: str, day: date) -> Officer:
    """Ends a post: the day is the first on which it is no longer held."""
    if all(post.post_id != post_id for post in officer.posts):
        raise NotFound(f"Officer {officer.officer_id} has no post {post_id}: look up the officer's posts.")
    posts = (_ended(post, day) if post.post_id == post_id else post for post in officer.posts)
    return replace(officer, posts=tuple(posts))


def transfer(officer: Officer, *, from_unit_id: str, post: Post) -> Officer:
    """Ends the officer's posts in the old unit on the first day of the new post, and gives the new post."""
    day = post.valid_from
    held = [old for old in officer.posts if old.unit_id == from_unit_id and end_of(old) > day]
    if not any(in_force(old, day) for old in held):
        raise InvalidInput(
            f"Officer {officer.officer_id} has no post in unit {from_unit_id} on {day}: name a unit that they leave.",
            field="from_unit_id",
        )
    if planned := [old for old in held if old.valid_from >= day]:
        raise InvalidInput(
            f"Officer {officer.officer_id} has post {planned[0].post_id} in unit {from_unit_id} "
            f"{in_words(planned[0])}: transfer them on a day after it has begun.",
            field="valid_from",
        )
    posts = (_ended(old, day) if old in held else old for old in officer.posts)
    return appoint(replace(officer, posts=tuple(posts)), post)


def _ended(post: Post, day: date) -> Post:
    ended = replace(post, valid_to=day)
    check_direction(ended, f"Post {post.post_id} in unit {post.unit_id}")
    return ended


def register_leave(officer: Officer, leave: Leave) -> Officer:
    """Writes down one more leave."""
    if any(known.leave_id == leave.leave_id for known in officer.leaves):
        raise Conflict(f"Officer {officer.officer_id} has leave {leave.leave_id} already: give this one its own id.")
    return canonical(replace(officer, leaves=(*officer.leaves, leave)))


def stamp_leaves(officer: Officer, known: Officer | None, now: datetime) -> Officer:
    """Gives leaves that do not say when they were registered the known time, or else `now`."""
    times = {leave.leave_id: leave.registered_at for leave in known.leaves} if known else {}
    stamped = (
        leave if leave.registered_at else replace(leave, registered_at=times.get(leave.leave_id) or now)
        for leave in officer.leaves
    )
    return replace(officer, leaves=tuple(stamped))


def rehome(officer: Officer, *, homes: Mapping[str, str], fields: Mapping[str, tuple[str, ...]], day: date) -> Officer:
    """Follows units that close on the day: their posts go on in `homes[closed unit]`, and a deputy's field names
    `fields[closed unit]` instead. A post that has begun is ended on the day and goes on as `<post_id>@<day>`."""
    posts: list[Post] = []
    for post in officer.posts:
        touched = post.unit_id in homes or not fields.keys().isdisjoint(post.field_unit_ids)
        if not touched or end_of(post) <= day:
            posts.append(post)
        elif post.valid_from >= day:
            posts.append(_in_new_home(post, homes, fields))
        else:
            goes_on = replace(post, post_id=f"{post.post_id}@{day}", valid_from=day)
            posts += [replace(post, valid_to=day), _in_new_home(goes_on, homes, fields)]
    return canonical(replace(officer, posts=tuple(posts)))


def _in_new_home(post: Post, homes: Mapping[str, str], fields: Mapping[str, tuple[str, ...]]) -> Post:
    field_units = tuple(unit_id for old in post.field_unit_ids for unit_id in fields.get(old, (old,)))
    return replace(post, unit_id=homes.get(post.unit_id, post.unit_id), field_unit_ids=field_units)


def check_officer(officer: Officer) -> None:
    """Refuses an officer whose own record makes no sense; `city.check_posts` looks at the units."""
    check_id(officer.officer_id, "officer_id")
    check_name(officer.full_name, place=f"Officer {officer.officer_id}", field="full_name")
    _check_unique((post.post_id for post in officer.posts), officer, "post_id")
    _check_unique((leave.leave_id for leave in officer.leaves), officer, "leave_id")
    for post in officer.posts:
        _check_post(post, officer)
    _check_leaves(officer)


def _check_unique(ids: Iterable[str], officer: Officer, field: str) -> None:
    seen: set[str] = set()
    for value in ids:
        check_id(value, field)
        if value in seen:
            raise InvalidInput(f"Officer {officer.officer_id} has {field} {value} twice: give each one.", field=field)
        seen.add(value)


def _check_post(post: Post, officer: Officer) -> None:
    place = f"Post {post.post_id} of officer {officer.officer_id}"
    check_direction(post, place)
    check_text(post.title, place=place, field="title")
    if post.field_unit_ids and post.role is not PostRole.DEPUTY:
        raise InvalidInput(f"{place} is a {post.role} with a field: only a deputy has one.", field="field_unit_ids")


def _check_leaves(officer: Officer) -> None:
    before: Leave | None = None
    for leave in sorted(officer.leaves, key=lambda leave: leave.first_day):
        place = f"Leave {leave.leave_id} of officer {officer.officer_id}"
        if leave.last_day < leave.first_day:
            raise InvalidInput(
                f"{place} ends on {leave.last_day} but begins on {leave.first_day}: let the last day be no earlier.",
                field="last_day",
            )
        if before and leave.first_day <= before.last_day:
            raise InvalidInput(
                f"{place} begins on {leave.first_day}, when leave {before.leave_id} still runs to {before.last_day}: "
                "let them follow each other.",
                field="first_day",
            )
        before = leave
