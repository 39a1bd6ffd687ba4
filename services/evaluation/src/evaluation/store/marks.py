"""Marks of what is to be scored."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from psycopg.rows import class_row

from evaluation.domain.periods import Month
from runtime.postgres import Connection

# Rows of marks for months to come.
_MOST_WAITING = 1000


# Who marks what a scorer has put off, as the writers in `usecases.inputs`: the subject alone, nothing more follows.
PUT_OFF = -5


class Mark(NamedTuple):
    """A subject whose month is to be scored; with `onwards` the months after it as well.

    `put_off`: only a scorer has marked it. `crowd`: how many the largest batch of work that marked it has marked.
    """

    subject: str
    month: Month
    onwards: bool
    put_off: bool = False
    crowd: int = 0


def mark_scores(conn: Connection, *, partition: int, marks: Iterable[Mark]) -> None:
    """Marks for scoring; `partition` tells who marks (below 0: none of work)."""
    subjects: defaultdict[tuple[Month, bool], set[str]] = defaultdict(set)
    for mark in marks:
        subjects[mark.month, mark.onwards].add(mark.subject)
    mark_subjects(conn, partition=partition, subjects=subjects)


def mark_subjects(conn: Connection, *, partition: int, subjects: Mapping[tuple[Month, bool], Collection[str]]) -> None:
    """The same, of marks by month and `onwards`.

    A scorer sees the marks of a transaction and the change behind them at the same moment, or neither yet.
    """
    for (month, onwards), marked in subjects.items():
        conn.execute(
            "INSERT INTO scores_due (month, onwards, partition, subjects) VALUES (%s, %s, %s, %b)",
            [month, onwards, partition, list(marked)],
        )


def mark_known(conn: Connection, *, partition: int, since: Month | None = None) -> None:
    """Marks everyone who has a score, in every month from `since` on."""
    conn.execute(
        """
        INSERT INTO scores_due (month, onwards, partition)
        SELECT DISTINCT month, false, %s FROM scores WHERE %s::int IS NULL OR month >= %s
        """,
        [partition, since, since],
    )


def take_marks(conn: Connection, *, upto: Month, limit: int, put_off: bool) -> list[Mark]:
    """Takes marks of months up to `upto`, oldest first, until they name `limit` subjects.

    What was put off stays unless `put_off`.
    """
    with conn.cursor(row_factory=class_row(Mark)) as cursor:
        return cursor.execute(
            """
            WITH waiting AS (
                SELECT id, sum(number) OVER (ORDER BY id) - number AS before
                  FROM scores_due
                 WHERE month <= %(upto)s AND (%(with_put_off)s OR partition <> %(put_off)s)
            ), taken AS (
                DELETE FROM scores_due WHERE id IN (SELECT id FROM waiting WHERE before < %(limit)s)
                RETURNING month, onwards, partition = %(put_off)s AS put_off, subjects,
                          CASE WHEN partition >= 0 THEN number ELSE 0 END AS crowd
            ), named AS (
                SELECT subject, month, onwards, put_off, crowd FROM taken, unnest(subjects) AS subject
                 UNION ALL
                SELECT subject, month, onwards, put_off, 0 FROM taken JOIN scores USING (month) WHERE subjects IS NULL
            )
            SELECT subject, month, bool_or(onwards) AS onwards, bool_and(put_off) AS put_off, max(crowd) AS crowd
              FROM named
             GROUP BY subject, month
            """,
            {"upto": upto, "limit": limit, "put_off": PUT_OFF, "with_put_off": put_off},
        ).fetchall()


def gather_marks(conn: Connection, *, after: Month) -> None:
    """Puts the marks of each month after this one, which wait until it comes, into one row when they are many."""
    conn.execute(
        """
        WITH waiting AS (
            DELETE FROM scores_due
             WHERE month > %(after)s AND subjects IS NOT NULL
               AND (SELECT count(*) FROM scores_due WHERE month > %(after)s) > %(most)s
            RETURNING month, onwards, partition, subjects
        )
        INSERT INTO scores_due (month, onwards, partition, subjects)
        SELECT month, onwards, min(partition), array_agg(DISTINCT subject)
          FROM waiting, unnest(subjects) AS subject
         GROUP BY month, onwards
        """,
        {"after": after, "most": _MOST_WAITING},
    )


def load_later(conn: Connection, *, after: Month, seen: Collection[int]) -> dict[int, list[tuple[str, Month]]]:
    """By number, the marks of months after this one; whom they name only of those that were not seen."""
    rows = conn.execute(
        """
        SELECT id, month, CASE WHEN id = ANY(%s) THEN '{}' ELSE subjects END
          FROM scores_due WHERE month > %s AND subjects IS NOT NULL
        """,
        [list(seen), after],
    ).fetchall()
    return {number: [(subject, month) for subject in subjects] for number, month, subjects in rows}


def has_marks(conn: Connection, *, upto: Month) -> bool:
    """Whether something of a month up to `upto` waits to be scored."""
    row = conn.execute("SELECT EXISTS (SELECT FROM scores_due WHERE month <= %s)", [upto]).fetchone()
    return row is not None and bool(row[0])
