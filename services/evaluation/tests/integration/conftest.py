"""The service as others meet it: events in, gRPC out, real PostgreSQL and Redis behind."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from congvu.evaluation.v1.service_pb2_grpc import EvaluationServiceStub
from evaluation.clients import WorkClient
from evaluation.config import POLICIES
from evaluation.consumer.handlers import WorkHandler
from evaluation.domain.comparing import Comparison
from evaluation.domain.periods import Periods
from evaluation.domain.policies import load_policies
from evaluation.main import MIGRATIONS, handlers, input_handlers, periods_of
from evaluation.rpc.service import EvaluationServicer, grpc_service
from evaluation.usecases.read_models import ReadModels
from evaluation.usecases.reading import Reader
from evaluation.usecases.recompute import Recomputation
from evaluation.usecases.refold import fold_partitions
from evaluation.usecases.scoring import Scorer
from runtime.auth import TokenVerifier
from runtime.cache import open_cache
from runtime.events import TOPICS, EventLog, Record, open_event_log
from runtime.events.consumer import BatchHandler
from runtime.events.positions import claim, move, set_watermark
from runtime.postgres import Pool, open_pool
from runtime.rpc import GrpcServer, open_channel
from testkit.clock import Clock
from testkit.fixtures import Keys
from working_calendar import WorkingCalendar, load_calendar


@pytest.fixture(scope="session")
def calendar() -> WorkingCalendar:
    """Hue's working calendar."""
    return load_calendar()


@pytest.fixture
def periods(calendar: WorkingCalendar) -> Periods:
    """Months and cut-offs."""
    return periods_of(calendar)


@pytest.fixture
def clock() -> Clock:
    """The service's clock: noon of 20 March 2026 in the city."""
    return Clock(datetime(2026, 3, 20, 5, tzinfo=UTC))


@pytest.fixture
def service_url(make_database: Callable[[Sequence[Path]], str]) -> str:
    """The service's database, migrated and empty."""
    return make_database([MIGRATIONS])


@pytest.fixture
def environment(service_url: str, event_log_url: str, keys: Keys, tmp_path: Path) -> Mapping[str, str]:
    """What the service is told as a process; its policies lie in a folder of the test."""
    policies = tmp_path / "policies"
    policies.mkdir()
    for file in POLICIES.glob("*.yaml"):
        (policies / file.name).write_text(file.read_text())
    return {
        "DATABASE_URL": service_url,
        "EVENT_LOG_URL": event_log_url,
        "TOKEN_PUBLIC_KEY": str(keys.public),
        "POLICIES": str(policies),
    }


@pytest.fixture
def run(environment: Mapping[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`run("recompute", "--check")`: the process, ended."""

    def run_it(*arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "evaluation.main", *arguments],
            env={**environment, **changed},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run_it


@pytest.fixture
def pool(service_url: str) -> Iterator[Pool]:
    """Connections to the service's database."""
    with open_pool(service_url, name="evaluation") as pool:
        yield pool


@pytest.fixture
def log(event_log_url: str) -> Iterator[EventLog]:
    """A fresh log."""
    log = open_event_log(event_log_url)
    yield log
    log.close()


class Evaluation:
    """Evaluation step by step: the test is the consumer's loop, and says when time passes."""

    def __init__(self, pool: Pool, log: EventLog, calendar: WorkingCalendar, clock: Clock, models: ReadModels) -> None:
        self.pool = pool
        self.log = log
        self.clock = clock
        self.models = models
        self.handlers = handlers(calendar)
        self.scorer = Scorer(
            policies=load_policies(POLICIES), periods=periods_of(calendar), is_working_day=calendar.is_working_day
        )

    def hear(self, records: Sequence[Record] = (), *, batch: int = 500) -> None:
        """Appends the records, folds all that is in the log, ticks up to the clock and scores."""
        self.fold(records, batch=batch)
        # A month that begins marks everybody for the next round.
        for _ in range(2):
            self.models.follow(self.pool, self.scorer.score_marked(self.pool))

    def fold(self, records: Sequence[Record] = (), *, batch: int = 500) -> None:
        """Appends the records, folds all that is in the log and ticks up to the clock; scores nothing."""
        if records:
            self.log.append(list(records))
        for topic, handler in self.handlers.items():
            self._follow(topic, handler, batch)

    def _follow(self, topic: str, handler: BatchHandler, batch: int) -> None:
        mine: dict[str, Any] = {"topic": topic, "owner": "test"}
        with self.pool.connection() as conn, conn.transaction():
            found = claim(conn, **mine, partitions=TOPICS[topic].partitions, lease_seconds=60)
        for partition, offset in sorted((found.kept | found.taken).items()):
            place = mine | {"partition": partition}
            while records := self.log.read(topic, partition, offset, max_records=batch, wait_seconds=0):
                end = records[-1].offset + 1
                with self.pool.connection() as conn, conn.transaction():
                    move(conn, **place, expected=offset, next_offset=end, lease_seconds=60)
                    handler.handle(conn, partition, records)
                offset = end
            with self.pool.connection() as conn, conn.transaction():
                set_watermark(conn, **place, expected=offset, now=self.clock())
                handler.tick(conn, partition, self.clock())

    def publish(self) -> list[Record]:
        """What waits in the outbox, which is emptied; `hear` puts it into the log."""
        with self.pool.connection() as conn:
            rows = conn.execute("SELECT topic, key, value, headers FROM outbox ORDER BY id").fetchall()
            conn.execute("DELETE FROM outbox")
        return [Record(topic=topic, key=key, value=value, headers=headers) for topic, key, value, headers in rows]

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What a query finds in the service's database."""
        with self.pool.connection() as conn:
            return conn.execute(query.encode()).fetchall()


@pytest.fixture
def evaluation(pool: Pool, log: EventLog, calendar: WorkingCalendar, clock: Clock, redis_url: str) -> Evaluation:
    """Evaluation without its doors."""
    return Evaluation(pool, log, calendar, clock, ReadModels(open_cache(redis_url), look_seconds=0))


@pytest.fixture
def recomputation(evaluation: Evaluation, calendar: WorkingCalendar) -> Callable[..., tuple[int, list[str]]]:
    """`recomputation(check=True)`: exit code and lines of one run over the log."""

    def run(*, check: bool = True) -> tuple[int, list[str]]:
        lines: list[str] = []

        def show(line: str, *, last: bool = True) -> None:
            if last:
                lines.append(line)

        recomputation = Recomputation(
            pool=evaluation.pool,
            log=evaluation.log,
            handlers=input_handlers(),
            fold_work=partial(
                fold_partitions,
                pool=evaluation.pool,
                log=evaluation.log,
                handler=WorkHandler(periods_of(calendar), marking=False),
            ),
            policies=load_policies(POLICIES),
            periods=periods_of(calendar),
            is_working_day=calendar.is_working_day,
            migrations=MIGRATIONS,
            show=show,
        )
        code = recomputation.check() if check else recomputation.replace()
        return code, lines

    return run


@pytest.fixture
def work_client() -> WorkClient:
    """The service work, which only mending needs."""
    return WorkClient("", str)


@pytest.fixture
def open_door(
    evaluation: Evaluation,
    calendar: WorkingCalendar,
    work_client: WorkClient,
    keys: Keys,
    token_for: Callable[..., str],
) -> Iterator[Callable[..., EvaluationServiceStub]]:
    """Evaluation's gRPC door. `open_door(roles=…, officer_id=…)` is a stub of that caller."""
    policies = load_policies(POLICIES)
    reader = Reader(
        pool=evaluation.pool,
        models=evaluation.models,
        policies=policies,
        periods=periods_of(calendar),
        zone=calendar.timezone,
        is_working_day=calendar.is_working_day,
        now=evaluation.clock,
        look_seconds=0,
    )
    servicer = EvaluationServicer(
        pool=evaluation.pool,
        log=evaluation.log,
        reader=reader,
        models=evaluation.models,
        policies=policies,
        work=work_client,
        periods=periods_of(calendar),
        zone=calendar.timezone,
        comparison=Comparison(),
        clock=evaluation.clock,
    )
    verifier = TokenVerifier(keys.public.read_bytes())
    server = GrpcServer(address="127.0.0.1:0", services=[grpc_service(servicer)], verifier=verifier)
    server.start()
    channels = []

    def open_it(**caller: object) -> EvaluationServiceStub:
        channels.append(open_channel(f"127.0.0.1:{server.port}", lambda: token_for(**caller)))
        return EvaluationServiceStub(channels[-1])

    yield open_it
    for channel in channels:
        channel.close()
    server.stop(grace=0)
