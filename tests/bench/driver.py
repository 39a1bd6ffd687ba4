"""The load of the living city: `python -m bench.driver PLAN.json`; answers with one line of JSON.

Facts and reads are sent when they are due, whatever became of those before (open loop). Requests are made before the
first is due, answers are read after the last; what the driver computes meanwhile is in its answer.
"""

import json
import select
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import redis

from bench.facts import Post, Town
from bench.http2 import Call, Client, is_settled
from congvu.evaluation.v1 import resources_pb2
from congvu.evaluation.v1 import service_pb2 as evaluation_service
from congvu.work.v1 import service_pb2 as work_service
from working_calendar import load_calendar

RECORD = "/congvu.work.v1.WorkService/RecordWorkEvents"
READ = "/congvu.evaluation.v1.EvaluationService/GetScorecard"
NEWS, CARDS = "evaluation:moved", "evaluation:cards:{policy}:{period}"
# Sent so much after it was due, a call is late by the driver's fault.
LATE = 0.01
TIMEOUT = 30.0
# Of the reads, whose answers are compared with what the read model had said before.
_CHECKED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to send, to whom, for how long; rates are calls a second, 0 for none. Officers are (officer, unit)."""

    work: str
    evaluation: str
    redis: str
    token: str
    policy: str
    period: str
    due_before: str
    facts_per_second: float
    reads_per_second: float
    warm_up: float
    seconds: float
    officers: Sequence[tuple[str, str]]
    # Tells items of one plan from those of another.
    first: int


@dataclass(slots=True)
class Readable:
    """What the read model shows of officers: how many items of the month, since when each of the plan's is in it."""

    base: dict[str, int] = field(default_factory=dict)
    seen: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def main(plan_file: str) -> None:
    """Carries the plan out."""
    plan = Plan(**json.loads(Path(plan_file).read_text()))
    with redis.Redis.from_url(plan.redis) as cache:
        known = dict(_counts(cache, plan, [officer for officer, _ in plan.officers]))
        readable = Readable(known)
        facts, reads = list(_facts(plan)), list(_reads(plan))
        watching = threading.Event()
        watcher = threading.Thread(target=_watch, args=(cache, plan, readable, facts, watching), daemon=True)
        if facts:
            watcher.start()
            watching.wait(10)
        computed = time.process_time()
        _send_to_both(plan, facts, reads)
        if facts:
            watcher.join()
        computed = time.process_time() - computed
    print(json.dumps(_answer(plan, facts, reads, readable, computed)))  # noqa: T201 - its answer


def _facts(plan: Plan) -> Iterator[Call]:
    """A new item each, to one officer after the other; its times are those at which it will be sent."""
    total = int(plan.facts_per_second * (plan.warm_up + plan.seconds))
    now = datetime.now(UTC)
    town = Town(load_calendar(), now)
    end = datetime.fromisoformat(plan.due_before)
    for number in range(total):
        officer, unit = plan.officers[number % len(plan.officers)]
        at = now + timedelta(seconds=number / plan.facts_per_second)
        post = Post(officer_id=officer, unit_id=unit)
        event = town.new_item(plan.first + number, post, at, due_at=min(at + timedelta(hours=60), end))
        request = work_service.RecordWorkEventsRequest(events=[event])
        yield Call(officer, number / plan.facts_per_second, request.SerializeToString())


def _reads(plan: Plan) -> Iterator[Call]:
    total = int(plan.reads_per_second * (plan.warm_up + plan.seconds))
    for number in range(total):
        # Not in the order of the facts: 7 has no divisor in common with the number of officers, or hardly matters.
        officer, _ = plan.officers[number * 7 % len(plan.officers)]
        request = evaluation_service.GetScorecardRequest(subject_id=officer, period=plan.period, policy=plan.policy)
        yield Call(officer, (number + 0.5) / plan.reads_per_second, request.SerializeToString())


def _send_to_both(plan: Plan, facts: Sequence[Call], reads: Sequence[Call]) -> None:
    """Sends what is due to work and to evaluation."""
    work = Client(plan.work, RECORD, plan.token) if facts else None
    evaluation = Client(plan.evaluation, READ, plan.token)
    send_all([*((call, work) for call in facts if work), *((call, evaluation) for call in reads)])
    for client in (work, evaluation):
        if client:
            client.close()


def send_all(calls: Sequence[tuple[Call, Client]]) -> None:
    """Sends each when it is due, from half a second on; returns when all is answered, or 30 s after the last."""
    clients = list(dict.fromkeys(client for _, client in calls))
    began = time.perf_counter() + 0.5
    for call, client in sorted(calls, key=_due):
        call.due += began
        _receive_until(clients, call.due)
        client.send(call)
    deadline = time.perf_counter() + TIMEOUT
    while not is_settled(clients) and time.perf_counter() < deadline:
        _receive_until(clients, time.perf_counter() + 0.01)


def _due(pair: tuple[Call, Client]) -> float:
    return pair[0].due


def _receive_until(clients: Sequence[Client], moment: float) -> None:
    """Takes what comes until then; at least what is there."""
    while True:
        left = moment - time.perf_counter()
        readable, _, _ = select.select(clients, (), (), max(left, 0.0))
        for client in readable:
            client.receive()
        if left <= 0:
            return


def _watch(cache: "redis.Redis", plan: Plan, readable: Readable, facts: Sequence[Call], ready: threading.Event) -> None:
    """Follows what moves until all facts are in, or none is for half a minute after the last could be."""
    awaited = Counter(call.officer for call in facts)
    wanted, total = awaited.keys(), len(facts)
    found, deadline = 0, time.perf_counter() + plan.warm_up + plan.seconds + 2 * TIMEOUT
    with cache.pubsub(ignore_subscribe_messages=True) as news:  # type: ignore[no-untyped-call]
        news.subscribe(NEWS)
        ready.set()
        while found < total and time.perf_counter() < deadline:
            message = news.get_message(timeout=1.0)
            told = json.loads(message["data"]) if message else []
            moved = {subject for policy, _, subject in told if policy == plan.policy}
            # Without news, whoever still lacks something is asked for: news may get lost, cards may not.
            asked = moved & wanted if message else {one for one in wanted if len(readable.seen[one]) < awaited[one]}
            for officer, count in _counts(cache, plan, sorted(asked)):
                new = count - readable.base[officer] - len(readable.seen[officer])
                if new > 0:
                    readable.seen[officer] += [time.perf_counter()] * new
                    found += new


def _counts(cache: "redis.Redis", plan: Plan, officers: Sequence[str]) -> Iterator[tuple[str, int]]:
    """How many items of the month each one's scorecard has in it."""
    if not officers:
        return
    key = CARDS.format(policy=plan.policy, period=plan.period)
    cards: Any = cache.hmget(key, list(officers))
    for officer, card in zip(officers, cards, strict=True):
        yield officer, _items(resources_pb2.Scorecard.FromString(card)) if card else 0


def _items(card: resources_pb2.Scorecard) -> int:
    """Open ones that are not due yet, and all others."""
    return card.measures.get("work_pending_items", 0) + card.measures.get("work_due_items", 0)


def _answer(
    plan: Plan, facts: Sequence[Call], reads: Sequence[Call], readable: Readable, computed: float
) -> Mapping[str, Any]:
    """Seconds by call: facts from accepted to readable and from due to accepted, reads from due to answered."""
    of_officer: defaultdict[str, Iterator[float]] = defaultdict(lambda: iter(()))
    of_officer.update({officer: iter(seen) for officer, seen in readable.seen.items()})
    accepted = [call for call in facts if call.answer and is_accepted(call.answer)]
    delays = [(call, next(of_officer[call.officer], None)) for call in accepted]
    counted = [(call, seen) for call, seen in delays if _counts_in(plan, call, facts)]
    answered = [call for call in reads if call.answer and _counts_in(plan, call, reads)]
    return {
        "readable": [seen - call.answered for call, seen in counted if seen is not None],
        "never_readable": [call.officer for call, seen in delays if seen is None],
        "accepted": [call.answered - call.due for call, _ in counted],
        "read": [call.answered - call.due for call in answered],
        "facts": _outcome(facts, len(accepted)),
        "reads": _outcome(reads, sum(bool(call.answer) for call in reads)),
        "stale": _stale(reads, readable),
        "driver": computed / (plan.warm_up + plan.seconds),
    }


def is_accepted(answer: bytes) -> bool:
    """Whether work took the fact in."""
    return bool(work_service.RecordWorkEventsResponse.FromString(answer).accepted)


def _counts_in(plan: Plan, call: Call, calls: Sequence[Call]) -> bool:
    return call.due - calls[0].due >= plan.warm_up


def _outcome(calls: Sequence[Call], good: int) -> Mapping[str, Any]:
    """How many were good, late by the driver's fault, or not answered well, and how many a second that was."""
    if not calls:
        return {"sent": 0, "good": 0, "late": 0, "per_second": 0.0}
    last = max(max(call.answered, call.sent) for call in calls)
    return {
        "sent": len(calls),
        "good": good,
        "late": sum(call.sent - call.due > LATE for call in calls),
        "per_second": good / (last - calls[0].due),
    }


def _stale(reads: Sequence[Call], readable: Readable) -> int:
    """Of the reads that are checked, those whose answer lacks what the read model had before they were sent."""
    stale = 0
    for call in reads[::_CHECKED]:
        if call.answer:
            shown = _items(evaluation_service.GetScorecardResponse.FromString(call.answer).scorecard)
            before = sum(seen < call.sent for seen in readable.seen.get(call.officer, ()))
            stale += shown < readable.base[call.officer] + before
    return stale


def write_plan(plan: Plan, file: Path) -> None:
    """For `main`."""
    file.write_text(json.dumps(asdict(plan)))


if __name__ == "__main__":
    main(sys.argv[1])
