"""A process in the place of a service: answers gRPC health at GRPC_ADDRESS, or ends at once (END_AT_ONCE)."""

import os
import sys
import threading
from pathlib import Path

from runtime.auth import TokenVerifier
from runtime.process import run_parts
from runtime.rpc import GrpcServer


def serve(stop: threading.Event) -> None:
    verifier = TokenVerifier(Path(os.environ["TOKEN_PUBLIC_KEY"]).read_bytes())
    server = GrpcServer(address=os.environ["GRPC_ADDRESS"], services=[], verifier=verifier)
    server.start()
    stop.wait()
    server.stop(grace=1)


if os.environ.get("END_AT_ONCE") == sys.argv[1]:
    sys.exit("Error: this service cannot start")
sys.exit(run_parts({"grpc": serve}, service=sys.argv[1]))
