"""Who sends the load: straight into an outbox, or through the door of `work`; each fact is sent until it is known."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

import psycopg

from congvu.work.v1 import events_pb2 as pb
from congvu.work.v1.service_pb2 import RecordWorkEventsRequest
from congvu.work.v1.service_pb2_grpc import WorkServiceStub
from kill.city import KillableCity, wait_for
from kill.load import OFFICERS, work_facts
from runtime.errors import Unavailable
from runtime.outbox import enqueue
from testkit.facts import work_record

_BATCH = 20


class Producer:
    """Commits facts with its own state and the outbox in one transaction, as every service does."""

    def __init__(self, city: KillableCity, seed: int) -> None:
        self.city = city
        self.sent: list[pb.WorkEvent] = []
        self._facts = work_facts(seed, city.founded_at)
        self._batches = 0

    def send(self, count: int) -> None:
        """Sends the next facts in batches."""
        while batch := list(islice(self._facts, min(count, _BATCH))):
            self._batches += 1
            self.deliver(self._batches, batch)
            self.sent += batch
            count -= len(batch)

    @contextmanager
    def sending(self, *, pause: float = 0.25) -> Iterator[None]:
        """Within, facts go on coming, twenty at once."""
        stop = threading.Event()
        failures: list[BaseException] = []

        def run() -> None:
            try:
                while not stop.wait(pause):
                    self.send(_BATCH)
            except BaseException as error:  # noqa: BLE001
                failures.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
        assert not failures, failures

    def deliver(self, number: int, batch: Sequence[pb.WorkEvent]) -> None:
        """One transaction, tried again until it is known to be committed."""
        wait_for(lambda: self._commit(number, batch))

    def _commit(self, number: int, batch: Sequence[pb.WorkEvent]) -> bool:
        with psycopg.connect(self.city.producer_url, connect_timeout=5) as conn:
            new = conn.execute("INSERT INTO batches (number) VALUES (%s) ON CONFLICT DO NOTHING", [number])
            if new.rowcount:
                enqueue(conn, [work_record(fact) for fact in batch])
        return True


class Sender(Producer):
    """A system outside that sends to the door of `work`, once that knows the officers, until it gets an answer."""

    def __init__(self, city: KillableCity, seed: int) -> None:
        super().__init__(city, seed)
        self._work = city.stub("work", WorkServiceStub, "service")

    def deliver(self, number: int, batch: Sequence[pb.WorkEvent]) -> None:
        """One call, tried again until it is answered."""
        if number == 1:
            wait_for(self._is_introduced)
        wait_for(lambda: self._is_recorded(batch))

    def _is_introduced(self) -> bool:
        return self.city.rows(self.city.producer_url, "SELECT count(*) FROM known_officers") == [(len(OFFICERS),)]

    def _is_recorded(self, batch: Sequence[pb.WorkEvent]) -> bool:
        try:
            answer = self._work.RecordWorkEvents(RecordWorkEventsRequest(events=batch))
        except Unavailable:
            return False
        assert not answer.refused, answer.refused[0]
        assert answer.accepted + answer.repeated_events == len(batch)
        return True
