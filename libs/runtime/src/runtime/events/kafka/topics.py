"""Topics on the broker: made when absent, compared with what is declared, never altered."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, OffsetSpec
from kafka.errors import KafkaError

from runtime.config import ConfigError
from runtime.events.kafka.address import KafkaAddress
from runtime.events.records import LARGEST_VALUE
from runtime.events.topics import Topic

START_SECONDS = 30
# A record is its value, its key and its headers.
LARGEST_MESSAGE = LARGEST_VALUE + 64 * 1024
# As many replicas as the cluster gives topics by default.
_BROKERS_CHOICE = -1


def prepare_topics(address: KafkaAddress, topics: Mapping[str, Topic]) -> None:
    """Makes missing topics and checks all of them; waits up to 30 s for the broker.

    Raises ConfigError that says what to change on the broker, LogUnavailable when it does not answer.
    """
    declared = {address.topic(name): topic for name, topic in topics.items()}
    with _admin(address) as admin:
        partitions = _partitions(admin, declared)
        if missing := {name: topic for name, topic in declared.items() if name not in partitions}:
            _create(admin, missing)
            partitions = _partitions(admin, declared)
        settings = _settings(admin, declared)
    problems = [
        problem
        for name, topic in declared.items()
        for problem in _differences(name, topic, partitions.get(name, 0), settings.get(name, {}))
    ]
    if problems:
        raise ConfigError(f"Topics on Kafka {address} are not what this city needs. {' '.join(problems)}")


def topic_ends(address: KafkaAddress, topics: Iterable[str]) -> dict[str, int]:
    """How many records each of the topics that exist on the broker has ever taken; makes nothing.

    Raises LogUnavailable when the broker does not answer for 30 s.
    """
    names = {address.topic(name): name for name in topics}
    with _admin(address) as admin:
        known = _partitions(admin, names)
        places = [TopicPartition(name, number) for name, count in known.items() for number in range(count)]
        found = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST)) if places else {}
    return {names[topic]: sum(end.offset for place, end in found.items() if place.topic == topic) for topic in known}


def cluster_id(address: KafkaAddress) -> str:
    """What the cluster calls itself: the same through whichever broker one asks, and no other cluster's.

    Raises LogUnavailable when the broker does not answer for 30 s.
    """
    with _admin(address) as admin:
        return str(admin.describe_cluster()["cluster_id"])


def remove_topics(address: KafkaAddress, topics: Iterable[str]) -> None:
    """Removes those of the topics that exist, with all that they hold: for cities that are meant to leave nothing."""
    with _admin(address) as admin:
        known = _partitions(admin, [address.topic(name) for name in topics])
        if known:
            admin.delete_topics(list(known))


@contextmanager
def _admin(address: KafkaAddress) -> Iterator[KafkaAdminClient]:
    address.check()
    try:
        admin = KafkaAdminClient(
            bootstrap_servers=list(address.bootstrap),
            bootstrap_timeout_ms=START_SECONDS * 1000,
            # Otherwise its pauses grow so long that a broker that comes while it waits is not seen.
            reconnect_backoff_max_ms=1_000,
            **address.settings,
        )
        try:
            yield admin
        finally:
            admin.close()
    except (KafkaError, OSError) as error:
        raise address.unavailable(error) from error


def _partitions(admin: KafkaAdminClient, names: Iterable[str]) -> dict[str, int]:
    """How many partitions the topics have that exist."""
    found = admin.describe_topics(list(names))
    return {topic["name"]: len(topic["partitions"]) for topic in found if not topic["error_code"]}


def _create(admin: KafkaAdminClient, topics: Mapping[str, Topic]) -> None:
    """Two starters at once make them once: the second one is told that they exist."""
    wanted = {
        name: {
            "num_partitions": topic.partitions,
            "replication_factor": _BROKERS_CHOICE,
            "configs": _wanted(topic),
        }
        for name, topic in topics.items()
    }
    admin.create_topics(wanted, raise_errors=False)
    admin.wait_for_topics(list(topics))


def _settings(admin: KafkaAdminClient, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    return dict(admin.describe_configs(resources, config_filter="all").get("topic", {}))


def _wanted(topic: Topic) -> Mapping[str, str]:
    """The topic's settings on the broker."""
    kept = "-1" if topic.retention is None else str(int(topic.retention.total_seconds() * 1000))
    return {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "retention.ms": kept,
        "retention.bytes": "-1",
        # Whether an event lies in the future is judged by the log's own clock.
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": str(LARGEST_MESSAGE),
        # Others may compress with what this driver does not know; the broker unpacks it.
        "compression.type": "uncompressed",
    }


def _differences(name: str, topic: Topic, partitions: int, settings: Mapping[str, Any]) -> Iterator[str]:
    if not partitions:
        yield f"{name} could not be made: allow this user to create it, or create it."
        return
    if partitions != topic.partitions:
        yield f"{name} has {partitions} partitions and must have {topic.partitions}: use another namespace."
    for setting, wanted in _wanted(topic).items():
        found = settings.get(setting, {}).get("value")
        if found != wanted and not _is_enough(setting, found):
            yield f"{name} has {setting}={found}: set it to {wanted}."


def _is_enough(setting: str, found: str | None) -> bool:
    return setting == "max.message.bytes" and found is not None and int(found) >= LARGEST_MESSAGE
