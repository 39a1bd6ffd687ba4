"""What Redis holds of the scores: the cards, the rankings, and the news of what moved. All of it may be lost."""

import json
import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import redis

from evaluation.domain.periods import Instant, Month, format_month
from evaluation.store import scores as store
from evaluation.usecases.scoring import Moved
from runtime.errors import Unavailable
from runtime.postgres import Pool

logger = logging.getLogger(__name__)

NEWS = "evaluation:moved"
_REBUILD_MONTHS = 3
_READY = "evaluation:complete"
_WRITER = "evaluation:writer"
# Without its writer the models are not trusted longer than this; a scorer may rest for some seconds.
_READY_SECONDS = 30
_PATTERNS = ("evaluation:cards:*", "evaluation:ranking:*")


class ReadModels:
    """Cards by (policy, month, subject); rankings as sorted sets of subjects by points; `NEWS` names what moved.

    A key that the writer keeps alive says which months are complete and until when; without it readers go to the
    database. The last one who rebuilt them is the writer: another one that wakes up late can put nothing old.
    """

    def __init__(self, cache: redis.Redis, *, look_seconds: float = 0.05) -> None:
        """A reader believes for `look_seconds` what it was told of the models being complete."""
        self._name = uuid4().hex.encode()
        self._cache = cache
        self._is_writer = False
        # They may lack something that this one should have put.
        self._doubtful = True
        self._months: list[Month] = []
        self._seen: Instant | None = None
        self._look_seconds = look_seconds
        self._look_at = 0.0

    def fetch(self, policy: str, month: Month, subject: str) -> tuple[bytes, Instant] | None:
        """The card, and until when it holds everything, if it is here and sure to be the latest."""
        try:
            # In this order: what is read later holds at least what was told before.
            as_of = self._complete_until()
            card = self._cache.hget(_cards_key(policy, month), subject) if as_of is not None else None
        except redis.RedisError:
            return None
        return (card, as_of) if isinstance(card, bytes) and as_of is not None else None

    def ranking(self, policy: str, month: Month) -> list[str] | None:
        """Subjects with points, best first, if they are here and sure to be the latest."""
        try:
            # Together: a rebuilding that comes between would show a part.
            with self._cache.pipeline(transaction=True) as pipeline:
                pipeline.get(_READY)
                pipeline.zrange(_ranking_key(policy, month), 0, -1, withscores=True)
                ready, ranked = pipeline.execute()
        except redis.RedisError:
            return None
        if ready is None or month not in json.loads(ready)["months"]:
            return None
        return [subject.decode() for subject, _ in sorted(ranked, key=lambda one: (-one[1], one[0]))]

    def distrust(self) -> None:
        """They are to be rebuilt: what has moved may not be all in them."""
        self._doubtful = True

    def follow(self, pool: Pool, moved: Moved) -> None:
        """Puts what a round of the scorer moved; what another scorer moved meanwhile is rebuilt."""
        if not moved.alone:
            self.distrust()
        told = self.write(moved.rows, moved.gone)
        self.keep_fresh(pool, moved.as_of)
        # Who hears of it must find it: after the rebuilding.
        self._tell([] if told else moved.rows, moved.later)

    def write(self, rows: Sequence[store.ScoreRow], gone: Sequence[store.ScoreKey]) -> bool:
        """Puts scores that moved, and tells; False if not, for what cannot be put makes them doubtful until rebuilt."""
        if not rows and not gone:
            return True
        if self._doubtful:
            return False
        try:
            self._doubtful = not self._is_writer or not self._cache.exists(_READY)
            if not self._doubtful:
                with self._writing() as pipeline:
                    _put(pipeline, rows)
                    _remove(pipeline, gone)
                    if rows:
                        pipeline.publish(NEWS, _write_news(rows))
        except redis.RedisError as error:
            self._doubtful = True
            logger.warning("The read models could not be written: %s", error)
        return not self._doubtful

    def keep_fresh(self, pool: Pool, as_of: Instant) -> None:
        """Rebuilds the models of the latest months if Redis lost them or missed something; all is in until `as_of`.

        While another writer keeps them, this one leaves them to it.
        """
        try:
            if self._doubtful or not self._cache.exists(_READY):
                self._rebuild(pool)
            if self._is_writer:
                self._say_ready(as_of)
        except redis.WatchError:
            self._is_writer = False
        except redis.RedisError as error:
            self._doubtful = True
            logger.warning("The read models could not be rebuilt: %s", error)

    def news(self, *, pause: float = 1.0) -> Iterator[tuple[str, Month, str] | None]:
        """(policy, month, subject) of each score that moves from now on, with no policy when only work of a month to
        come has changed; None at first, and every `pause` seconds
        while nothing does. Raises Unavailable when Redis goes away, be it for a moment: news would be missed.
        """
        listening = False
        try:
            with self._cache.pubsub() as subscription:  # type: ignore[no-untyped-call]
                subscription.subscribe(NEWS)
                while True:
                    message = subscription.get_message(timeout=pause)
                    if message is not None and message["type"] == "message":
                        yield from (tuple(one) for one in json.loads(message["data"]))
                        continue
                    if message is not None and listening:
                        raise Unavailable("The subscription was broken in between; what moved meanwhile is not known.")
                    listening = True
                    yield None
        except redis.RedisError as error:
            raise Unavailable(f"Nobody tells what moves: Redis does not answer ({error}).") from error

    def _tell(self, rows: Sequence[store.ScoreRow], later: Sequence[tuple[str, Month]]) -> None:
        try:
            if rows or later:
                self._cache.publish(NEWS, _write_news(rows, later))
        except redis.RedisError as error:
            logger.warning("Nobody could be told what moved: %s", error)

    def _complete_until(self) -> Instant | None:
        """Until when everything is here, as of a moment ago; None when that is not sure.

        Threads may look at once: each of their answers was true a moment ago.
        """
        if time.monotonic() >= self._look_at:
            ready = self._cache.get(_READY)
            self._seen = json.loads(ready)["as_of"] if isinstance(ready, bytes) else None
            self._look_at = time.monotonic() + (self._look_seconds if self._seen is not None else 0)
        return self._seen

    def _rebuild(self, pool: Pool) -> None:
        # In this order: who was the writer cannot say any more that they are complete.
        self._cache.set(_WRITER, self._name)
        self._cache.delete(_READY)
        with pool.connection() as conn:
            self._months = store.load_months(conn)[-_REBUILD_MONTHS:]
            rows = [row for month in self._months for row in store.load_scores(conn, month=month)]
        before = [key for pattern in _PATTERNS for key in self._cache.scan_iter(pattern, count=1000)]
        with self._writing() as pipeline:
            if before:
                pipeline.delete(*before)
            _put(pipeline, rows)
        self._is_writer, self._doubtful = True, False

    def _say_ready(self, as_of: Instant) -> None:
        with self._writing() as pipeline:
            pipeline.set(_READY, json.dumps({"months": self._months, "as_of": as_of}), ex=_READY_SECONDS)

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        """A transaction of Redis that fails (WatchError) when another one has become the writer."""
        with self._cache.pipeline(transaction=True) as pipeline:
            pipeline.watch(_WRITER)  # type: ignore[no-untyped-call]
            if pipeline.get(_WRITER) != self._name:
                raise redis.WatchError("Another scorer has rebuilt the read models.")
            pipeline.multi()
            yield pipeline
            pipeline.execute()


def _write_news(rows: Sequence[store.ScoreRow], later: Sequence[tuple[str, Month]] = ()) -> str:
    """Months to come have no score by any policy."""
    news = [(row.policy, row.month, row.subject) for row in rows]
    return json.dumps([*news, *(("", month, subject) for subject, month in later)])


def _put(pipeline: Any, rows: Sequence[store.ScoreRow]) -> None:
    for (policy, month), some in _by_key(rows).items():
        pipeline.hset(_cards_key(policy, month), mapping={row.subject: row.card for row in some})
        ranking = _ranking_key(policy, month)
        if points := {row.subject: row.points for row in some if row.points is not None}:
            pipeline.zadd(ranking, points)
        if without := [row.subject for row in some if row.points is None]:
            pipeline.zrem(ranking, *without)


def _remove(pipeline: Any, gone: Sequence[store.ScoreKey]) -> None:
    for subject, month, policy in gone:
        pipeline.hdel(_cards_key(policy, month), subject)
        pipeline.zrem(_ranking_key(policy, month), subject)


def _by_key(rows: Sequence[store.ScoreRow]) -> Mapping[tuple[str, Month], list[store.ScoreRow]]:
    found: defaultdict[tuple[str, Month], list[store.ScoreRow]] = defaultdict(list)
    for row in rows:
        found[row.policy, row.month].append(row)
    return found


def _ranking_key(policy: str, month: Month) -> str:
    return f"evaluation:ranking:{policy}:{format_month(month)}"


def _cards_key(policy: str, month: Month) -> str:
    return f"evaluation:cards:{policy}:{format_month(month)}"
