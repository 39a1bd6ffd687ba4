"""Apache Kafka as the event log of a city; the only package that knows the driver."""

from runtime.events.kafka.address import SETTINGS, KafkaAddress
from runtime.events.kafka.log import KafkaLog
from runtime.events.kafka.topics import cluster_id, remove_topics, topic_ends

__all__ = ["SETTINGS", "KafkaAddress", "KafkaLog", "cluster_id", "remove_topics", "topic_ends"]
