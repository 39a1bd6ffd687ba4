"""Composition root: `python -m organization.main run | serve | relay | migrate`."""

import logging
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from organization.config import Config, read_config
from organization.passwords import Passwords
from organization.rpc.service import OrganizationServicer, grpc_service
from runtime.auth import TokenSigner, TokenVerifier
from runtime.config import ConfigError
from runtime.events import open_event_log
from runtime.outbox import Relay
from runtime.postgres import migrate, open_pool
from runtime.process import run_parts
from runtime.rpc import GrpcServer
from runtime.telemetry import set_up_telemetry

SERVICE = "organization"
MIGRATIONS = Path(__file__).parent / "migrations"
USAGE = "usage: python -m organization.main run | serve | relay | migrate\n"

logger = logging.getLogger(__name__)


def serve(config: Config, stop: threading.Event) -> None:
    """Answers gRPC until told to stop."""
    with open_pool(config.runtime.database_url, name=SERVICE) as pool:
        servicer = OrganizationServicer(
            pool=pool,
            passwords=Passwords(),
            signer=TokenSigner(config.token_private_key.read_bytes()),
            clock=lambda: datetime.now(UTC),
        )
        server = GrpcServer(
            address=config.runtime.grpc_address,
            services=[grpc_service(servicer)],
            verifier=TokenVerifier(config.runtime.token_public_key.read_bytes()),
        )
        logger.info("The gRPC door opens on port %d.", server.port)
        server.run(stop)


def relay(config: Config, stop: threading.Event) -> None:
    """Publishes the outbox until told to stop."""
    with (
        open_pool(config.runtime.database_url, name=f"{SERVICE}-relay", max_size=2) as pool,
        closing(open_event_log(config.runtime.event_log_url)) as log,
    ):
        Relay(pool=pool, log=log).run(stop)


Part = Callable[[Config, threading.Event], None]

VERBS: Mapping[str, Mapping[str, Part]] = {
    "run": {"grpc": serve, "relay": relay},
    "serve": {"grpc": serve},
    "relay": {"relay": relay},
    "migrate": {},
}
"""Verb → parts that run as threads of the process; `run` and `migrate` bring the database up to date first."""


def main(arguments: Sequence[str]) -> int:
    """Runs a verb to its end; returns the exit code (2: called wrongly)."""
    if len(arguments) != 1 or arguments[0] not in VERBS:
        sys.stderr.write(USAGE)
        return 2
    try:
        config = read_config()
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return _run(arguments[0], config)


def _run(verb: str, config: Config) -> int:
    set_up_telemetry(SERVICE, config.runtime.otlp_endpoint)
    if verb in ("run", "migrate"):
        migrate(config.runtime.database_url, [MIGRATIONS])
    if not VERBS[verb]:
        return 0
    parts = {name: _bound(part, config) for name, part in VERBS[verb].items()}
    return run_parts(parts, service=SERVICE)


def _bound(part: Part, config: Config) -> Callable[[threading.Event], None]:
    return lambda stop: part(config, stop)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
