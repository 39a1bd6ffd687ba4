"""Ports of a city: free ones chosen once, replaced only when another program has taken them."""

import secrets
import socket
from collections.abc import Callable, Iterable, Mapping

from embedded.errors import CityError

# Below the range from which Linux takes ports for outgoing connections.
FIRST, LAST = 20_000, 32_000
TRIES = 1_000


def is_free(port: int) -> bool:
    """Whether a service could listen on the port of this machine's loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # A port in TIME_WAIT after a restart is still ours; only a listener makes this fail.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True


def choose_ports(
    names: Iterable[str], kept: Mapping[str, int], *, free: Callable[[int], bool] = is_free
) -> dict[str, int]:
    """A port for every name: the kept one while it is free, otherwise a new one."""
    chosen: dict[str, int] = {}
    for name in names:
        port = kept.get(name, 0)
        usable = port and port not in chosen.values() and free(port)
        chosen[name] = port if usable else _new_port({*kept.values(), *chosen.values()}, free)
    return chosen


def _new_port(taken: set[int], free: Callable[[int], bool]) -> int:
    for _ in range(TRIES):
        port = FIRST + secrets.randbelow(LAST - FIRST)
        if port not in taken and free(port):
            return port
    raise CityError(
        f"No free port between {FIRST} and {LAST} on 127.0.0.1; end other programs or cities and try again."
    )
