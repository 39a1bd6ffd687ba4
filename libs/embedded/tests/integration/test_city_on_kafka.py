"""A city on a real Apache Kafka: founded there, found again, and kept from the events of another."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from embedded.city_log import CityLog, founded_log, keep_log
from embedded.databases import EVENT_LOG, prepare_databases
from embedded.errors import CityError
from embedded.home import Home, prepare
from embedded.kafka import answers, meet_kafka, remove_events
from embedded.servers import PostgresServer
from embedded.status import read_status
from runtime.events import TOPICS, LogUnavailable, Record, open_event_log
from runtime.events.kafka import KafkaAddress, KafkaLog, topic_ends, topics
from runtime.events.topics import Topic
from testkit.waiting import wait_until

RECORD = Record(topic="congvu.work.v1", key="task/1", value=b"told by another city")
NOBODY = "127.0.0.1:1"


@pytest.fixture
def log(kafka_log_url: str) -> CityLog:
    """A log on the broker that nobody has used."""
    address = KafkaAddress.parse(kafka_log_url)
    return CityLog(bootstrap=",".join(address.bootstrap), namespace=address.namespace)


@pytest.fixture
def make_home() -> Iterator[Callable[[], Home]]:
    """Maker of homes without a city."""
    with TemporaryDirectory(prefix="cv-") as root:

        def make(name: str = "city") -> Home:
            home = Home(root=Path(root) / name)
            prepare(home)
            return home

        yield make


@pytest.fixture
def home(make_home: Callable[[], Home]) -> Home:
    return make_home()


def meet(home: Home, log: CityLog) -> bool:
    return meet_kafka(home, log, {}, threading.Event())


def write(log: CityLog) -> None:
    with closing(open_event_log(log.url({}))) as event_log:
        event_log.append([RECORD])


def existing_topics(log: CityLog) -> set[str]:
    return set(topic_ends(KafkaAddress.parse(log.url({})), TOPICS))


def test_a_city_is_founded_on_an_empty_namespace_and_remembers_the_cluster(home: Home, log: CityLog) -> None:
    assert meet(home, log)
    founded = founded_log(home)
    assert founded is not None
    assert founded.cluster
    assert replace(founded, cluster="") == log
    assert existing_topics(log) == set(TOPICS)


def test_a_city_finds_its_own_events_again(home: Home, log: CityLog) -> None:
    meet(home, log)
    write(log)
    founded = founded_log(home)
    assert founded is not None
    assert meet(home, founded)


def test_a_new_city_is_refused_where_another_one_has_events_and_changes_nothing(home: Home, log: CityLog) -> None:
    others = {"congvu.work.v1": TOPICS["congvu.work.v1"]}
    with closing(KafkaLog(log.url({}), topics=others)) as event_log:
        event_log.append([RECORD])

    with pytest.raises(CityError) as refused:
        meet(home, log)

    assert f"the topic {log.namespace}.congvu.work.v1 on Kafka at {log.bootstrap} holds 1 records" in str(refused.value)
    assert "KAFKA_NAMESPACE" in str(refused.value)
    assert existing_topics(log) == set(others)
    assert founded_log(home) is None


def test_a_city_is_not_taken_to_another_cluster(home: Home, log: CityLog) -> None:
    keep_log(home, replace(log, cluster="the-one-before"))
    with pytest.raises(CityError, match="was founded on the Kafka cluster the-one-before"):
        meet(home, replace(log, cluster="the-one-before"))
    assert existing_topics(log) == set()


def test_topics_that_are_not_as_declared_are_refused_with_what_to_change(home: Home, log: CityLog) -> None:
    with closing(KafkaLog(log.url({}), topics={"congvu.work.v1": Topic(partitions=3)})):
        pass
    with pytest.raises(CityError, match="has 3 partitions and must have 8"):
        meet(home, log)


def test_a_broker_that_does_not_come_is_told_in_one_sentence(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "START_SECONDS", 1)
    with pytest.raises(CityError, match=rf"Nothing listens at {NOBODY}; start Apache Kafka there, or say with KAFKA_"):
        meet(home, CityLog(bootstrap=NOBODY))
    assert founded_log(home) is None


def test_waiting_for_a_broker_ends_at_once_when_the_city_shall(home: Home) -> None:
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    begun = time.monotonic()
    assert not meet_kafka(home, CityLog(bootstrap=NOBODY), {}, stop)
    assert time.monotonic() - begun < 5.0


def test_whether_a_broker_answers_is_seen(log: CityLog) -> None:
    assert answers(log)
    assert answers(CityLog(bootstrap=f"{NOBODY},{log.bootstrap}"))
    assert not answers(CityLog(bootstrap=f"{NOBODY},no-such-host.invalid:9092"))


def test_status_names_the_log_and_no_secret(home: Home, log: CityLog) -> None:
    assert read_status(home)["event_log"] == {"engine": "embedded"}
    keep_log(home, replace(log, settings={"sasl_plain_username": "congvu"}, secrets=("sasl_plain_password",)))
    told = {"engine": "kafka", "bootstrap": log.bootstrap, "namespace": log.namespace, "answers": True}
    assert read_status(home)["event_log"] == told


def test_a_city_that_leaves_nothing_takes_its_topics_away(home: Home, log: CityLog) -> None:
    meet(home, log)
    remove_events(log, {})
    wait_until(lambda: _is_empty(log))


def _is_empty(log: CityLog) -> bool:
    try:
        return existing_topics(log) == set()
    except LogUnavailable:  # a topic is listed for a moment longer than it exists
        return False


def test_a_city_on_kafka_has_no_event_log_in_its_postgresql(postgres_server: PostgresServer) -> None:
    urls = prepare_databases(postgres_server)
    assert sorted(urls) == ["evaluation", "organization", "work"]
    with psycopg.connect(postgres_server.url("postgres")) as conn:
        found = conn.execute("SELECT datname FROM pg_database WHERE datname = %s", (EVENT_LOG,)).fetchone()
    assert found is None
