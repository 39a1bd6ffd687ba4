"""The cache against a real Redis."""

import pytest

from embedded.servers import RedisServer
from runtime.cache import open_cache
from runtime.config import ConfigError


def test_it_keeps_bytes(redis_url: str) -> None:
    cache = open_cache(redis_url)
    cache.set("a", b"\x00\xff")
    assert cache.get("a") == b"\x00\xff"


def test_it_survives_the_servers_restart_without_its_contents(redis_server: RedisServer, redis_url: str) -> None:
    cache = open_cache(redis_url)
    cache.set("a", 1)
    redis_server.kill()
    redis_server.start()
    assert cache.get("a") is None


def test_no_url_is_no_cache() -> None:
    with pytest.raises(ConfigError, match="REDIS_URL"):
        open_cache("")
