"""Sums as they are read, scores, and what was said of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from psycopg.rows import class_row

from evaluation.domain.measures import MEASURES
from evaluation.domain.periods import Instant, Month
from runtime.postgres import Connection

# Places of the flows in a vector, from 1, as SQL counts.
_CARRIED_PLANNED = MEASURES.index("carried_planned") + 1
_CARRIED_ITEMS = MEASURES.index("carried_items") + 1
_INITIATIVE_CREDIT = MEASURES.index("initiative_credit") + 1


class SumRow(NamedTuple):
    """One subject's sums of one month in one unit and class; partitions are added up by the reader."""

    subject: str
    unit_id: str
    month: Month
    request: bool
    vector: list[int]


def load_sums(conn: Connection, *, month: Month, subjects: Sequence[str] | None = None) -> list[SumRow]:
    """The rows of a month, and of earlier months those with flows; of some subjects or all."""
    with conn.cursor(row_factory=class_row(SumRow)) as cursor:
        return cursor.execute(
            """
            SELECT subject, unit_id, month, request, vector
              FROM sums
             WHERE (%s::text[] IS NULL OR subject = ANY (%s::text[]))
               AND (month = %s OR month < %s AND (vector[%s] <> 0 OR vector[%s] <> 0 OR vector[%s] <> 0))
            """,
            [subjects, subjects, month, month, _CARRIED_PLANNED, _CARRIED_ITEMS, _INITIATIVE_CREDIT],
        ).fetchall()


def unknown_subjects(conn: Connection) -> list[tuple[str, bool, int, str]]:
    """Subjects of sums that organization does not know: (subject, whether a unit, items, one of them)."""
    return conn.execute(
        """
        WITH subjects AS (
            SELECT DISTINCT subject, subject = unit_id AS is_unit FROM sums
             UNION
            SELECT DISTINCT unit_id, true FROM sums
        ), unknown AS (
            SELECT subject, is_unit
              FROM subjects
             WHERE NOT EXISTS (SELECT FROM units WHERE units.unit_id = subject)
               AND NOT EXISTS (SELECT FROM officers WHERE officers.officer_id = subject)
        )
        SELECT unknown.subject, is_unit, count(DISTINCT work_id), min(work_id)
          FROM unknown
          JOIN (SELECT DISTINCT subject, unit_id FROM sums) AS added
               ON added.subject = unknown.subject OR added.unit_id = unknown.subject
          JOIN evidence ON evidence.subject = added.subject AND evidence.unit_id = added.unit_id
         GROUP BY unknown.subject, is_unit
         ORDER BY unknown.subject
        """
    ).fetchall()


# Subject, month, policy.
ScoreKey = tuple[str, Month, str]


class ScoreRow(NamedTuple):
    """A score as stored; `card` is the scorecard of the contract without what changes by time alone."""

    subject: str
    month: Month
    policy: str
    points: int | None
    card: bytes


def load_scores(
    conn: Connection, *, month: Month, subjects: Sequence[str] | None = None, policy: str | None = None
) -> list[ScoreRow]:
    """Stored scores of a month, of some subjects or all, of one policy or all."""
    with conn.cursor(row_factory=class_row(ScoreRow)) as cursor:
        return cursor.execute(
            """
            SELECT subject, month, policy, points, card
              FROM scores
             WHERE month = %s AND (%s::text[] IS NULL OR subject = ANY (%s::text[]))
               AND (%s::text IS NULL OR policy = %s)
             ORDER BY subject, policy
            """,
            [month, subjects, subjects, policy, policy],
        ).fetchall()


def save_scores(conn: Connection, rows: Sequence[ScoreRow]) -> None:
    """Writes scores that moved; they wait to be said."""
    conn.execute(
        """
        WITH moved AS (
            SELECT subject, month, policy, points, card
              FROM unnest(%b::text[], %b::int[], %b::text[], %b::bigint[], %b::bytea[])
                   AS score (subject, month, policy, points, card)
        ), unsaid AS (
            INSERT INTO unsaid_scores (subject, month, policy)
            SELECT subject, month, policy FROM moved
            ON CONFLICT (subject, month, policy) DO NOTHING
        )
        INSERT INTO scores (subject, month, policy, points, card)
        SELECT subject, month, policy, points, card FROM moved
        ON CONFLICT (subject, month, policy) DO UPDATE SET points = excluded.points, card = excluded.card
        """,
        [
            [row.subject for row in rows],
            [row.month for row in rows],
            [row.policy for row in rows],
            [row.points for row in rows],
            [row.card for row in rows],
        ],
    )


def delete_scores(conn: Connection, keys: Sequence[ScoreKey]) -> None:
    """Removes scores of subjects that have none any more."""
    conn.execute(
        """
        WITH gone AS (
            SELECT subject, month, policy
              FROM unnest(%s::text[], %s::int[], %s::text[]) AS gone (subject, month, policy)
        ), unsaid AS (
            DELETE FROM unsaid_scores AS unsaid USING gone
             WHERE unsaid.subject = gone.subject AND unsaid.month = gone.month AND unsaid.policy = gone.policy
        )
        DELETE FROM scores USING gone
         WHERE scores.subject = gone.subject AND scores.month = gone.month AND scores.policy = gone.policy
        """,
        [[key[0] for key in keys], [key[1] for key in keys], [key[2] for key in keys]],
    )


class Unsaid(NamedTuple):
    """Scores of a subject that moved since the last event about it, and the revision of the next one."""

    subject: str
    revision: int
    scores: list[ScoreRow]


def take_unsaid(conn: Connection, *, now: datetime, pause_seconds: float, limit: int) -> list[Unsaid]:
    """Subjects whose scores moved and whose last event is old enough; numbers and dates their next event."""
    revisions = dict(
        conn.execute(
            """
            INSERT INTO announcements (subject, revision, said_at)
            SELECT subject, 1, %s
              FROM (SELECT DISTINCT subject FROM unsaid_scores) AS moved
              LEFT JOIN announcements AS said USING (subject)
             WHERE said_at IS NULL OR said_at <= %s - make_interval(secs => %s)
             ORDER BY said_at NULLS FIRST, subject
             LIMIT %s
            ON CONFLICT (subject) DO UPDATE SET revision = announcements.revision + 1, said_at = excluded.said_at
            RETURNING subject, revision
            """,
            [now, now, pause_seconds, limit],
        ).fetchall()
    )
    unsaid = {subject: Unsaid(subject, revision, []) for subject, revision in revisions.items()}
    with conn.cursor(row_factory=class_row(ScoreRow)) as cursor:
        rows = cursor.execute(
            """
            WITH said AS (
                DELETE FROM unsaid_scores WHERE subject = ANY (%s) RETURNING subject, month, policy
            )
            SELECT subject, month, policy, points, card FROM said JOIN scores USING (subject, month, policy)
            """,
            [list(revisions)],
        )
        for row in rows:
            unsaid[row.subject].scores.append(row)
    return list(unsaid.values())


class Turn(NamedTuple):
    """A scorer's turn: the sign of the last one who changed something, and how far scorers have gone by the clock."""

    sign: str
    clock: Instant | None


def take_turn(conn: Connection) -> Turn:
    """Waits for a scorer's turn, which lasts until the transaction ends."""
    with conn.cursor(row_factory=class_row(Turn)) as cursor:
        row = cursor.execute("SELECT scorer AS sign, as_of AS clock FROM scorer_clock FOR UPDATE").fetchone()
    return row or Turn(sign="", clock=None)


def leave_sign(conn: Connection, sign: str) -> None:
    """Tells the others that this turn has changed something."""
    conn.execute("UPDATE scorer_clock SET scorer = %s", [sign])


def hold_scorers(conn: Connection) -> None:
    """No scorer has a turn until the transaction ends; one that has it now ends it first."""
    conn.execute("SELECT FROM scorer_clock FOR UPDATE")


def load_clock(conn: Connection) -> Instant | None:
    """How far the scorer has gone by the clock."""
    row = conn.execute("SELECT as_of FROM scorer_clock").fetchone()
    return None if row is None else row[0]


def lock_clock(conn: Connection) -> Instant | None:
    """The same, and only one speaks of what moved until the transaction ends."""
    row = conn.execute("SELECT as_of FROM scorer_clock FOR UPDATE").fetchone()
    return None if row is None else row[0]


def save_clock(conn: Connection, as_of: Instant) -> None:
    """Moves the scorer's clock."""
    conn.execute("UPDATE scorer_clock SET as_of = %s", [as_of])


def load_watermark(conn: Connection, *, topic: str) -> Instant | None:
    """The earliest watermark of a topic's partitions; None while one has none."""
    row = conn.execute(
        """
        SELECT CASE WHEN count(*) = count(watermark) THEN min(extract(epoch FROM watermark) * 1000000)::bigint END
          FROM event_positions
         WHERE topic = %s
        """,
        [topic],
    ).fetchone()
    return None if row is None else row[0]


def load_months(conn: Connection) -> list[Month]:
    """Months in which everybody has a scorecard, in order."""
    return [month for (month,) in conn.execute("SELECT month FROM months ORDER BY month")]


def open_month(conn: Connection, month: Month) -> None:
    """From now on everybody has a scorecard in this month."""
    conn.execute("INSERT INTO months (month) VALUES (%s) ON CONFLICT (month) DO NOTHING", [month])
