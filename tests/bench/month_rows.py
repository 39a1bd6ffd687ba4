"""A further row: a whole month of everybody scored at once, by the scorer alone."""

import time
from datetime import UTC, datetime

from bench.context import EMBEDDED, Bench
from bench.fold_rows import live_fold
from bench.rows import MILLISECONDS, Figure, Found, Row, median
from evaluation.config import POLICIES
from evaluation.domain.periods import to_instant
from evaluation.domain.policies import load_policies
from evaluation.main import periods_of
from evaluation.store.marks import Mark, has_marks, mark_scores
from evaluation.usecases.scoring import Scorer
from runtime.postgres import Pool, open_pool

_ROUNDS = 20
# A writer of marks that the product does not know.
_WRITER = -9


def measure_month(bench: Bench) -> Found:
    """The current month of everybody at once, and one officer's."""
    if bench.engine == EMBEDDED:
        return Found(key="month")
    month = periods_of(bench.calendar).month_of(to_instant(datetime.now(UTC)))
    database = live_fold(bench).database
    with (
        bench.progress.stage("a whole month", _ROUNDS + 1) as stage,
        open_pool(database, name="bench", max_size=2) as pool,
    ):
        _score_all(pool, _scorer(bench), month)
        _mark_month(pool, month)
        scorer = _scorer(bench)
        began = time.perf_counter()
        moved = scorer.score_marked(pool)
        whole = time.perf_counter() - began
        stage.advance(1)
        one = [_score_one(pool, scorer, Mark(post.officer_id, month, False)) for post in bench.town.posts[:_ROUNDS]]
        stage.advance(_ROUNDS)
    subjects = {row.subject for row in moved.rows}
    row = Row(
        name=f"score a month of {len(bench.town.city.people):,} officers and {len(bench.town.city.units):,} units",
        figure=Figure(whole * 1e3, MILLISECONDS),
        compared_with="score one officer's month (p50)",
        reference=Figure(median(one) * 1e3, MILLISECONDS),
        meaning=f"One round of the scorer after a start: organization, sums and findings are read, {len(subjects):,}"
        f" subjects scored by {len(load_policies(POLICIES).versions)} policies, {len(moved.rows):,} scores written. The"
        " single officer's round finds the scorer warm; it scores whom the officer answers to as well.",
    )
    return Found(key="month", rows=[row])


def _scorer(bench: Bench) -> Scorer:
    return Scorer(
        policies=load_policies(POLICIES),
        periods=periods_of(bench.calendar),
        is_working_day=bench.calendar.is_working_day,
    )


def _score_all(pool: Pool, scorer: Scorer, month: int) -> None:
    """Until nothing waits: a round takes only so many marks."""
    waiting = True
    while waiting:
        scorer.score_marked(pool)
        with pool.connection() as conn:
            waiting = has_marks(conn, upto=month)


def _mark_month(pool: Pool, month: int) -> None:
    """As if nothing of the month had been scored yet."""
    with pool.connection() as conn, conn.transaction():
        known = conn.execute("SELECT DISTINCT subject FROM scores WHERE month = %s", [month]).fetchall()
        mark_scores(conn, partition=_WRITER, marks=[Mark(subject, month, False) for (subject,) in known])
        conn.execute("DELETE FROM scores WHERE month = %s", [month])


def _score_one(pool: Pool, scorer: Scorer, mark: Mark) -> float:
    with pool.connection() as conn, conn.transaction():
        mark_scores(conn, partition=_WRITER, marks=[mark])
        conn.execute("DELETE FROM scores WHERE subject = %s AND month = %s", [mark.subject, mark.month])
    began = time.perf_counter()
    scorer.score_marked(pool)
    return time.perf_counter() - began
