"""Composition root: `python -m evaluation.main VERB`, see USAGE."""

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from evaluation.clients import WorkClient
from evaluation.config import Config, read_config
from evaluation.consumer.handlers import (
    FINDINGS_TOPIC,
    ORGANIZATION_TOPIC,
    WORK_TOPIC,
    FindingsHandler,
    OrganizationHandler,
    WorkHandler,
)
from evaluation.domain.periods import Periods
from evaluation.domain.policies import PolicyError, load_policies
from evaluation.options import RecomputeOptions, UsageError, read_recompute_options
from evaluation.rpc.service import EvaluationServicer, grpc_service
from evaluation.store.positions import PositionRow
from evaluation.usecases.read_models import ReadModels
from evaluation.usecases.reading import Reader
from evaluation.usecases.recompute import Recomputation
from evaluation.usecases.refold import LANES, Report, deal_out, fold_partitions, run_lanes
from evaluation.usecases.rounds import Rounds
from evaluation.usecases.scoring import Scorer
from evaluation.usecases.workers import Workers
from runtime.auth import TokenSigner, TokenVerifier
from runtime.cache import open_cache
from runtime.config import ConfigError
from runtime.errors import ServiceError
from runtime.events import TOPICS, LogUnavailable, OffsetOutOfBounds, open_event_log
from runtime.events.consumer import BatchHandler, Consumer
from runtime.outages import OUTAGES
from runtime.postgres import open_pool
from runtime.process import Part, prepare_interpreter, relay, run_verb
from runtime.rpc import GrpcServer
from runtime.telemetry import set_up_telemetry
from working_calendar import CalendarError, WorkingCalendar, load_calendar

SERVICE = "evaluation"
MIGRATIONS = Path(__file__).parent / "migrations"
REBUILD = "run `congvu recompute` (without --check), which rebuilds it from the log, and start it again."
# Records folded in one transaction: what a statement costs is shared by as many facts.
BATCH = 5000
# Consumers of work in one process, with partitions of their own: one computes while PostgreSQL works for the other.
WORK_CONSUMERS = 2
USAGE = """Usage: python -m evaluation.main run | serve | consume | score | relay | migrate
       python -m evaluation.main recompute [--check] [--processes N]
"""

logger = logging.getLogger(__name__)


def now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


def serve(config: Config, stop: threading.Event) -> None:
    """Answers gRPC until told to stop."""
    calendar, policies = load_calendar(config.calendar), load_policies(config.policies)
    with ExitStack() as stack:
        pool = stack.enter_context(open_pool(config.runtime.database_url, name=SERVICE))
        log = stack.enter_context(closing(open_event_log(config.runtime.event_log_url)))
        models = read_models(config)
        reader = Reader(
            pool=pool,
            models=models,
            policies=policies,
            periods=periods_of(calendar),
            zone=calendar.timezone,
            is_working_day=calendar.is_working_day,
            now=now,
        )
        servicer = EvaluationServicer(
            pool=pool,
            log=log,
            reader=reader,
            models=models,
            policies=policies,
            work=WorkClient(config.work_address, service_token(config)),
            periods=periods_of(calendar),
            zone=calendar.timezone,
            comparison=config.comparison,
            clock=now,
        )
        server = GrpcServer(
            address=config.runtime.grpc_address,
            services=[grpc_service(servicer)],
            verifier=TokenVerifier(config.runtime.token_public_key.read_bytes()),
            workers=16,
        )
        server.run(stop)


def score(config: Config, stop: threading.Event) -> None:
    """Scores what is marked and says what moved, one scorer at a time, until told to stop."""
    calendar, policies = load_calendar(config.calendar), load_policies(config.policies)
    scorer = Scorer(policies=policies, periods=periods_of(calendar), is_working_day=calendar.is_working_day)
    with open_pool(config.runtime.database_url, name=f"{SERVICE}-score", max_size=2) as pool:
        Rounds(
            pool=pool,
            scorer=scorer,
            models=read_models(config),
            scoring_pause=config.scoring_pause,
            saying_pause=config.saying_pause,
            now=now,
        ).run(stop)


def _run_recompute(options: RecomputeOptions, config: Config) -> int:
    """The verb `recompute` as a process of its own."""
    prepare_interpreter()
    # Ended from outside, it leaves nothing behind either.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return recompute(config, check=options.check, processes=options.processes)
    except (ServiceError, OffsetOutOfBounds, *OUTAGES) as error:
        sys.stderr.write(f"{str(error).partition(chr(10))[0]}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("The recomputation was broken off; nothing is changed before it says so.\n")
        return 130


def recompute(config: Config, *, check: bool, processes: int = 1) -> int:
    """Folds the whole log afresh beside the live state; compares (`check`), or puts the result in its place."""
    calendar, policies = load_calendar(config.calendar), load_policies(config.policies)
    processes = min(processes, TOPICS[WORK_TOPIC].partitions)
    with ExitStack() as stack:
        workers = stack.enter_context(Workers(partial(_fold_work, config, LANES if processes == 1 else 1), processes))
        # It has threads, which a fork must not share.
        set_up_telemetry(SERVICE, config.runtime.otlp_endpoint)
        pool = stack.enter_context(
            open_pool(config.runtime.database_url, name=f"{SERVICE}-recompute", idle_in_transaction=600)
        )
        log = stack.enter_context(closing(open_event_log(config.runtime.event_log_url)))
        recomputation = Recomputation(
            pool=pool,
            log=log,
            handlers=input_handlers(),
            fold_work=workers.fold,
            policies=policies,
            periods=periods_of(calendar),
            is_working_day=calendar.is_working_day,
            migrations=MIGRATIONS,
            show=show_progress,
        )
        return recomputation.check() if check else recomputation.replace()


def _fold_work(config: Config, lanes: int, positions: Sequence[PositionRow], report: Report) -> None:
    """Folds partitions of work for a recomputation; each of its processes does this once."""
    set_up_telemetry(SERVICE, config.runtime.otlp_endpoint)
    run_lanes([partial(_fold_lane, config, share, report) for share in deal_out(positions, lanes) if share])


def _fold_lane(config: Config, positions: Sequence[PositionRow], report: Report) -> None:
    handler = WorkHandler(periods_of(load_calendar(config.calendar)), marking=False)
    with (
        open_pool(config.runtime.database_url, name=f"{SERVICE}-recompute", max_size=1) as pool,
        closing(open_event_log(config.runtime.event_log_url)) as log,
    ):
        fold_partitions(positions, report, pool=pool, log=log, handler=handler)


def show_progress(line: str, *, last: bool = True) -> None:
    """A line of progress on standard output; one that is not the last is written over on a terminal."""
    if last:
        sys.stdout.write(line + "\n")
    elif sys.stdout.isatty():
        sys.stdout.write(line + "\r")
    sys.stdout.flush()


def handlers(calendar: WorkingCalendar) -> Mapping[str, BatchHandler]:
    """The handler of each topic that scores are made of."""
    return {**input_handlers(), WORK_TOPIC: WorkHandler(periods_of(calendar))}


def input_handlers() -> Mapping[str, BatchHandler]:
    """Those of the topics beside work, which come before it in a recomputation."""
    return {ORGANIZATION_TOPIC: OrganizationHandler(), FINDINGS_TOPIC: FindingsHandler()}


def periods_of(calendar: WorkingCalendar) -> Periods:
    """Months and cut-offs by a working calendar."""
    return Periods(zone=calendar.timezone, cut_off=calendar.cut_off)


def read_models(config: Config) -> ReadModels | None:
    """The read models, where there is a Redis."""
    return ReadModels(open_cache(config.runtime.redis_url)) if config.runtime.redis_url else None


def service_token(config: Config) -> Callable[[], str]:
    """Signs a short-lived token of this service for calls to others."""
    key = config.runtime.token_private_key
    if key is None:
        raise ConfigError("The environment variable TOKEN_PRIVATE_KEY is not set.")
    signer = TokenSigner(key.read_bytes())
    return lambda: signer.sign(subject=SERVICE, roles=["service"], now=now(), lifetime=timedelta(minutes=10))


def _consume(topic: str) -> Part[Config]:
    def consume(config: Config, stop: threading.Event) -> None:
        handler = handlers(load_calendar(config.calendar))[topic]
        owner = f"{socket.gethostname()}:{os.getpid()}"
        with (
            open_pool(config.runtime.database_url, name=f"{SERVICE}-consume", max_size=2) as pool,
            closing(open_event_log(config.runtime.event_log_url)) as log,
        ):
            Consumer(log=log, pool=pool, topic=topic, owner=owner, handler=handler, batch=BATCH, rebuild=REBUILD).run(
                stop
            )

    return consume


CONSUMERS: Mapping[str, Part[Config]] = {
    "consume-organization": _consume(ORGANIZATION_TOPIC),
    "consume-findings": _consume(FINDINGS_TOPIC),
    **{f"consume-work-{number}": _consume(WORK_TOPIC) for number in range(1, WORK_CONSUMERS + 1)},
}

VERBS: Mapping[str, Mapping[str, Part[Config]]] = {
    "run": {},
    "serve": {"grpc": serve},
    "consume": CONSUMERS,
    "score": {"score": score},
    "relay": {"relay": relay},
    "migrate": {},
}
"""Verb → parts that run as threads of its process; `run` is all of them, after `migrate`."""


def main(arguments: Sequence[str]) -> int:
    """Runs a verb to its end; returns the exit code (2: called or configured wrongly, 1: failed)."""
    verb, options = (arguments[0], list(arguments[1:])) if arguments else ("", [])
    if verb != "recompute" and not (verb in VERBS and not options):
        sys.stderr.write(USAGE)
        return 2
    try:
        if verb == "recompute":
            return _run_recompute(read_recompute_options(options), read_config())
        config = read_config()
        # A wrong policy stops every verb at once, not only those that use it.
        load_policies(config.policies)
        return run_verb(verb, VERBS, config, migrations=MIGRATIONS)
    except UsageError as error:
        sys.stderr.write(f"{USAGE}{error}\n")
        return 2
    except (ConfigError, PolicyError, CalendarError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except LogUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
