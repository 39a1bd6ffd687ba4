"""A city and its Apache Kafka: it is waited for, told from others, and must not hold another city's events."""

import socket
import threading
from collections.abc import Mapping
from dataclasses import replace

from embedded.city_log import CityLog, founded_log, keep_log
from embedded.errors import CityError
from embedded.home import Home
from runtime.config import ConfigError
from runtime.errors import ServiceError
from runtime.events import TOPICS, LogUnavailable, open_event_log

BEAT_SECONDS = 0.1
ANSWER_SECONDS = 1.0


def meet_kafka(home: Home, log: CityLog, environment: Mapping[str, str], stop: threading.Event) -> bool:
    """Waits for the brokers and founds the city on them, or sees that it is founded there; makes and checks the topics.

    Patient for 30 seconds; whether it was done before `stop`. Raises CityError with what is wrong.
    """
    failures: list[Exception] = []

    def run() -> None:
        try:
            _meet(home, log, log.url(environment))
        except Exception as error:  # noqa: BLE001 - told by the thread that waits
            failures.append(error)

    # The driver's patience knows nothing of Ctrl-C.
    thread = threading.Thread(target=run, name="kafka", daemon=True)
    thread.start()
    while thread.is_alive() and not stop.is_set():
        thread.join(BEAT_SECONDS)
    if failures:
        raise _as_told(log, failures[0])
    return not thread.is_alive()


def remove_events(log: CityLog, environment: Mapping[str, str]) -> None:
    """Removes the city's topics from Kafka, for a city that leaves nothing behind."""
    from runtime.events.kafka import KafkaAddress, remove_topics

    remove_topics(KafkaAddress.parse(log.url(environment)), TOPICS)


def answers(log: CityLog) -> bool:
    """Whether any of the brokers listens."""
    return any(_listens(*broker.rsplit(":", 1)) for broker in log.bootstrap.split(","))


def _listens(host: str, port: str) -> bool:
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_SECONDS):
            return True
    except (OSError, OverflowError):
        return False


def _meet(home: Home, log: CityLog, url: str) -> None:
    from runtime.events.kafka import KafkaAddress, cluster_id, topic_ends

    address = KafkaAddress.parse(url)
    cluster = cluster_id(address)
    if log.cluster and cluster != log.cluster:
        raise CityError(_other_cluster(home, log, cluster))
    if founded_log(home) is None:
        _check_empty(home, log, {address.topic(name): end for name, end in topic_ends(address, TOPICS).items()})
    keep_log(home, replace(log, cluster=cluster))
    open_event_log(url).close()


def _check_empty(home: Home, log: CityLog, ends: Mapping[str, int]) -> None:
    used = {topic: end for topic, end in ends.items() if end}
    if used:
        topic, count = max(used.items(), key=lambda each: each[1])
        raise CityError(
            f"The city at {home.root} is new, and the topic {topic} on Kafka at {log.bootstrap} holds {count:,} "
            "records of another city; choose a KAFKA_NAMESPACE that no city has, or another broker."
        )


def _other_cluster(home: Home, log: CityLog, found: str) -> str:
    return (
        f"The city at {home.root} was founded on the Kafka cluster {log.cluster}, and {log.bootstrap} is the cluster "
        f"{found}; set KAFKA_BOOTSTRAP to brokers of its own (if all records were moved with their offsets, write the "
        f"new cluster into {home.event_log_file.name})."
    )


def _as_told(log: CityLog, error: Exception) -> Exception:
    if isinstance(error, LogUnavailable) and not answers(log):
        return CityError(
            f"Nothing listens at {log.bootstrap}; start Apache Kafka there, or say with KAFKA_BOOTSTRAP where it is."
        )
    return CityError(str(error)) if isinstance(error, (ConfigError, ServiceError)) else error
