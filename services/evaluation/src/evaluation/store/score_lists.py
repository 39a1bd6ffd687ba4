"""Stored scores in lists: pages, several months, rankings."""

from collections.abc import Sequence

from psycopg.rows import class_row

from evaluation.domain.periods import Month
from evaluation.store.scores import ScoreRow
from runtime.postgres import Connection


def load_ranking(conn: Connection, *, month: Month, policy: str) -> list[str]:
    """Subjects with points in a month by a policy, best first."""
    rows = conn.execute(
        """
        SELECT subject FROM scores
         WHERE month = %s AND policy = %s AND points IS NOT NULL
         ORDER BY points DESC, subject COLLATE "C"
        """,
        [month, policy],
    )
    return [subject for (subject,) in rows]


def load_score_page(
    conn: Connection, *, month: Month, policy: str, subjects: Sequence[str] | None, after: str, limit: int
) -> list[ScoreRow]:
    """Stored scores of a month and policy, of some subjects or all, in the order of subjects after the one named."""
    with conn.cursor(row_factory=class_row(ScoreRow)) as cursor:
        return cursor.execute(
            """
            SELECT subject, month, policy, points, card
              FROM scores
             WHERE month = %s AND policy = %s AND subject > %s
               AND (%s::text[] IS NULL OR subject = ANY (%s::text[]))
             ORDER BY subject
             LIMIT %s
            """,
            [month, policy, after, subjects, subjects, limit],
        ).fetchall()


def load_score_span(
    conn: Connection,
    *,
    months: range,
    policy: str,
    subjects: Sequence[str] | None,
    units: bool | None,
    after: str,
    limit: int,
) -> list[ScoreRow]:
    """Stored scores of several months and a policy, of at most `limit` subjects after the one named, month by month.

    Of some subjects or all; only of units, only of others, or (None) of both.
    """
    with conn.cursor(row_factory=class_row(ScoreRow), binary=True) as cursor:
        return cursor.execute(
            """
            WITH page AS (
                SELECT DISTINCT subject
                  FROM scores
                 WHERE month >= %(first)s AND month < %(end)s AND policy = %(policy)s AND subject > %(after)s
                   AND (%(subjects)s::text[] IS NULL OR subject = ANY (%(subjects)s::text[]))
                   AND (%(units)s::boolean IS NULL
                        OR %(units)s::boolean = EXISTS (SELECT FROM units WHERE unit_id = subject))
                 ORDER BY subject
                 LIMIT %(limit)s
            )
            SELECT subject, month, policy, points, card
              FROM page
              JOIN scores USING (subject)
             WHERE month >= %(first)s AND month < %(end)s AND policy = %(policy)s
             ORDER BY subject, month
            """,
            {
                "first": months.start,
                "end": months.stop,
                "policy": policy,
                "after": after,
                "subjects": subjects,
                "units": units,
                "limit": limit,
            },
        ).fetchall()


def load_points(conn: Connection, *, month: Month, policy: str, subjects: Sequence[str]) -> dict[str, int]:
    """The points of those of the subjects who have any."""
    rows = conn.execute(
        """
        SELECT subject, points
          FROM scores
         WHERE month = %s AND policy = %s AND subject = ANY (%s) AND points IS NOT NULL
        """,
        [month, policy, list(subjects)],
    )
    return dict(rows.fetchall())
