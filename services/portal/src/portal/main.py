"""Composition root: `python -m portal.main run | serve`."""

import logging
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from portal.clients import Connections
from portal.config import Config, read_config
from portal.store import Sessions
from portal.web import create_web
from portal.web.hub import Hub
from portal.web.live import LiveScores
from runtime.auth import TokenSigner, TokenVerifier
from runtime.cache import open_cache
from runtime.config import ConfigError
from runtime.process import Part, run_verb
from runtime.rpc import GrpcServer
from runtime.web import HttpServer
from working_calendar import CalendarError, load_calendar

SERVICE = "portal"
USAGE = "usage: python -m portal.main run | serve\n"
TOKEN_LIFETIME = timedelta(minutes=10)
# So long a page waits for its session: many wait at the same time for a Redis that hangs.
SESSION_SECONDS = 1.0

logger = logging.getLogger(__name__)


def now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


def serve(config: Config, stop: threading.Event) -> None:
    """Answers browsers and programs until told to stop; over gRPC it only says that it is healthy."""
    verifier = TokenVerifier(config.runtime.token_public_key.read_bytes())
    signer = TokenSigner(config.private_key.read_bytes())
    with ExitStack() as stack:
        connections = stack.enter_context(_connect(config))
        own = connections.speaking(
            lambda: signer.sign(subject=SERVICE, roles=("service",), now=now(), lifetime=TOKEN_LIFETIME)
        )
        hub = Hub()
        live = threading.Thread(target=LiveScores(own, hub).run, args=[stop], name="live", daemon=True)
        web = create_web(
            connections=connections,
            own=own,
            sessions=Sessions(open_cache(config.runtime.redis_url, seconds=SESSION_SECONDS)),
            hub=hub,
            verifier=verifier,
            calendar=load_calendar(config.calendar),
            clock=now,
        )
        server = HttpServer(web, config.runtime.http_address)
        health = GrpcServer(address=config.runtime.grpc_address, services=[], verifier=verifier, workers=1)
        health.start()
        live.start()
        logger.info("HTTP listens on port %d.", server.port)
        server.run(stop)
        health.stop()


def _connect(config: Config) -> Connections:
    return Connections(
        organization=config.organization_address,
        work=config.work_address,
        evaluation=config.evaluation_address,
        policy=config.policy,
    )


VERBS: Mapping[str, Mapping[str, Part[Config]]] = {"run": {}, "serve": {"serve": serve}}
"""Verb → parts that run as threads of its process; `run` is all of them."""


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
    return run_verb(arguments[0], VERBS, config, migrations=None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
