"""Officers are scored at every round; who depends on them comes with the next whole one, whoever's turn that is."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from congvu.evaluation.v1 import service_pb2 as rpc
from evaluation.config import POLICIES
from evaluation.domain.policies import load_policies
from evaluation.main import periods_of
from evaluation.usecases.rounds import Rounds
from evaluation.usecases.scoring import Moved, Scorer
from runtime.postgres import Pool
from testkit.waiting import wait_until
from working_calendar import WorkingCalendar

from .city import BEGIN, STAFF, at, city, done, officer

Done = Callable[[str], int]


@pytest.fixture
def done_of(evaluation: Any, open_door: Callable[..., Any]) -> Done:
    """`done_of(subject)`: the units that the subject's scorecard says are done."""
    door = open_door(roles=["evaluator"])

    def found(subject: str) -> int:
        request = rpc.GetScorecardRequest(subject_id=subject, period="2026-03", policy="decree-335")
        return int(door.GetScorecard(request).scorecard.measures["work_done"])

    return found


def run_round(evaluation: Any, *, whole: bool, scorer: Scorer | None = None) -> None:
    moved = (scorer or evaluation.scorer).score_marked(evaluation.pool, whole=whole)
    evaluation.models.follow(evaluation.pool, moved)


def test_a_round_that_is_not_whole_scores_the_officer_and_puts_off_the_units(evaluation: Any, done_of: Done) -> None:
    evaluation.hear(city())
    evaluation.fold(done("task/1", "an", due=at(10), completed=at(9)))
    run_round(evaluation, whole=False)
    assert [done_of(one) for one in ("an", "SNV-CCVC", "SNV", "HUE")] == [1000, 0, 0, 0]
    run_round(evaluation, whole=False)
    assert done_of("HUE") == 0
    run_round(evaluation, whole=True)
    assert [done_of(one) for one in ("an", "SNV-CCVC", "SNV", "HUE")] == [1000] * 4


def test_what_one_scorer_has_put_off_another_one_scores(
    evaluation: Any, done_of: Done, calendar: WorkingCalendar
) -> None:
    evaluation.hear(city())
    evaluation.fold(done("task/1", "an", due=at(10), completed=at(9)))
    run_round(evaluation, whole=False)
    other = Scorer(
        policies=load_policies(POLICIES), periods=periods_of(calendar), is_working_day=calendar.is_working_day
    )
    run_round(evaluation, whole=True, scorer=other)
    assert done_of("HUE") == 1000


def test_a_leader_whose_d_has_changed_comes_with_the_whole_round(
    evaluation: Any, recomputation: Callable[..., tuple[int, list[str]]]
) -> None:
    evaluation.hear(city())
    evaluation.fold(done("task/1", "an", due=at(10), completed=at(29)))
    for whole in (False, False, True):
        run_round(evaluation, whole=whole)
    code, lines = recomputation()
    assert code == 0, lines


def test_until_when_everything_is_scored_is_told_by_whole_rounds(
    evaluation: Any, clock: Any, open_door: Callable[..., Any]
) -> None:
    evaluation.hear(city())
    door = open_door(roles=["evaluator"])
    request = rpc.GetScorecardRequest(subject_id="HUE", period="2026-03")
    before = door.GetScorecard(request).scorecard.as_of.ToMicroseconds()
    clock.advance(timedelta(minutes=1))
    evaluation.fold(done("task/1", "an", due=at(10), completed=at(9)))
    run_round(evaluation, whole=False)
    assert door.GetScorecard(request).scorecard.as_of.ToMicroseconds() == before
    run_round(evaluation, whole=True)
    assert door.GetScorecard(request).scorecard.as_of.ToMicroseconds() == before + 60_000_000


def test_what_a_scorer_wrote_that_died_before_it_told_redis_is_read(
    evaluation: Any, done_of: Done, calendar: WorkingCalendar
) -> None:
    evaluation.hear(city())
    evaluation.fold(done("task/1", "an", due=at(10), completed=at(9)))
    other = Scorer(
        policies=load_policies(POLICIES), periods=periods_of(calendar), is_working_day=calendar.is_working_day
    )
    other.score_marked(evaluation.pool)
    run_round(evaluation, whole=True)
    assert done_of("an") == 1000


def test_a_scorer_that_finds_nothing_to_do_leaves_the_memory_of_others_valid(
    evaluation: Any, calendar: WorkingCalendar
) -> None:
    evaluation.hear(city())
    other = Scorer(
        policies=load_policies(POLICIES), periods=periods_of(calendar), is_working_day=calendar.is_working_day
    )
    assert not other.score_marked(evaluation.pool).alone
    assert all(one.score_marked(evaluation.pool).alone for one in (evaluation.scorer, other, evaluation.scorer))
    evaluation.fold(done("task/1", "an", due=at(10), completed=at(9)))
    assert evaluation.scorer.score_marked(evaluation.pool).alone
    assert not other.score_marked(evaluation.pool).alone


def test_work_of_someone_who_left_is_carried_when_the_month_before_is_read(
    evaluation: Any, clock: Any, recomputation: Callable[..., tuple[int, list[str]]]
) -> None:
    leaving = officer("eve", ("SNV-CCVC", STAFF, BEGIN, "2026-04-01"))
    evaluation.hear([*city(), leaving, *done("task/1", "eve", due=at(18), completed=None)])
    for day in (1, 2, 4):
        clock.advance(at(day, 12, month=4) - clock())
        evaluation.hear()
    code, lines = recomputation()
    assert code == 0, lines


def test_one_whole_round_takes_all_marks_before_it_tells_until_when_all_is_scored(evaluation: Any, clock: Any) -> None:
    evaluation.hear([*city(), *done("task/1", "an", due=at(18), completed=None)])
    clock.advance(at(2, 12, month=4) - clock())
    evaluation.hear()
    clock.advance(at(4, 12, month=4) - clock())
    evaluation.fold([])
    run_round(evaluation, whole=True)
    assert evaluation.rows("SELECT month FROM scores_due WHERE month <= 24315") == []


class LosesOneRound(Scorer):
    """The first round is lost between its commit and Redis."""

    is_lost = False

    def score_marked(self, pool: Pool, *, whole: bool = True) -> Moved:
        """As the scorer."""
        moved = super().score_marked(pool, whole=whole)
        if moved.rows and not self.is_lost:
            self.is_lost = True
            raise ConnectionError("lost after the commit")
        return moved


def test_what_a_round_wrote_that_failed_after_its_commit_is_read(
    evaluation: Any, done_of: Done, calendar: WorkingCalendar
) -> None:
    evaluation.hear(city())
    scorer = LosesOneRound(
        policies=load_policies(POLICIES), periods=periods_of(calendar), is_working_day=calendar.is_working_day
    )
    scorer.score_marked(evaluation.pool)
    evaluation.fold(done("task/1", "an", due=at(10), completed=at(9)))
    stop = threading.Event()
    rounds = Rounds(
        pool=evaluation.pool,
        scorer=scorer,
        models=evaluation.models,
        scoring_pause=0.01,
        saying_pause=0.1,
        now=evaluation.clock,
    )
    thread = threading.Thread(target=rounds.run, args=[stop])
    thread.start()
    try:
        wait_until(lambda: done_of("an") == 1000)
    finally:
        stop.set()
        thread.join()
    assert scorer.is_lost
