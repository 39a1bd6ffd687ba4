"""What moved is said: events in the outbox, cards and rankings in Redis, and both can be lost."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis

from congvu.evaluation.v1 import events_pb2
from congvu.evaluation.v1 import service_pb2 as rpc
from evaluation.usecases.saying import say_moved
from runtime.errors import NotFound
from testkit.facts import WorkEvents

from .city import at, city, done, records_of

SECOND = timedelta(seconds=1)


@pytest.fixture
def say(evaluation: Any) -> Callable[[datetime], list[events_pb2.EvaluationEvent]]:
    """`say(now)`: the events about what moved."""

    def said(now: datetime) -> list[events_pb2.EvaluationEvent]:
        say_moved(evaluation.pool, now=now, pause_seconds=1)
        return [events_pb2.EvaluationEvent.FromString(record.value) for record in evaluation.publish()]

    return said


@pytest.fixture
def cache(redis_url: str) -> redis.Redis:
    """The Redis of the service."""
    return redis.Redis.from_url(redis_url, decode_responses=True)


def work(number: int) -> Any:
    return done(f"task/{number}", "an", due=at(10), completed=at(9))


Say = Callable[[datetime], list[events_pb2.EvaluationEvent]]


def test_an_event_tells_all_that_moved_of_a_subject(evaluation: Any, say: Say) -> None:
    evaluation.hear([*city(), *work(1)])
    (event,) = [event for event in say(at(20)) if event.subject_id == "an"]
    cards = {(card.period, card.policy): card for card in event.scores_changed.scorecards}
    assert cards.keys() == {("2026-03", "decree-335"), ("2026-03", "pilot-seven-groups")}
    assert {card.revision for card in cards.values()} == {event.revision} == {1}
    assert cards["2026-03", "decree-335"].measures["work_done"] == 1000
    assert event.occurred_at.ToDatetime() == evaluation.clock().replace(tzinfo=None)


def test_of_a_subject_at_most_one_event_a_second_is_said_and_revisions_increase(evaluation: Any, say: Say) -> None:
    now, revisions = at(20), []
    evaluation.hear(city())
    say(now - 10 * SECOND)
    for n in range(8):
        evaluation.hear(work(n))
        revisions += [event.revision for event in say(now + n * SECOND / 2) if event.subject_id == "an"]
    assert revisions == [2, 3, 4, 5]
    last = [event for event in say(now + 10 * SECOND) if event.subject_id == "an"]
    assert [event.revision for event in last] == [6]
    assert last[0].scores_changed.scorecards[0].measures["work_done"] == 8000


def test_nothing_is_said_when_nothing_moved(evaluation: Any, say: Say) -> None:
    evaluation.hear([*city(), *work(1)])
    assert say(at(20))
    evaluation.hear()
    assert say(at(21)) == []


def test_who_waited_longest_is_spoken_of_first(evaluation: Any, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.usecases.saying._EVENTS", 4)
    evaluation.hear(city())
    told = [event.subject_id for n in range(3) for event in say(at(20) + n * SECOND)]
    assert len(told) == len(set(told)) == 11


def test_redis_wiped_is_rebuilt(evaluation: Any, open_door: Callable[..., Any], cache: redis.Redis) -> None:
    evaluation.hear([*city(), *work(1)])
    door, request = open_door(roles=["evaluator"]), rpc.GetScorecardRequest(subject_id="an", period="2026-03")
    before, keys = door.GetScorecard(request), sorted(cache.keys("evaluation:*"))
    assert "evaluation:ranking:pilot-seven-groups:2026-03" in keys
    cache.flushall()
    assert door.GetScorecard(request) == before
    evaluation.hear()
    assert sorted(cache.keys("evaluation:*")) == keys
    assert door.GetScorecard(request) == before


def test_the_ranking_holds_who_has_points(evaluation: Any, cache: redis.Redis) -> None:
    ranking = "evaluation:ranking:pilot-seven-groups:2026-03"
    evaluation.hear([*city(), *work(1)])
    assert set(cache.zrange(ranking, 0, -1)) == {"an", "SNV-CCVC", "SNV", "HUE"}
    assert cache.zscore(ranking, "an") == 7778


def test_a_score_that_is_gone_is_gone_everywhere(
    evaluation: Any, open_door: Callable[..., Any], cache: redis.Redis
) -> None:
    item = WorkEvents("task/1", officer_id="ghost", unit_id="SNV-CCVC")
    evaluation.hear([*city(), *records_of([item.assigned(at(2), due_at=at(30))])])
    door, request = open_door(roles=["evaluator"]), rpc.GetScorecardRequest(subject_id="ghost", period="2026-03")
    assert door.GetScorecard(request).scorecard.measures["work_pending_items"] == 1
    (unknown,) = door.ListParked(rpc.ListParkedRequest()).unknown_subjects
    assert (unknown.subject_id, unknown.items, unknown.example_work_id) == ("ghost", 1, "task/1")
    evaluation.hear(records_of([item.reassigned(at(3), officer_id="an")]))
    with pytest.raises(NotFound):
        door.GetScorecard(request)
    assert not cache.hexists("evaluation:cards:decree-335:2026-03", "ghost")
    assert not door.ListParked(rpc.ListParkedRequest()).unknown_subjects
