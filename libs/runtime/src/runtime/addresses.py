"""Addresses of doors: "host:port"."""

from runtime.config import ConfigError


def split_address(address: str) -> tuple[str, int]:
    """("127.0.0.1", 8080) of "127.0.0.1:8080"; port 0 means a free one. Raises ConfigError."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise ConfigError(f"The address {address!r} must be host:port, such as 127.0.0.1:8080.")
    return host.strip("[]"), int(port)
