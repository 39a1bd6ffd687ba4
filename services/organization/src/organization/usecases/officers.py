"""Changing and reading officers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from organization.domain import officers as officers_domain
from organization.domain.city import heads_as_of, units_led
from organization.domain.officers import Leave, Officer, OfficerCategory, Post, stamp_leaves
from organization.domain.reorganization import known_unit
from organization.domain.sight import Viewer, as_seen_by
from organization.domain.tree import tree_as_of, units_below
from organization.store.officers import find_page, load_head_posts, load_officers
from organization.store.units import load_units
from organization.usecases.changes import Author, changing, keep, reading
from runtime.auth import Caller
from runtime.errors import Conflict, NotFound
from runtime.postgres import Connection, Pool

SEES_ALL = frozenset({"evaluator", "administrator", "service"})


def put_officers(pool: Pool, author: Author, officers: Sequence[Officer]) -> int:
    """Makes each officer what is given, all posts and leaves included; returns how many that changed."""
    with changing(pool) as conn:
        known = load_officers(conn, [officer.officer_id for officer in officers])
        stamped = [stamp_leaves(officer, known.get(officer.officer_id), author.now) for officer in officers]
        return keep(conn, author, officers=stamped)


def register_officer(
    pool: Pool, author: Author, *, officer_id: str, full_name: str, category: OfficerCategory
) -> Officer:
    """Adds a person without a post."""
    with changing(pool) as conn:
        if load_officers(conn, [officer_id]):
            raise Conflict(f"Officer {officer_id} is registered already: choose another id.")
        return _keep_one(conn, author, Officer(officer_id=officer_id, full_name=full_name, category=category))


def appoint_officer(pool: Pool, author: Author, *, officer_id: str, post: Post) -> Officer:
    """Gives an officer one more post."""
    with changing(pool) as conn:
        return _keep_one(conn, author, officers_domain.appoint(_known_officer(conn, officer_id), post))


def transfer_officer(pool: Pool, author: Author, *, officer_id: str, from_unit_id: str, post: Post) -> Officer:
    """Ends an officer's posts in the old unit on the first day of the new post."""
    with changing(pool) as conn:
        officer = _known_officer(conn, officer_id)
        return _keep_one(conn, author, officers_domain.transfer(officer, from_unit_id=from_unit_id, post=post))


def end_post(pool: Pool, author: Author, *, officer_id: str, post_id: str, day: date) -> Officer:
    """Ends a post; the day is the first on which it is no longer held."""
    with changing(pool) as conn:
        officer = _known_officer(conn, officer_id)
        return _keep_one(conn, author, officers_domain.end_post(officer, post_id=post_id, day=day))


def register_leave(pool: Pool, author: Author, *, officer_id: str, leave: Leave) -> Officer:
    """Writes down one more leave of an officer."""
    with changing(pool) as conn:
        officer = officers_domain.register_leave(_known_officer(conn, officer_id), leave)
        return _keep_one(conn, author, stamp_leaves(officer, None, author.now))


def _keep_one(conn: Connection, author: Author, officer: Officer) -> Officer:
    keep(conn, author, officers=[officer])
    return officer


def _known_officer(conn: Connection, officer_id: str) -> Officer:
    officer = load_officers(conn, [officer_id]).get(officer_id)
    if officer is None:
        raise NotFound(f"Officer {officer_id!r} is not registered: look up the id.")
    return officer


def get_officer(pool: Pool, *, officer_id: str, caller: Caller, today: date) -> Officer:
    """The officer as far as the caller may see."""
    with reading(pool) as conn:
        officer = _known_officer(conn, officer_id)
        return as_seen_by(_viewer(conn, caller, today), officer, today=today)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What part of a list is wanted: at most `size` officers after the id `after`. With a unit, only those who have a
    post in it on the day, or below it, unless it is asked for with `own_only`."""

    unit_id: str
    own_only: bool
    day: date
    after: str
    size: int


def list_officers(pool: Pool, page: Page, *, caller: Caller, today: date) -> tuple[list[Officer], str]:
    """A page of officers as far as the caller may see, and the `after` of the next page (empty at the end)."""
    with reading(pool) as conn:
        unit_ids = _units_of(conn, page)
        found = find_page(conn, unit_ids=unit_ids, day=page.day, after=page.after, size=page.size + 1)
        officers = load_officers(conn, found[: page.size])
        viewer = _viewer(conn, caller, today)
    following = found[page.size - 1] if len(found) > page.size else ""
    return [as_seen_by(viewer, officer, today=today) for officer in officers.values()], following


def _units_of(conn: Connection, page: Page) -> frozenset[str] | None:
    if not page.unit_id:
        return None
    units = load_units(conn)
    known_unit(units, page.unit_id)
    if page.own_only:
        return frozenset({page.unit_id})
    return units_below(tree_as_of(units.values(), page.day), page.unit_id)


def _viewer(conn: Connection, caller: Caller, today: date) -> Viewer:
    if caller.roles & SEES_ALL:
        return Viewer(officer_id=caller.officer_id, sees_all=True)
    heads = heads_as_of(load_head_posts(conn), today)
    if caller.officer_id not in heads.values():
        return Viewer(officer_id=caller.officer_id, sees_all=False)
    led = units_led(caller.officer_id, heads, tree_as_of(load_units(conn).values(), today))
    return Viewer(officer_id=caller.officer_id, sees_all=False, led_unit_ids=led)
