"""Rows of scoring: a whole month, one fact until its score can be read, and reading scores."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from bench.context import Bench
from bench.facts import to_record
from bench.fold_rows import FoldedCity
from bench.lab import Process, wait_for
from bench.rows import MILLISECONDS, Figure, Row, median, percentile
from congvu.evaluation.v1 import service_pb2 as evaluation_service
from congvu.evaluation.v1.service_pb2_grpc import EvaluationServiceStub
from evaluation.config import POLICIES
from evaluation.domain.periods import to_instant
from evaluation.domain.policies import load_policies
from evaluation.main import periods_of
from evaluation.store.marks import Mark, has_marks, mark_known, mark_scores
from evaluation.usecases.scoring import Scorer
from runtime.errors import ServiceError
from runtime.events import EventLog, open_event_log
from runtime.postgres import Pool, open_pool

FACTS_PER_SECOND = 10.0
READS_PER_SECOND = 100.0
_FACTS, _READS, _ROUNDS = 150, 1_000, 20
# Facts before those that count: the first ones find a scorer that has not seen the month yet.
_WARM_UP = 10
# A writer of marks that the product does not know.
_WRITER = -9


class _Latencies(NamedTuple):
    """Milliseconds."""

    p50: Figure
    p99: Figure


def _latencies(seconds: list[float]) -> _Latencies:
    milliseconds = [each * 1e3 for each in seconds]
    return _Latencies(Figure(median(milliseconds), MILLISECONDS), Figure(percentile(milliseconds, 0.99), MILLISECONDS))


def measure_month(bench: Bench, city: FoldedCity) -> list[Row]:
    """The current month of everybody at once, and one officer's."""
    periods = periods_of(bench.calendar)
    month = periods.month_of(to_instant(datetime.now(UTC)))
    with (
        bench.progress.stage("a whole month", _ROUNDS + 1) as stage,
        open_pool(city.database, name="bench", max_size=2) as pool,
    ):
        _score_all(pool, _scorer(bench), month)
        _mark_month(pool, month)
        scorer = _scorer(bench)
        began = time.perf_counter()
        moved = scorer.score_marked(pool)
        whole = time.perf_counter() - began
        stage.advance(1)
        subjects = {row.subject for row in moved.rows}
        one = [_score_one(pool, scorer, Mark(post.officer_id, month, False)) for post in bench.town.posts[:_ROUNDS]]
        stage.advance(_ROUNDS)
    row = Row(
        name=f"score a month of {len(bench.town.city.people):,} officers and {len(bench.town.city.units):,} units",
        figure=Figure(whole * 1e3, MILLISECONDS),
        compared_with="score one officer's month (p50)",
        reference=Figure(median(one) * 1e3, MILLISECONDS),
        meaning=f"One round of the scorer after a start: organization, sums and findings are read, {len(subjects):,}"
        f" subjects scored by {len(load_policies(POLICIES).versions)} policies, {len(moved.rows):,} scores written. The"
        " single officer's round finds the scorer warm; it scores whom the officer answers to as well.",
    )
    return [row]


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
        mark_known(conn, partition=_WRITER, subjects=None, since=month)
        conn.execute("DELETE FROM scores WHERE month = %s", [month])


def _score_one(pool: Pool, scorer: Scorer, mark: Mark) -> float:
    with pool.connection() as conn, conn.transaction():
        mark_scores(conn, partition=_WRITER, marks=[mark])
        conn.execute("DELETE FROM scores WHERE subject = %s AND month = %s", [mark.subject, mark.month])
    began = time.perf_counter()
    scorer.score_marked(pool)
    return time.perf_counter() - began


def measure_live(bench: Bench, city: FoldedCity) -> list[Row]:
    """The whole service on a folded city: one fact until its score can be read, and reads."""
    lab, port = bench.lab, bench.lab.choose_port()
    log = open_event_log(city.log_url)
    try:
        with (
            bench.progress.stage("live scores", 2 * (_WARM_UP + _FACTS + _READS)) as stage,
            lab.service("evaluation", "run", database=city.database, log=city.log_url, port=port) as service,
            lab.stub(port, EvaluationServiceStub) as stub,
        ):
            _wait_until_scored(stub, service)
            started = _fact_to_score(bench, log, stub, stage.advance, first=0, when=", after a start")
            with lab.session(city.database) as conn:
                mark_known(conn, partition=_WRITER, subjects=None)
            _wait_until_scored(stub, service)
            rows = _fact_to_score(bench, log, stub, stage.advance, first=_WARM_UP + _FACTS, when="")
            return [*rows, *started, *_reads(bench, stub, stage.advance)]
    finally:
        log.close()


def _wait_until_scored(stub: Any, service: Process) -> None:
    """The door is open, and nothing waits to be scored."""

    def scored() -> bool:
        try:
            position = stub.GetPosition(evaluation_service.GetPositionRequest(), timeout=5)
        except ServiceError:
            return False
        lag = sum(one.end_offset - one.next_offset for one in position.positions)
        return not lag and not position.scores_waiting

    wait_for(scored, service, pause=0.2)
    # The read models are filled after the round, and subscribers come in.
    time.sleep(1.0)


def _fact_to_score(
    bench: Bench, log: EventLog, stub: Any, advance: Callable[[int], None], *, first: int, when: str
) -> list[Row]:
    """Each fact gives another officer a new item; the stream of scorecards says when their score has it."""
    posts = bench.town.posts[first : first + _WARM_UP + _FACTS]
    sent: dict[str, float] = {}
    seen: dict[str, float] = {}
    appends: list[float] = []
    with _watching(stub, sent, seen):
        began = time.perf_counter()
        for number, post in enumerate(posts):
            time.sleep(max(0.0, began + number / FACTS_PER_SECOND - time.perf_counter()))
            record = to_record(bench.town.new_item(first + number, post, datetime.now(UTC)))
            sent[post.officer_id] = time.perf_counter()
            log.append([record])
            appends.append(time.perf_counter() - sent[post.officer_id])
            advance(1)
        wait_for(lambda: len(seen) == len(posts))
    delays = [seen[post.officer_id] - sent[post.officer_id] for post in posts]
    found, bare = _latencies(delays[_WARM_UP:]), _latencies(appends[_WARM_UP:])
    meaning = (
        f"{FACTS_PER_SECOND:.0f} facts a second are appended, each to another officer of a folded city, and the time"
        " until WatchScorecards brings that officer's new scorecard: log, consumer, scorer, Redis and gRPC in turn."
    )
    if when:
        meaning = "The same when the service was started on a city that is scored: its scorer knows nobody yet."
    return [
        Row(
            name=f"one fact until its score is readable{when}, {share}",
            figure=figure,
            compared_with=f"append of that one fact, {share}",
            reference=reference,
            meaning=meaning,
        )
        for share, figure, reference in (("p50", found.p50, bare.p50), ("p99", found.p99, bare.p99))
    ]


@contextmanager
def _watching(stub: Any, sent: dict[str, float], seen: dict[str, float]) -> Iterator[None]:
    """Notes when the first scorecard of each officer comes in after their fact was sent."""
    call = stub.WatchScorecards(evaluation_service.WatchScorecardsRequest(), timeout=3600)

    def follow() -> None:
        try:
            for answer in call:
                subject = answer.scorecard.subject_id
                if subject in sent:
                    seen.setdefault(subject, time.perf_counter())
        except ServiceError:
            return

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    time.sleep(1.0)
    try:
        yield
    finally:
        call.cancel()
        thread.join()


def _reads(bench: Bench, stub: Any, advance: Callable[[int], None]) -> list[Row]:
    officers = [post.officer_id for post in bench.town.posts]

    def read(number: int) -> None:
        subject = officers[number % len(officers)]
        stub.GetScorecard(evaluation_service.GetScorecardRequest(subject_id=subject))

    def ask_nothing(number: int) -> None:
        stub.ListPolicies(evaluation_service.ListPoliciesRequest())

    read(0)
    scores, nothing = _at_a_rate(read, advance), _at_a_rate(ask_nothing, advance)
    meaning = (
        f"{READS_PER_SECOND:.0f} requests a second, evenly spaced, of one client with 8 threads; the time from when a"
        " request was due to its answer. ListPolicies has the same door, token and interceptors and reads no data."
    )
    return [
        Row(
            name=f"GetScorecard at {READS_PER_SECOND:.0f}/s, {share}",
            figure=figure,
            compared_with=f"ListPolicies at the same rate, {share}",
            reference=reference,
            meaning=meaning,
        )
        for share, figure, reference in (("p50", scores.p50, nothing.p50), ("p99", scores.p99, nothing.p99))
    ]


def _at_a_rate(call: Callable[[int], None], advance: Callable[[int], None]) -> _Latencies:
    """A call that is late makes the next ones late: what a queue costs is in the figures."""
    began = time.perf_counter() + 0.1

    def run(number: int) -> float:
        due = began + number / READS_PER_SECOND
        time.sleep(max(0.0, due - time.perf_counter()))
        call(number)
        return time.perf_counter() - due

    with ThreadPoolExecutor(8) as pool:
        seconds = []
        for each in pool.map(run, range(_READS)):
            seconds.append(each)
            advance(1)
    return _latencies(seconds)
