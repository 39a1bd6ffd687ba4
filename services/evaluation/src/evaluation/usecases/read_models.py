"""What Redis holds of the scores: the cards, the rankings, and the news of what moved. All of it may be lost."""

import json
import logging
from collections.abc import Iterator, Sequence

import redis

from evaluation.domain.periods import Month, format_month
from evaluation.store import scores as store
from runtime.postgres import Pool

logger = logging.getLogger(__name__)

NEWS = "evaluation:moved"
_REBUILD_MONTHS = 3
_READY = "evaluation:ready"
# Without its writer the models are not trusted longer than this.
_READY_SECONDS = 10


class ReadModels:
    """Cards by (policy, month, subject); rankings as sorted sets of subjects by points; `NEWS` names what moved.

    A key that the one writer keeps alive says that they are complete; without it readers go to the database.
    """

    def __init__(self, cache: redis.Redis) -> None:
        self._cache = cache
        self._fresh = False

    def fetch(self, policy: str, month: Month, subject: str) -> bytes | None:
        """The card, if it is here and sure to be the latest."""
        try:
            if not self._cache.exists(_READY):
                return None
            card = self._cache.hget(_cards_key(policy, month), subject)
        except redis.RedisError:
            return None
        return card if isinstance(card, bytes) else None

    def write(self, rows: Sequence[store.ScoreRow], gone: Sequence[store.ScoreKey]) -> None:
        """Puts scores that moved, and says so; a failure only makes the models stale until they are rebuilt."""
        try:
            if (rows or gone) and self._is_ready():
                self._put(rows)
                self._remove(gone)
        except redis.RedisError as error:
            self._fresh = False
            logger.warning("The read models could not be written: %s", error)

    def keep_fresh(self, pool: Pool) -> None:
        """Rebuilds the models of the latest months if Redis lost them or missed something."""
        try:
            if self._is_ready():
                self._cache.expire(_READY, _READY_SECONDS)
                return
            self._cache.delete(_READY)
            with pool.connection() as conn:
                months = store.load_months(conn)[-_REBUILD_MONTHS:]
                rows = [row for month in months for row in store.load_scores(conn, month=month)]
            self._clear()
            self._put(rows, news=False)
            self._cache.set(_READY, 1, ex=_READY_SECONDS)
            self._fresh = True
        except redis.RedisError as error:
            logger.warning("The read models could not be rebuilt: %s", error)

    def news(self) -> Iterator[tuple[str, Month, str] | None]:
        """(policy, month, subject) of each score that moves from now on; None about once a second when nothing does."""
        pubsub = self._cache.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        with pubsub as subscription:
            subscription.subscribe(NEWS)
            while True:
                message = subscription.get_message(timeout=1.0)
                if message is None:
                    yield None
                    continue
                yield from json.loads(message["data"])

    def _is_ready(self) -> bool:
        return self._fresh and bool(self._cache.exists(_READY))

    def _clear(self) -> None:
        for pattern in ("evaluation:cards:*", "evaluation:ranking:*"):
            for key in self._cache.scan_iter(pattern, count=1000):
                self._cache.delete(key)

    def _put(self, rows: Sequence[store.ScoreRow], *, news: bool = True) -> None:
        with self._cache.pipeline(transaction=False) as pipeline:
            for row in rows:
                pipeline.hset(_cards_key(row.policy, row.month), row.subject, row.card)
                ranking = _ranking_key(row.policy, row.month)
                if row.points is None:
                    pipeline.zrem(ranking, row.subject)
                else:
                    pipeline.zadd(ranking, {row.subject: row.points})
            if news and rows:
                pipeline.publish(NEWS, json.dumps([(row.policy, row.month, row.subject) for row in rows]))
            pipeline.execute()

    def _remove(self, gone: Sequence[store.ScoreKey]) -> None:
        with self._cache.pipeline(transaction=False) as pipeline:
            for subject, month, policy in gone:
                pipeline.hdel(_cards_key(policy, month), subject)
                pipeline.zrem(_ranking_key(policy, month), subject)
            pipeline.execute()


def _ranking_key(policy: str, month: Month) -> str:
    return f"evaluation:ranking:{policy}:{format_month(month)}"


def _cards_key(policy: str, month: Month) -> str:
    return f"evaluation:cards:{policy}:{format_month(month)}"
