"""The event log of a city on Apache Kafka."""

from collections.abc import Mapping, Sequence

from runtime.errors import InvalidInput
from runtime.events.kafka.address import KafkaAddress
from runtime.events.kafka.reader import Reader
from runtime.events.kafka.topics import prepare_topics
from runtime.events.kafka.writer import Writer
from runtime.events.records import Bounds, Record, StoredRecord, check_values
from runtime.events.topics import TOPICS, Topic


class KafkaLog:
    """The log of one city: its topics, in a namespace of the broker when the URL names one."""

    def __init__(self, url: str, *, topics: Mapping[str, Topic] = TOPICS) -> None:
        """Makes and checks the topics. Raises ConfigError (URL, topics) or LogUnavailable after 30 s."""
        address = KafkaAddress.parse(url)
        self._topics = topics
        prepare_topics(address, topics)
        self._reader = Reader(address)
        self._writer = Writer(address)

    def append(self, records: Sequence[Record]) -> None:
        """See EventLog. After an error some may be in the log."""
        counts = {topic: self.partitions(topic) for topic in {record.topic for record in records}}
        check_values(records)
        self._writer.append(records, counts)

    def read(
        self, topic: str, partition: int, offset: int, *, max_records: int, wait_seconds: float
    ) -> list[StoredRecord]:
        """See EventLog. A batch ends early with what the broker has sent so far."""
        self.partitions(topic)
        return self._reader.read(topic, partition, offset, max_records=max_records, wait_seconds=wait_seconds)

    def bounds(self, topic: str, partition: int) -> Bounds:
        """See EventLog."""
        if partition not in range(self.partitions(topic)):
            raise InvalidInput(f"The event log has no partition {partition} of topic {topic!r}.")
        return self._reader.bounds(topic, partition)

    def ends(self, topic: str) -> Sequence[int]:
        """See EventLog."""
        return self._reader.ends(topic, self.partitions(topic))

    def partitions(self, topic: str) -> int:
        """See EventLog. Raises InvalidInput for a topic that the city does not have."""
        if topic not in self._topics:
            raise InvalidInput(f"The event log has no topic {topic!r}; it has {', '.join(sorted(self._topics))}.")
        return self._topics[topic].partitions

    def close(self) -> None:
        """See EventLog."""
        self._writer.close()
        self._reader.close()
