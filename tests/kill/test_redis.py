"""Redis may be lost: it is killed and comes back empty, reads go on, and the read models are built again."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import redis

from congvu.evaluation.v1.resources_pb2 import Scorecard
from congvu.evaluation.v1.service_pb2 import GetScorecardRequest
from congvu.evaluation.v1.service_pb2_grpc import EvaluationServiceStub
from evaluation.store.recompute import load_all_scores
from kill.city import EVALUATION, PRODUCER_RELAY, KillableCity, wait_for
from kill.engines import on_kafka_when_long
from kill.load import OFFICERS
from kill.producer import Producer
from kill.proof import check_read_models, content_of, prove
from runtime.errors import ServiceError

POLICY = "decree-335"
SOME = list(OFFICERS)[:8]


class Reader:
    """Somebody who looks at one score after the other."""

    def __init__(self, city: KillableCity, seed: int) -> None:
        self.stub = city.stub("evaluation", EvaluationServiceStub, "evaluator")
        self.reads = 0
        self.failures: list[str] = []
        self._rng = random.Random(seed)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Within, scores are read without end."""
        stop = threading.Event()

        def run() -> None:
            while not stop.is_set():
                self._read(self._rng.choice(SOME))

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def read_some_more(self) -> None:
        """Waits for ten reads that begin from now on."""
        wanted = self.reads + 11
        wait_for(lambda: self.reads >= wanted)

    def sees_some(self) -> bool:
        """Whether the door is open and there are scores."""
        try:
            return bool(self.told())
        except ServiceError:
            return False

    def told(self) -> dict[str, bytes]:
        """The scorecards of some officers, as the service tells them."""
        return {officer_id: content_of(self._card(officer_id)) for officer_id in SOME}

    def _card(self, officer_id: str) -> Scorecard:
        request = GetScorecardRequest(subject_id=officer_id, policy=POLICY)
        card: Scorecard = self.stub.GetScorecard(request).scorecard
        return card

    def _read(self, officer_id: str) -> None:
        try:
            assert self._card(officer_id).subject_id == officer_id
        except Exception as error:  # noqa: BLE001
            self.failures.append(f"{officer_id}: {error!r}")
        self.reads += 1


@on_kafka_when_long
def test_no_read_fails_while_redis_dies_and_comes_back_empty(city: KillableCity, producer: Producer, seed: int) -> None:
    producer.send(300)
    city.start_all([PRODUCER_RELAY, EVALUATION])
    reader = Reader(city, seed)
    wait_for(reader.sees_some)
    with producer.sending(), reader.reading():
        reader.read_some_more()
        city.redis.kill()
        reader.read_some_more()
        city.redis.start()
        reader.read_some_more()
        wait_for(lambda: is_built(city))
        reader.read_some_more()
    assert reader.failures == []
    prove(city, producer)
    city.redis.kill()
    assert reader.told() == stored_cards(city)
    city.redis.start()
    check_read_models(city)


def stored_cards(city: KillableCity) -> dict[str, bytes]:
    """The scorecards of the same officers in the database."""
    with psycopg.connect(city.evaluation_url) as conn:
        stored = load_all_scores(conn)
    month = max(month for _, month, _ in stored)
    return {officer_id: stored[officer_id, month, POLICY] for officer_id in SOME}


def is_built(city: KillableCity) -> bool:
    """Whether the read models are complete."""
    with redis.Redis.from_url(city.redis.url) as cache:
        return bool(cache.exists("evaluation:complete"))
