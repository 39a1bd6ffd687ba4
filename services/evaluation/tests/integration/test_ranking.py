"""Who is best, from Redis and without it."""

import json
from collections.abc import Callable
from typing import Any

import redis

from congvu.evaluation.v1 import resources_pb2
from congvu.evaluation.v1.service_pb2 import ListRankingRequest
from evaluation.domain.periods import parse_month
from evaluation.store.scores import ScoreRow
from evaluation.usecases.read_models import ReadModels
from runtime.cache import open_cache

from .city import at, city, done


def test_the_ranking_is_best_first_with_redis_and_without(
    evaluation: Any, open_door: Callable[..., Any], redis_url: str
) -> None:
    fast, slow = done("task/1", "cuc", due=at(10), completed=at(9)), done("task/2", "an", due=at(10), completed=at(12))
    evaluation.hear([*city(), *fast, *slow])
    request = ListRankingRequest(period="2026-03", policy="pilot-seven-groups")
    door = open_door(roles=["evaluator"])
    ranked = [card.subject_id for card in door.ListRanking(request).scorecards]
    assert ranked[:2] == ["cuc", "an"]
    redis.Redis.from_url(redis_url).flushall()
    assert [card.subject_id for card in door.ListRanking(request).scorecards] == ranked


def test_units_have_a_ranking_of_their_own(evaluation: Any, open_door: Callable[..., Any]) -> None:
    evaluation.hear([*city(), *done("task/1", "an", due=at(10), completed=at(9))])
    request = ListRankingRequest(
        period="2026-03", policy="pilot-seven-groups", subject_kind=resources_pb2.SUBJECT_KIND_UNIT, limit=2
    )
    ranked = [card.subject_id for card in open_door(roles=["evaluator"]).ListRanking(request).scorecards]
    assert len(ranked) == 2
    assert "an" not in ranked


def test_a_writer_that_wakes_up_late_puts_nothing_old(evaluation: Any, redis_url: str) -> None:
    evaluation.hear([*city(), *done("task/1", "an", due=at(10), completed=at(9))])
    cache = redis.Redis.from_url(redis_url)
    before = cache.hget("evaluation:cards:pilot-seven-groups:2026-03", "an")
    cache.set("evaluation:writer", "another")
    month = parse_month("2026-03")
    evaluation.models.write([ScoreRow("an", month, "pilot-seven-groups", 0, b"old")], [])
    assert cache.hget("evaluation:cards:pilot-seven-groups:2026-03", "an") == before


def complete_until(cache: redis.Redis) -> Any:
    """Until when the models say that they are complete."""
    told: Any = cache.get("evaluation:complete")
    return json.loads(told)["as_of"]


def test_a_writer_with_nothing_to_write_leaves_the_models_to_another_one(evaluation: Any, redis_url: str) -> None:
    evaluation.hear(city())
    cache, other = redis.Redis.from_url(redis_url), ReadModels(open_cache(redis_url))
    other.keep_fresh(evaluation.pool, 5)
    for as_of in (7, 8):
        evaluation.models.keep_fresh(evaluation.pool, as_of)
        assert complete_until(cache) == 5
    cache.delete("evaluation:complete")
    evaluation.models.keep_fresh(evaluation.pool, 9)
    assert complete_until(cache) == 9
