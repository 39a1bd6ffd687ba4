"""Callers who come at once share a transaction of the intake, and nothing else: each has its own answer."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pytest
from opentelemetry import trace

from congvu.work.v1 import events_pb2 as pb
from congvu.work.v1 import service_pb2 as rpc
from congvu.work.v1.service_pb2_grpc import WorkServiceStub
from runtime.auth import Caller
from runtime.errors import Unavailable
from testkit.clock import Clock
from testkit.facts import WorkEvents
from testkit.waiting import wait_until
from work.events.reading import read_batch
from work.store.dates import own_dates
from work.usecases.desk import Actor, Desk
from work.usecases.intake import Outcome
from work.usecases.queue import IntakeQueue

from .city import Door, Organization, at

Told = Callable[[], list[pb.WorkEvent]]
Send = Callable[..., Outcome]

MONDAY, DUE = at("2026-03-02T08:00"), at("2026-03-20")


def item(number: int) -> WorkEvents:
    return WorkEvents(f"document/{number}", officer_id="an", unit_id="SNV-CCVC")


def assigned(number: int, **fields: Any) -> pb.WorkEvent:
    return item(number).assigned(MONDAY, due_at=DUE, **fields)


@pytest.fixture
def queue(desk: Desk, city: Organization, catalogue: WorkServiceStub, clock: Clock) -> IntakeQueue:
    """The queue of a door; it is the end of March."""
    clock.now = at("2026-03-31T09:00")
    return IntakeQueue(desk)


@pytest.fixture
def send(queue: IntakeQueue, clock: Clock) -> Send:
    """`send(event, …)`: one call of a system outside, answered."""
    caller = Caller(subject="records", roles=frozenset({"service"}), officer_id="")
    return lambda *events: queue.record(Actor(caller=caller, now=clock()), read_batch(events))


@contextmanager
def held(url: str) -> Iterator[None]:
    """Within, no transaction of the intake gets further than its first lock."""
    with psycopg.connect(url) as conn:
        own_dates(conn)
        yield


@contextmanager
def at_once(
    url: str, queue: IntakeQueue, send: Send, batches: Sequence[Sequence[pb.WorkEvent]]
) -> Iterator[list[Future[Outcome]]]:
    """Gives the calls: the first has a transaction of its own, and all others wait together for the next one."""
    with ThreadPoolExecutor(len(batches)) as threads, ExitStack() as holding:
        holding.enter_context(held(url))
        calls = [threads.submit(send, *batches[0])]
        wait_until(lambda: not queue.waiting and _is_stuck(url))
        for number, batch in enumerate(batches[1:], start=1):
            calls.append(threads.submit(send, *batch))
            wait_until(lambda number=number: queue.waiting == number)  # type: ignore[misc]
        holding.close()
        yield calls


def _is_stuck(url: str) -> bool:
    query = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with psycopg.connect(url, autocommit=True) as conn:
        return conn.execute(query).fetchone() is not None


def transactions(url: str) -> dict[str, list[str]]:
    """The events that were recorded, by the transaction that did."""
    with psycopg.connect(url) as conn:
        rows = conn.execute("SELECT xmin::text, event_id FROM work_events ORDER BY event_id").fetchall()
    found: dict[str, list[str]] = {}
    for transaction, event_id in rows:
        found.setdefault(transaction, []).append(event_id)
    return found


def test_calls_that_come_at_once_share_a_transaction_and_each_gets_its_own_answer(
    queue: IntakeQueue, send: Send, service_url: str, told: Told
) -> None:
    send(assigned(1))
    changed = assigned(1, title="Other")
    batches = [
        [assigned(2)],
        [assigned(3), item(4).submitted(MONDAY)],
        [assigned(1)],
        [changed],
        [assigned(5, officer_id="nobody"), assigned(6)],
        [assigned(3)],
    ]
    with at_once(service_url, queue, send, batches) as calls:
        outcomes = [call.result() for call in calls]
    assert [(each.accepted, each.repeated) for each in outcomes] == [(1, 0), (2, 0), (0, 1), (0, 0), (1, 0), (0, 1)]
    refused = [[(refusal.index, refusal.field) for refusal in each.refused] for each in outcomes]
    assert refused == [[], [], [], [(0, "event_id")], [(0, "assigned.officer_id")], []]
    assert sorted(transactions(service_url).values()) == [
        ["document/1#1"],
        ["document/2#1"],
        ["document/3#1", "document/4#1", "document/6#1"],
    ]
    assert len(told()) == 5


def test_an_event_that_two_callers_send_and_nobody_can_take_is_refused_to_both(
    queue: IntakeQueue, send: Send, service_url: str
) -> None:
    bad = assigned(2, unit_id="nowhere")
    with at_once(service_url, queue, send, [[assigned(1)], [bad], [bad]]) as calls:
        outcomes = [call.result() for call in calls[1:]]
    assert [(each.repeated, [refusal.field for refusal in each.refused]) for each in outcomes] == [
        (0, ["assigned.unit_id"])
    ] * 2


def test_an_event_that_breaks_the_transaction_harms_nobody_else(
    queue: IntakeQueue, send: Send, service_url: str, told: Told
) -> None:
    with psycopg.connect(service_url) as conn:
        conn.execute("ALTER TABLE work_events ADD CHECK (event_id <> 'document/3#1')")
    with at_once(service_url, queue, send, [[assigned(number)] for number in range(1, 6)]) as calls:
        with pytest.raises(psycopg.errors.CheckViolation):
            calls[2].result()
        outcomes = [calls[place].result() for place in (0, 1, 3, 4)]
    assert [(each.accepted, each.repeated) for each in outcomes] == [(1, 0)] * 4
    assert sorted(event.work_id for event in told()) == ["document/1", "document/2", "document/4", "document/5"]
    assert send(assigned(6)).accepted == 1


def test_a_larger_batch_waits_for_nobody_and_nobody_for_it(
    queue: IntakeQueue, send: Send, service_url: str, told: Told
) -> None:
    batch = [assigned(number) for number in range(100, 200)]
    with ThreadPoolExecutor(1) as threads:
        with at_once(service_url, queue, send, [[assigned(1)], [assigned(2)], [assigned(3)]]) as calls:
            large = threads.submit(send, *batch)
            assert [call.result().accepted for call in calls] == [1, 1, 1]
        assert large.result().accepted == 100
    assert sorted(map(len, transactions(service_url).values())) == [1, 2, 100]


def test_facts_of_one_caller_stay_in_their_order(send: Send, told: Told) -> None:
    def tell(number: int) -> None:
        facts = item(number)
        send(facts.assigned(MONDAY, due_at=DUE))
        for stars in (5, 4, 3, 2, 1):
            send(facts.citizen_rated(at("2026-03-05T08:00"), stars=stars))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(tell, range(8)))
    for number in range(8):
        events = [event for event in told() if event.work_id == f"document/{number}"]
        assert [event.revision for event in events] == [1, 2, 3, 4, 5, 6]
        assert [event.citizen_rated.stars for event in events] == [0, 5, 4, 3, 2, 1]


def test_each_fact_carries_the_trace_of_its_own_call(queue: IntakeQueue, send: Send, service_url: str) -> None:
    def traced(number: int) -> Outcome:
        context = trace.SpanContext(trace_id=number, span_id=number, is_remote=True)
        with trace.use_span(trace.NonRecordingSpan(context)):
            return send(assigned(number))

    def call(event: pb.WorkEvent) -> Outcome:
        return traced(int(event.work_id.partition("/")[2]))

    with at_once(service_url, queue, call, [[assigned(number)] for number in range(1, 6)]) as calls:
        assert [each.result().accepted for each in calls] == [1] * 5
    with psycopg.connect(service_url) as conn:
        rows = conn.execute("SELECT key, headers->>'traceparent' FROM outbox").fetchall()
    assert {key: parent.split("-")[1] for key, parent in rows} == {
        f"document/{number}": format(number, "032x") for number in range(1, 6)
    }


def test_a_caller_that_gives_up_loses_and_doubles_nothing(
    door: Door, catalogue: WorkServiceStub, clock: Clock, service_url: str, told: Told
) -> None:
    clock.now = at("2026-03-31T09:00")
    system = door(roles=["service"])
    with ThreadPoolExecutor(6) as threads, held(service_url):
        requests = [rpc.RecordWorkEventsRequest(events=[assigned(number)]) for number in range(6)]
        for given_up in [threads.submit(system.RecordWorkEvents, request, timeout=0.5) for request in requests]:
            with pytest.raises(Unavailable, match="in time"):
                given_up.result()
    wait_until(lambda: len(told()) == 6)
    answers = [system.RecordWorkEvents(request) for request in requests]
    assert [(answer.accepted, answer.repeated_events) for answer in answers] == [(0, 1)] * 6
    assert len(told()) == 6
