"""The same city on Apache Kafka: loaded and proved, started again, alive, and read by a client that is not ours."""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest

from congvu.evaluation.v1 import events_pb2
from e2e.judge import judge, read_cards
from e2e.test_1_demo_city import months
from embedded.city_log import kafka_of
from embedded.commands.demo import live_facts
from embedded.home import Home
from embedded.kafka import remove_events
from embedded.session import local_doors
from testkit.cities import SECONDS, RunningCity
from testkit.kafka_jars import JARS, java_command, why_not
from testkit.parts import requires

FACTS = 3_000
LIVE_FACTS = 60


@pytest.fixture(scope="module")
def kafka(kafka_bootstrap: str) -> dict[str, str]:
    """What the environment of the first start says."""
    return {"KAFKA_BOOTSTRAP": kafka_bootstrap, "KAFKA_NAMESPACE": f"e2e-{uuid4().hex[:8]}"}


@pytest.fixture(scope="module")
def city(kafka: dict[str, str]) -> Iterator[RunningCity]:
    """A home for the city; the tests start it themselves."""
    requires("postgres")
    requires("redis")
    with TemporaryDirectory(prefix="cv-") as root:
        city = RunningCity(home=Home(root=Path(root) / "city"))
        try:
            yield city
        finally:
            city.run("down")
            if log := kafka_of(city.home):
                remove_events(log, os.environ)


def test_the_demo_is_loaded_and_proved_on_kafka(city: RunningCity, kafka: dict[str, str]) -> None:
    figures = city.tell("demo", "--check", "--facts", str(FACTS), **kafka)
    assert "0 parked" in figures
    assert "0 differences after recomputing" in figures


def test_a_second_start_needs_no_variable_and_keeps_the_data(city: RunningCity, kafka: dict[str, str]) -> None:
    said = city.tell("up", "--detach")
    assert f"event log: Apache Kafka at {kafka['KAFKA_BOOTSTRAP']}, namespace {kafka['KAFKA_NAMESPACE']}" in said
    city.wait_until_counted()
    cards = read_cards(city.home, months())
    assert len(cards) > 2 * 2 * 1_400
    assert judge(city.home, cards, months())[:10] == []


def test_status_names_the_log_and_how_far_it_is_read(city: RunningCity, kafka: dict[str, str]) -> None:
    found = json.loads(city.tell("status", "--json"))
    where = {"bootstrap": kafka["KAFKA_BOOTSTRAP"], "namespace": kafka["KAFKA_NAMESPACE"]}
    assert found["event_log"] == {"engine": "kafka", **where, "answers": True}
    written = {each["topic"]: (each["written"], each["lag"]) for each in found["position"]["topics"]}
    assert written["congvu.work.v1"][0] >= FACTS
    assert {lag for _, lag in written.values()} == {0}


def test_facts_that_go_on_coming_are_in_the_scores(city: RunningCity) -> None:
    before = _written(city)
    with local_doors(city.home) as doors, live_facts(doors, city.marker.seed) as failed:
        while _written(city) < before + LIVE_FACTS:
            assert not failed(), failed()
            time.sleep(0.5)
    city.wait_until_counted()
    assert "differences=0" in city.tell("recompute", "--check")
    assert judge(city.home, read_cards(city.home, months()), months())[:10] == []


def test_another_city_is_kept_out_of_its_topics(city: RunningCity, kafka: dict[str, str]) -> None:
    other = RunningCity(home=Home(root=city.home.root.parent / "other"))
    refused = other.run("up", "--empty", "--detach", **kafka)
    assert refused.returncode == 1
    told = (
        rf"topic {kafka['KAFKA_NAMESPACE']}\.congvu\.\S+ on Kafka at \S+ holds [\d,]+ records of another city; choose"
    )
    assert re.search(told, refused.stderr)
    assert "Traceback" not in refused.stderr


def test_the_client_of_apache_kafka_reads_what_evaluation_says(city: RunningCity, kafka: dict[str, str]) -> None:
    if problem := why_not():
        pytest.skip(f"the client of Apache Kafka does not run here: {problem}")
    key, headers, value = _read_first_event(kafka)
    event = events_pb2.EvaluationEvent.FromString(value)
    assert event.subject_id == key == headers["ce_subject"]
    assert headers["ce_type"] == "congvu.evaluation.v1.EvaluationEvent"
    assert headers["content-type"] == "application/protobuf"
    assert event.scores_changed.scorecards


def _written(city: RunningCity) -> int:
    topics = json.loads(city.tell("status", "--json"))["position"]["topics"]
    return next(int(each["written"]) for each in topics if each["topic"] == "congvu.work.v1")


def _read_first_event(kafka: dict[str, str]) -> tuple[str, dict[str, str], bytes]:
    """Key, headers and value of one record, as the console consumer prints them."""
    properties = {
        "print.key": "true",
        "print.headers": "true",
        "key.separator": "|",
        "headers.separator": ";",
        "line.separator": "",
    }
    done = subprocess.run(
        [
            *(java_command(), "-cp", f"{JARS}/*", "org.apache.kafka.tools.consumer.ConsoleConsumer"),
            *("--bootstrap-server", kafka["KAFKA_BOOTSTRAP"], "--from-beginning", "--max-messages", "1"),
            *("--topic", f"{kafka['KAFKA_NAMESPACE']}.congvu.evaluation.v1"),
            *(part for name, value in properties.items() for part in ("--formatter-property", f"{name}={value}")),
        ],
        capture_output=True,
        timeout=SECONDS,
        check=True,
    )
    headers, key, value = done.stdout.split(b"|", 2)
    pairs = (pair.partition(":")[::2] for pair in headers.decode().split(";"))
    return key.decode(), dict(pairs), value
