"""Others on the same Apache Kafka: what they write, of whatever kind, stops no reader, and they read what we write."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from kafka import KafkaProducer

from runtime.events import EventLog, StoredRecord, partition_of
from runtime.events.kafka import KafkaAddress
from runtime.outbox import enqueue
from runtime.postgres import Pool
from testkit import requires
from testkit.kafka_jars import JARS, java_command
from testkit.records import all_records
from testkit.waiting import wait_until

from .consuming import Handler, all_applied, applied, consuming, expected
from .logs import MANY, ONE, read_all, record
from .relaying import relaying, rows_left

CODECS = ["gzip", "snappy", "lz4", "zstd"]


@pytest.fixture
def log_url(kafka_log_url: str) -> str:
    """On Apache Kafka."""
    return kafka_log_url


@contextmanager
def producing(url: str, **settings: Any) -> Iterator[Callable[..., Any]]:
    """A producer that knows nothing of us; a function of topic, value, key, headers."""
    address = KafkaAddress.parse(url)
    producer = KafkaProducer(bootstrap_servers=list(address.bootstrap), **settings)

    def send(topic: str, value: bytes | None, **options: Any) -> Any:
        return producer.send(address.topic(topic), value, **options)

    send.driver = producer  # type: ignore[attr-defined]
    try:
        yield send
    finally:
        producer.close()


def java(url: str, tool: str, *arguments: str, given: str = "") -> str:
    """Runs one of Apache Kafka's own tools on the topic ONE or MANY that the arguments name; what it printed."""
    requires("kafka-server")
    address = KafkaAddress.parse(url)
    places = [address.topic(part) if part in (ONE, MANY) else part for part in arguments]
    options = ["-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dfile.encoding=UTF-8"]
    done = subprocess.run(
        [
            *(java_command(), *options, "-cp", f"{JARS}/*", f"org.apache.kafka.tools.{tool}"),
            *("--bootstrap-server", address.bootstrap[0], *places),
        ],
        input=given.encode(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def java_writes(url: str, lines: Sequence[str], *arguments: str) -> None:
    """Each line: headers, key and value, with tabs."""
    with_key = ["parse.key=true", "parse.headers=true"]
    properties = [part for each in with_key for part in ("--reader-property", each)]
    java(url, "ConsoleProducer", "--topic", MANY, *properties, *arguments, given="".join(f"{line}\n" for line in lines))


def java_reads(url: str, partition: int, count: int) -> list[str]:
    """Offset, headers, key and value of each record, with tabs."""
    shown = [f"print.{part}=true" for part in ("offset", "headers", "key")]
    properties = [part for each in shown for part in ("--formatter-property", each)]
    wanted = ["--partition", str(partition), "--offset", "earliest", "--max-messages", str(count)]
    return java(url, "consumer.ConsoleConsumer", "--topic", MANY, *wanted, *properties).splitlines()


def by_partition(found: Sequence[StoredRecord]) -> dict[str | None, int]:
    return {each.key: each.partition for each in found}


def test_records_without_key_value_or_readable_text_are_read(log: EventLog, log_url: str) -> None:
    with producing(log_url) as send:
        send(ONE, b"no key")
        send(ONE, b"no text", key=b"\xff\xfe", headers=[("h", b"\xff"), ("h", b"again")])
        send(ONE, None, key=b"no value")
        send(ONE, b"an old time", key=b"a", timestamp_ms=1)
    log.append([record("task/1", b"ours", ONE)])
    found = read_all(log, ONE, 0)
    assert [(each.key, each.value) for each in found] == [
        (None, b"no key"),
        ("��", b"no text"),
        ("no value", b""),
        ("a", b"an old time"),
        ("task/1", b"ours"),
    ]
    assert found[1].headers == {"h": "again"}
    assert found[3].appended_at > found[0].appended_at.replace(year=2020), "The log's own clock tells."


def test_null_is_read_wherever_others_may_write_it(log: EventLog, log_url: str) -> None:
    java_writes(log_url, ["a:NULL,b:1\tNULL\tNULL"], "--reader-property", "null.marker=NULL")
    (found,) = all_records(log, MANY)
    assert (found.key, found.value, found.headers) == (None, b"", {"b": "1"})


def test_a_consumer_passes_what_others_wrote(log: EventLog, log_url: str, pool: Pool) -> None:
    with producing(log_url) as send:
        for partition in range(8):
            send(MANY, None, key=b"\xff", headers=[("traceparent", b"\xff")], partition=partition)
    log.append([record(f"task/{number}") for number in range(20)])
    with consuming(pool, log, Handler()):
        wait_until(all_applied(pool, log))
    assert applied(pool) == expected(log)


def test_the_marks_of_transactions_do_not_stop_a_reader_and_what_was_given_up_is_not_read(
    log: EventLog, log_url: str, pool: Pool
) -> None:
    with producing(log_url, transactional_id=f"foreign-{log_url[-6:]}") as send:
        driver: KafkaProducer = send.driver  # type: ignore[attr-defined]
        driver.init_transactions()
        for value, ends in ((b"kept", driver.commit_transaction), (b"given up", driver.abort_transaction)):
            driver.begin_transaction()
            send(MANY, value, key=b"task/1")
            driver.flush()
            ends()
    partition = partition_of("task/1", 8)
    seen: list[StoredRecord] = []
    with consuming(pool, log, Handler(before=seen.extend)):
        wait_until(lambda: len(seen) == 1)
        assert log.ends(MANY)[partition] == 4
        assert log.read(MANY, partition, 1, max_records=10, wait_seconds=0) == []
        log.append([record("task/1", b"ours")])
        wait_until(lambda: len(seen) == 2)
    assert [(each.offset, each.value) for each in seen] == [(0, b"kept"), (4, b"ours")]


@pytest.mark.parametrize("codec", CODECS)
def test_what_others_compress_is_read(log: EventLog, log_url: str, codec: str) -> None:
    java_writes(log_url, [f"a:1\ttask/1\t{number:0200}" for number in range(50)], "--compression-codec", codec)
    found = read_all(log, MANY, partition_of("task/1", 8))
    assert [int(each.value) for each in found] == list(range(50))


def test_a_java_producer_puts_a_key_where_we_put_it(log: EventLog, log_url: str) -> None:
    keys = [f"tài liệu/{number}" for number in range(40)]
    java_writes(log_url, [f"ce_id:{key},ce_type:x\t{key}\tfrom Java" for key in keys])
    found = all_records(log, MANY)
    assert {each.key: each.headers for each in found} == {key: {"ce_id": key, "ce_type": "x"} for key in keys}
    assert by_partition(found) == {key: partition_of(key, 8) for key in keys}


def test_a_java_consumer_reads_what_the_relay_wrote(log: EventLog, log_url: str, pool: Pool) -> None:
    partition = partition_of("task/1", 8)
    with pool.connection() as conn:
        enqueue(conn, [record("task/1", f"số {number}".encode(), MANY, {"ce_id": f"{number}"}) for number in range(20)])
    with relaying(pool, log):
        wait_until(lambda: rows_left(pool) == 0)
    assert java_reads(log_url, partition, 20) == [
        f"Offset:{number}\tce_id:{number}\ttask/1\tsố {number}" for number in range(20)
    ]
