"""Composition root: `python -m work.main run | serve | consume | relay | migrate`."""

import logging
import os
import socket
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from runtime.auth import TokenVerifier
from runtime.config import ConfigError
from runtime.events import open_event_log
from runtime.events.consumer import Consumer
from runtime.postgres import open_pool
from runtime.process import Part, relay, run_verb
from runtime.rpc import GrpcServer
from runtime.web import HttpServer
from work import consumer
from work.config import Config, read_config
from work.rpc.service import WorkServicer, grpc_service
from work.usecases.desk import Desk
from work.web import create_web
from working_calendar import CalendarError, load_calendar

SERVICE = "work"
MIGRATIONS = Path(__file__).parent / "migrations"
# Calls of the intake wait for each other, and each holds a thread meanwhile.
CALLS_AT_ONCE = 32
USAGE = "usage: python -m work.main run | serve | consume | relay | migrate\n"

logger = logging.getLogger(__name__)


def now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


def serve_grpc(config: Config, stop: threading.Event) -> None:
    """Answers gRPC until told to stop."""
    with _open_desk(config, "grpc") as desk:
        server = GrpcServer(
            address=config.runtime.grpc_address,
            services=[grpc_service(WorkServicer(desk=desk, clock=now))],
            verifier=_verifier(config),
            workers=CALLS_AT_ONCE,
        )
        logger.info("gRPC listens on port %d.", server.port)
        server.run(stop)


def serve_http(config: Config, stop: threading.Event) -> None:
    """Takes in CloudEvents over HTTP until told to stop."""
    with _open_desk(config, "http") as desk:
        server = HttpServer(create_web(desk=desk, verifier=_verifier(config), clock=now), config.runtime.http_address)
        logger.info("HTTP listens on port %d.", server.port)
        server.run(stop)


def consume(config: Config, stop: threading.Event) -> None:
    """Follows the organization until told to stop."""
    with (
        open_pool(config.runtime.database_url, name=f"{SERVICE}-consume", max_size=2) as pool,
        closing(open_event_log(config.runtime.event_log_url)) as log,
    ):
        handler = consumer.OrganizationHandler(calendar=load_calendar(config.calendar), clock=now)
        owner = f"{socket.gethostname()}/{os.getpid()}"
        Consumer(log=log, pool=pool, topic=consumer.TOPIC, owner=owner, handler=handler).run(stop)


@contextmanager
def _open_desk(config: Config, door: str) -> Iterator[Desk]:
    with open_pool(config.runtime.database_url, name=f"{SERVICE}-{door}") as pool:
        yield Desk(pool=pool, calendar=load_calendar(config.calendar))


def _verifier(config: Config) -> TokenVerifier:
    return TokenVerifier(config.runtime.token_public_key.read_bytes())


VERBS: Mapping[str, Mapping[str, Part[Config]]] = {
    "run": {},
    "serve": {"grpc": serve_grpc, "http": serve_http},
    "consume": {"consume": consume},
    "relay": {"relay": relay},
    "migrate": {},
}
"""Verb → parts that run as threads of its process; `run` is all of them, after `migrate`."""


def main(arguments: Sequence[str]) -> int:
    """Runs a verb to its end; returns the exit code (2: called wrongly)."""
    if len(arguments) != 1 or arguments[0] not in VERBS:
        sys.stderr.write(USAGE)
        return 2
    try:
        config = read_config()
        load_calendar(config.calendar)
    except (ConfigError, CalendarError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return run_verb(arguments[0], VERBS, config, migrations=MIGRATIONS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
