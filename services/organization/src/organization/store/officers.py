"""Officers with their posts and leaves."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from organization.domain.officers import (
    HeldPost,
    Leave,
    LeaveKind,
    Officer,
    OfficerCategory,
    Post,
    PostRole,
    canonical,
)
from runtime.postgres import Connection


def load_officers(conn: Connection, officer_ids: Collection[str]) -> dict[str, Officer]:
    """Those of the officers that are known, by id."""
    ids = list(officer_ids)
    people = conn.execute(
        "SELECT officer_id, full_name, category FROM officers WHERE officer_id = ANY(%s) ORDER BY officer_id", (ids,)
    ).fetchall()
    posts = _posts_by_officer(conn, ids)
    leaves = _leaves_by_officer(conn, ids)
    return {
        officer_id: canonical(
            Officer(
                officer_id=officer_id,
                full_name=full_name,
                category=OfficerCategory(category),
                posts=tuple(posts.get(officer_id, ())),
                leaves=tuple(leaves.get(officer_id, ())),
            )
        )
        for officer_id, full_name, category in people
    }


def _posts_by_officer(conn: Connection, officer_ids: Sequence[str]) -> dict[str, list[Post]]:
    rows = conn.execute(
        """
        SELECT officer_id, post_id, unit_id, role, valid_from, valid_to, field_unit_ids, title
        FROM posts WHERE officer_id = ANY(%s)
        """,
        (officer_ids,),
    )
    posts: dict[str, list[Post]] = {}
    for held in map(_held_post, rows):
        posts.setdefault(held.officer_id, []).append(held.post)
    return posts


def _held_post(row: Sequence[Any]) -> HeldPost:
    officer_id, post_id, unit_id, role, valid_from, valid_to, field_unit_ids, title = row
    post = Post(
        post_id=post_id,
        unit_id=unit_id,
        role=PostRole(role),
        valid_from=valid_from,
        valid_to=valid_to,
        field_unit_ids=tuple(field_unit_ids),
        title=title,
    )
    return HeldPost(officer_id=officer_id, post=post)


def _leaves_by_officer(conn: Connection, officer_ids: Sequence[str]) -> dict[str, list[Leave]]:
    rows = conn.execute(
        """
        SELECT officer_id, leave_id, kind, first_day, last_day, registered_at
        FROM leaves WHERE officer_id = ANY(%s)
        """,
        (officer_ids,),
    )
    leaves: dict[str, list[Leave]] = {}
    for officer_id, leave_id, kind, first_day, last_day, registered_at in rows:
        leave = Leave(
            leave_id=leave_id,
            kind=LeaveKind(kind),
            first_day=first_day,
            last_day=last_day,
            registered_at=registered_at,
        )
        leaves.setdefault(officer_id, []).append(leave)
    return leaves


def load_posts_in(conn: Connection, unit_ids: Collection[str]) -> list[HeldPost]:
    """All posts in the units, whenever they are held."""
    rows = conn.execute(
        """
        SELECT officer_id, post_id, unit_id, role, valid_from, valid_to, field_unit_ids, title
        FROM posts WHERE unit_id = ANY(%s) ORDER BY officer_id, post_id
        """,
        (list(unit_ids),),
    )
    return [_held_post(row) for row in rows]


def load_head_posts(conn: Connection) -> list[HeldPost]:
    """The posts of all heads of all units, whenever they are held."""
    rows = conn.execute(
        """
        SELECT officer_id, post_id, unit_id, role, valid_from, valid_to, field_unit_ids, title
        FROM posts WHERE role = 'head' ORDER BY officer_id, post_id
        """
    )
    return [_held_post(row) for row in rows]


def find_concerned(conn: Connection, unit_ids: Collection[str]) -> list[str]:
    """officer_ids of all who ever have a post in one of the units, or one of them as their field."""
    rows = conn.execute(
        "SELECT DISTINCT officer_id FROM posts WHERE unit_id = ANY(%(ids)s) OR field_unit_ids && %(ids)s ORDER BY 1",
        {"ids": list(unit_ids)},
    )
    return [officer_id for (officer_id,) in rows]


def find_page(conn: Connection, *, unit_ids: Collection[str] | None, day: date, after: str, size: int) -> list[str]:
    """The next officer_ids after one, in order; only those with a post in the units on the day, or all when None."""
    rows = conn.execute(
        """
        SELECT officer_id FROM officers
        WHERE officer_id > %(after)s
          AND (%(units)s::text[] IS NULL OR EXISTS (
            SELECT FROM posts
            WHERE posts.officer_id = officers.officer_id AND unit_id = ANY(%(units)s::text[])
              AND valid_from <= %(day)s AND (valid_to IS NULL OR %(day)s < valid_to)))
        ORDER BY officer_id LIMIT %(size)s
        """,
        {"after": after, "units": None if unit_ids is None else list(unit_ids), "day": day, "size": size},
    )
    return [officer_id for (officer_id,) in rows]


def save_officers(conn: Connection, officers: Sequence[Officer]) -> dict[str, int]:
    """Writes the officers as they are now; returns the new revision of each."""
    officer_ids = [officer.officer_id for officer in officers]
    with conn.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO officers (officer_id, full_name, category, revision) VALUES (%s, %s, %s, 1)
            ON CONFLICT (officer_id) DO UPDATE
            SET full_name = excluded.full_name, category = excluded.category, revision = officers.revision + 1
            """,
            [(officer.officer_id, officer.full_name, officer.category) for officer in officers],
        )
    _replace_posts(conn, officers)
    _replace_leaves(conn, officers)
    rows = conn.execute("SELECT officer_id, revision FROM officers WHERE officer_id = ANY(%s)", (officer_ids,))
    return dict(rows.fetchall())


def _replace_posts(conn: Connection, officers: Sequence[Officer]) -> None:
    with conn.cursor() as cursor:
        cursor.execute("DELETE FROM posts WHERE officer_id = ANY(%s)", ([officer.officer_id for officer in officers],))
        cursor.executemany(
            """
            INSERT INTO posts (officer_id, post_id, unit_id, role, valid_from, valid_to, field_unit_ids, title)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
            """,
            list(_post_rows(officers)),
        )


def _post_rows(officers: Iterable[Officer]) -> Iterable[tuple[Any, ...]]:
    for officer in officers:
        for post in officer.posts:
            period = (post.valid_from, post.valid_to)
            fields = list(post.field_unit_ids)
            yield officer.officer_id, post.post_id, post.unit_id, post.role, *period, fields, post.title


def _replace_leaves(conn: Connection, officers: Sequence[Officer]) -> None:
    rows = [
        (officer.officer_id, leave.leave_id, leave.kind, leave.first_day, leave.last_day, leave.registered_at)
        for officer in officers
        for leave in officer.leaves
    ]
    with conn.cursor() as cursor:
        cursor.execute("DELETE FROM leaves WHERE officer_id = ANY(%s)", ([officer.officer_id for officer in officers],))
        cursor.executemany(
            """
            INSERT INTO leaves (officer_id, leave_id, kind, first_day, last_day, registered_at)
            VALUES (%s, %s, %s, %s, %s, %s)
            """,
            rows,
        )
