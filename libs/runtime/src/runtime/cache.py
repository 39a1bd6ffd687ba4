"""Redis: holds only what may be lost."""

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from runtime.config import ConfigError


def open_cache(url: str, *, seconds: float = 5.0) -> redis.Redis:
    """A thread-safe client; values come back as bytes. Connects at first use, so a missing server fails there.

    It waits `seconds` for each answer, three times when a connection breaks or is slow.

    Raises ConfigError for an empty URL: the service then runs without a cache and must not ask for one.
    """
    if not url:
        raise ConfigError("REDIS_URL is empty; without it there is no cache.")
    retry = Retry(ExponentialBackoff(cap=0.5, base=0.05), retries=2)
    return redis.Redis.from_url(
        url, socket_timeout=seconds, socket_connect_timeout=seconds, health_check_interval=30, retry=retry
    )
