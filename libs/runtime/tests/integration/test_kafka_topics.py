"""Topics on Apache Kafka: made as declared, and left alone when they are otherwise."""

from collections.abc import Mapping
from typing import Any

import pytest
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic

from runtime.config import ConfigError
from runtime.events import LARGEST_VALUE, TOPICS, open_event_log

from .log_contract.engines import administering
from .logs import MANY, ONE, record

RIGHT = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "message.timestamp.type": "LogAppendTime",
    "max.message.bytes": str(LARGEST_VALUE + 64 * 1024),
    "compression.type": "uncompressed",
}


def make(url: str, topic: str, partitions: int, settings: Mapping[str, str]) -> None:
    """As somebody with the broker's tools would."""
    with administering(url) as (admin, address):
        admin.create_topics([NewTopic(address.topic(topic), partitions, 1, topic_configs=dict(settings))])
        admin.wait_for_topics([address.topic(topic)])


def look(url: str, topic: str) -> tuple[int, dict[str, Any]]:
    """Partitions and all settings, as the broker tells them."""
    with administering(url) as (admin, address):
        (found,) = admin.describe_topics([address.topic(topic)])
        resource = ConfigResource(ConfigResourceType.TOPIC, address.topic(topic))
        settings = admin.describe_configs([resource], config_filter="all")["topic"][address.topic(topic)]
    return len(found["partitions"]), {name: setting["value"] for name, setting in settings.items()}


def test_topics_are_made_as_they_are_declared(kafka_log_url: str) -> None:
    open_event_log(kafka_log_url).close()
    for topic, declared in TOPICS.items():
        partitions, settings = look(kafka_log_url, topic)
        assert partitions == declared.partitions
        assert settings["message.timestamp.type"] == "LogAppendTime"
        assert int(settings["max.message.bytes"]) > LARGEST_VALUE
        assert settings["cleanup.policy"] == "delete"
    assert look(kafka_log_url, MANY)[1]["retention.ms"] == "-1"
    assert look(kafka_log_url, "congvu.evaluation.v1")[1]["retention.ms"] == str(400 * 86_400_000)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"retention.ms": "604800000"}, "has retention.ms=604800000: set it to -1"),
        ({"retention.bytes": "1000000000"}, "has retention.bytes=1000000000: set it to -1"),
        ({"cleanup.policy": "compact"}, "has cleanup.policy=compact: set it to delete"),
        ({"cleanup.policy": "compact,delete"}, "has cleanup.policy=compact,delete: set it to delete"),
        (
            {"message.timestamp.type": "CreateTime"},
            "has message.timestamp.type=CreateTime: set it to LogAppendTime",
        ),
        ({"compression.type": "producer"}, "has compression.type=producer: set it to uncompressed"),
        ({"max.message.bytes": "1048588"}, "has max.message.bytes=1048588: set it to 1114112"),
    ],
)
def test_a_topic_with_another_setting_is_refused_with_what_to_change_and_left_alone(
    kafka_log_url: str, change: dict[str, str], sentence: str
) -> None:
    make(kafka_log_url, ONE, 1, RIGHT | change)
    before = look(kafka_log_url, ONE)
    with pytest.raises(ConfigError) as refused:
        open_event_log(kafka_log_url)
    assert f".{ONE} {sentence}." in str(refused.value)
    assert str(refused.value).count(": set it to") == 1
    assert look(kafka_log_url, ONE) == before


@pytest.mark.parametrize("partitions", [1, 9])
def test_a_topic_with_another_number_of_partitions_is_refused_and_left_alone(
    kafka_log_url: str, partitions: int
) -> None:
    make(kafka_log_url, MANY, partitions, RIGHT)
    with pytest.raises(
        ConfigError, match=rf"{MANY} has {partitions} partitions and must have 8: use another namespace"
    ):
        open_event_log(kafka_log_url)
    assert look(kafka_log_url, MANY)[0] == partitions


def test_everything_that_is_wrong_is_said_at_once(kafka_log_url: str) -> None:
    make(kafka_log_url, ONE, 2, RIGHT | {"retention.ms": "1000"})
    make(kafka_log_url, MANY, 8, {})
    with pytest.raises(ConfigError) as refused:
        open_event_log(kafka_log_url)
    told = str(refused.value)
    for part in ("has 2 partitions", "retention.ms=1000", f"{MANY} has retention.ms=", f"{MANY} has message.timestamp"):
        assert part in told


def test_topics_that_somebody_made_as_declared_are_used(kafka_log_url: str) -> None:
    make(kafka_log_url, MANY, 8, RIGHT | {"max.message.bytes": "5000000"})
    log = open_event_log(kafka_log_url)
    log.append([record("task/1")])
    assert sum(log.ends(MANY)) == 1
    log.close()
    assert look(kafka_log_url, MANY)[1]["max.message.bytes"] == "5000000"
