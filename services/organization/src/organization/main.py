"""Composition root: `python -m organization.main run | serve | relay | migrate`."""

import logging
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from organization.config import Config, read_config
from organization.passwords import Passwords
from organization.rpc.service import OrganizationServicer, grpc_service
from runtime.auth import TokenSigner, TokenVerifier
from runtime.config import ConfigError
from runtime.postgres import open_pool
from runtime.process import Part, relay, run_verb
from runtime.rpc import GrpcServer

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


VERBS: Mapping[str, Mapping[str, Part[Config]]] = {
    "run": {},
    "serve": {"grpc": serve},
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
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return run_verb(arguments[0], VERBS, config, migrations=MIGRATIONS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
