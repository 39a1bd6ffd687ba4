"""The engines of the event log, as tests treat them: taken away, frozen, brought back, robbed of records."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import psutil
import psycopg
from kafka import KafkaAdminClient, TopicPartition

from embedded.servers import PostgresServer
from runtime.events import TOPICS, EventLog, open_event_log
from runtime.events.kafka import KafkaAddress, remove_topics
from testkit.kafka import KafkaServer


class Server(Protocol):
    """What holds a log."""

    @property
    def pid(self) -> int: ...
    def start(self) -> None: ...
    def kill(self) -> None: ...


class Engine(Protocol):
    """A log and the server that holds it."""

    url: str

    @property
    def server(self) -> Server: ...

    def remove_before(self, topic: str, partition: int, offset: int) -> None:
        """What retention does."""

    def replace(self) -> None:
        """By another log, which is empty."""


class EmbeddedEngine:
    """A database, on the server that the services use as well."""

    def __init__(self, url: str, server: PostgresServer) -> None:
        self.url = url
        self.server = server

    def remove_before(self, topic: str, partition: int, offset: int) -> None:
        place = [topic, partition, offset]
        with psycopg.connect(self.url) as conn:
            conn.execute('DELETE FROM event_log_records WHERE topic = %s AND partition = %s AND "offset" < %s', place)
            conn.execute(
                "UPDATE event_log_partitions SET first_offset = %s WHERE topic = %s AND partition = %s",
                [offset, topic, partition],
            )

    def replace(self) -> None:
        with psycopg.connect(self.url) as conn:
            conn.execute("TRUNCATE event_log_records")
            conn.execute("UPDATE event_log_partitions SET next_offset = 0")


class KafkaEngine:
    """Topics on an Apache Kafka of the session's own."""

    def __init__(self, url: str, server: KafkaServer) -> None:
        self.url = url
        self.server = server

    def remove_before(self, topic: str, partition: int, offset: int) -> None:
        with administering(self.url) as (admin, address):
            admin.delete_records({TopicPartition(address.topic(topic), partition): offset})

    def replace(self) -> None:
        remove_topics(KafkaAddress.parse(self.url), TOPICS)
        open_event_log(self.url).close()


@contextmanager
def administering(url: str) -> Iterator[tuple[KafkaAdminClient, KafkaAddress]]:
    """The driver's own administrator, for what the product never does."""
    address = KafkaAddress.parse(url)
    admin = KafkaAdminClient(bootstrap_servers=list(address.bootstrap))
    try:
        yield admin, address
    finally:
        admin.close()


@contextmanager
def frozen(server: Server) -> Iterator[None]:
    """All its processes stand still; what they are sent waits for them."""
    processes = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    for process in processes:
        os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process.pid, signal.SIGCONT)


@contextmanager
def gone(server: Server) -> Iterator[None]:
    """Killed, and started again on its data."""
    server.kill()
    try:
        yield
    finally:
        server.start()


OpenLog = Callable[[], EventLog]
