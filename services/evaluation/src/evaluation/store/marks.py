"""Marks of what is to be scored."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from psycopg.rows import class_row

from evaluation.domain.periods import Month
from runtime.postgres import Connection


class Mark(NamedTuple):
    """A subject whose month is to be scored; with `onwards` the months after it as well."""

    subject: str
    month: Month
    onwards: bool


def mark_scores(conn: Connection, *, partition: int, marks: Iterable[Mark]) -> None:
    """Marks for scoring; locks the marks until commit, so that a scorer never misses the change behind one."""
    ordered = sorted(marks)
    conn.execute(
        """
        INSERT INTO scores_due (subject, month, partition, onwards)
        SELECT subject, month, %s, bool_or(onwards)
          FROM unnest(%b::text[], %b::int[], %b::boolean[]) AS mark (subject, month, onwards)
         GROUP BY subject, month
         ORDER BY subject, month
        ON CONFLICT (subject, month, partition)
           -- A mark that stays as it is is not written again, but it is locked all the same.
           DO UPDATE SET onwards = true WHERE excluded.onwards AND NOT scores_due.onwards
        """,
        [
            partition,
            [mark.subject for mark in ordered],
            [mark.month for mark in ordered],
            [mark.onwards for mark in ordered],
        ],
    )


def mark_known(conn: Connection, *, partition: int, subjects: Sequence[str] | None, since: Month | None = None) -> None:
    """Marks every month that these subjects (None: all) have a score in, from `since` on."""
    conn.execute(
        """
        INSERT INTO scores_due (subject, month, partition, onwards)
        SELECT DISTINCT subject, month, %s, false
          FROM scores
         WHERE (%s::text[] IS NULL OR subject = ANY (%s::text[])) AND (%s::int IS NULL OR month >= %s)
         ORDER BY subject, month
        ON CONFLICT (subject, month, partition) DO UPDATE SET marked_at = clock_timestamp()
        """,
        [partition, subjects, subjects, since, since],
    )


def take_marks(conn: Connection, *, upto: Month, limit: int) -> list[Mark]:
    """Takes marks of months up to `upto`, oldest first; those that a fold holds at the moment are left for later."""
    with conn.cursor(row_factory=class_row(Mark)) as cursor:
        return cursor.execute(
            """
            WITH taken AS (
                SELECT subject, month, partition FROM scores_due
                 WHERE month <= %s
                 ORDER BY marked_at
                 LIMIT %s
                   FOR UPDATE SKIP LOCKED
            )
            DELETE FROM scores_due USING taken
             WHERE scores_due.subject = taken.subject AND scores_due.month = taken.month
               AND scores_due.partition = taken.partition
            RETURNING scores_due.subject, scores_due.month, scores_due.onwards
            """,
            [upto, limit],
        ).fetchall()


def has_marks(conn: Connection, *, upto: Month) -> bool:
    """Whether something of a month up to `upto` waits to be scored."""
    row = conn.execute("SELECT EXISTS (SELECT FROM scores_due WHERE month <= %s)", [upto]).fetchone()
    return row is not None and bool(row[0])
