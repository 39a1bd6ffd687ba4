"""Rows of the living city: facts accepted one by one until their scores are readable, and reading scores."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.context import Bench
from bench.driver import Plan, write_plan
from bench.facts import WORK_TOPIC
from bench.fold_rows import make_city
from bench.outbox_rows import knows_everybody
from bench.programs import BenchError, Program, wait_for
from bench.rows import MILLISECONDS, Bound, Figure, Found, Row, median, percentile
from congvu.evaluation.v1 import service_pb2 as evaluation_service
from congvu.evaluation.v1.service_pb2_grpc import EvaluationServiceStub
from evaluation.config import POLICIES
from evaluation.domain.periods import format_month, from_instant, to_instant
from evaluation.domain.policies import load_policies
from evaluation.main import periods_of
from runtime.errors import ServiceError

RATE = 500.0
_WARM_UP = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A running city with people and past work: addresses of its services, and its log."""

    work: str
    evaluation: str
    log: str
    programs: tuple[Program, ...]


def measure_live(bench: Bench) -> Found:
    """500 facts a second, one by one, while 500 scores a second are read."""
    with living_city(bench) as city:
        answer = drive(bench, city, facts=RATE, reads=RATE)
    if not answer["readable"]:
        raise BenchError(f"No fact became readable: {answer['facts']}")
    delays = [each * 1e3 for each in answer["readable"]]
    meaning = (
        f"For {bench.sizes.live_seconds} s a client records {RATE:.0f} new items a second in work over gRPC, each in a"
        f" call of its own when it is due, and reads {RATE:.0f} scorecards a second; the time from work's answer until"
        " the officer's scorecard in the read model has the item in it: outbox, relay, log, consumer, scorer and Redis"
        " in turn."
    )
    rows = [
        Row(
            name="fact accepted until its score is readable, p50",
            figure=Figure(median(delays), MILLISECONDS),
            aim=Bound(value=100, kind="most", of="figure"),
            meaning=meaning,
        ),
        Row(
            name="fact accepted until its score is readable, p99",
            figure=Figure(percentile(delays, 0.99), MILLISECONDS),
            aim=Bound(value=500, kind="most", of="figure"),
            least=Bound(value=1_000, kind="most", of="figure"),
            meaning=meaning,
        ),
    ]
    return Found(key="live", rows=rows, remarks=[_describe(answer, max(delays))])


def measure_reads(bench: Bench) -> Found:
    """500 scores a second, and nothing else."""
    with living_city(bench) as city:
        answer = drive(bench, city, facts=0, reads=RATE)
    times = [each * 1e3 for each in answer["read"]]
    row = Row(
        name=f"score read over gRPC at {RATE:.0f} a second, p99",
        figure=Figure(percentile(times, 0.99), MILLISECONDS),
        aim=Bound(value=10, kind="most", of="figure"),
        least=Bound(value=25, kind="most", of="figure"),
        meaning=f"GetScorecard, evenly spaced, for {bench.sizes.live_seconds} s, with no other load; from when a call"
        f" was due to its answer. p50 {median(times):.1f} ms, longest {max(times):.0f} ms;"
        f" {answer['reads']['per_second']:.0f} a second were answered; the client computed {answer['driver']:.0%} of a"
        " core.",
    )
    return Found(key="reads", rows=[row])


def _describe(answer: Mapping[str, Any], longest: float) -> str:
    facts, reads, never = answer["facts"], answer["reads"], len(answer["never_readable"])
    return (
        f"Under that load the longest fact took {longest:,.0f} ms. {facts['good']:,} of {facts['sent']:,} facts were"
        f" accepted, {facts['per_second']:.0f} a second ({_told(answer['accepted'])} after they were due); {never:,} of"
        f" them never became readable. {reads['good']:,} of {reads['sent']:,} reads were answered,"
        f" {reads['per_second']:.0f} a second ({_told(answer['read'])}); {answer['stale']} of those checked lacked a"
        f" fact that was readable before. The client sent {facts['late'] + reads['late']:,} calls over 10 ms late and"
        f" computed {answer['driver']:.0%} of a core."
    )


def _told(seconds: Sequence[float]) -> str:
    return f"p50 {median(seconds) * 1e3:.0f} ms, p99 {percentile(seconds, 0.99) * 1e3:.0f} ms"


def drive(bench: Bench, city: City, *, facts: float, reads: float) -> Mapping[str, Any]:
    """What the driver answers after a load of these rates."""
    lab, sizes = bench.lab, bench.sizes
    periods, now = periods_of(bench.calendar), datetime.now(UTC)
    month = periods.month_of(to_instant(now))
    ends = from_instant(periods.start_of(month + 1)) - timedelta(minutes=1)
    plan = Plan(
        work=city.work,
        evaluation=city.evaluation,
        redis=lab.redis.url,
        token=lab.token(),
        policy=load_policies(POLICIES).all_in_force(month)[0].name,
        period=format_month(month),
        due_before=ends.isoformat(),
        facts_per_second=facts,
        reads_per_second=reads,
        warm_up=_WARM_UP,
        seconds=sizes.live_seconds,
        officers=[(post.officer_id, post.unit_id) for post in bench.town.posts],
        first=0,
    )
    write_plan(plan, lab.home / "plan.json")
    with bench.progress.stage(
        f"load of {facts:.0f} facts and {reads:.0f} reads a second (s)", sizes.live_seconds
    ) as stage:
        answer: Mapping[str, Any] = bench.ask("driver", lab.home / "plan.json")
        stage.advance(sizes.live_seconds)
    for program in city.programs:
        program.check()
    return answer


@contextmanager
def living_city(bench: Bench) -> Iterator[City]:
    """work and evaluation, a process each as in the embedded city, on a log with some past; everything is scored."""
    lab, people = bench.lab, bench.town.organization_records()
    work_port, evaluation_port = lab.choose_port(), lab.choose_port()
    work_database, database = lab.make_database("work"), make_city(bench)
    with bench.progress.stage("a living city", bench.sizes.past) as stage, bench.log() as (log, url):
        log.append(people)
        bench.append(log, bench.town.facts(bench.sizes.past), stage)
        with (
            lab.service("work", "run", database=work_database, log=url, port=work_port) as work,
            lab.service("evaluation", "run", database=database, log=url, port=evaluation_port) as evaluation,
            lab.session(work_database) as conn,
            lab.stub(evaluation_port, EvaluationServiceStub) as stub,
        ):
            wait_for(lambda: knows_everybody(conn, len(people)), work)
            wait_for(lambda: is_scored(stub), evaluation, pause=0.5)
            yield City(
                work=f"127.0.0.1:{work_port}",
                evaluation=f"127.0.0.1:{evaluation_port}",
                log=url,
                programs=(work, evaluation),
            )
    lab.drop_database(work_database)
    lab.drop_database(database)


def is_scored(stub: Any) -> bool:
    """The door is open, all is folded, and nothing waits to be scored."""
    try:
        position = stub.GetPosition(evaluation_service.GetPositionRequest(), timeout=5)
    except ServiceError:
        return False
    ended = sum(one.end_offset for one in position.positions if one.topic == WORK_TOPIC)
    lag = sum(one.end_offset - one.next_offset for one in position.positions)
    return ended > 0 and not lag and not position.scores_waiting and position.items > 0
