"""Consumers in threads and in processes, and what they have applied."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from runtime.events import EventLog, Record, StoredRecord
from runtime.events.consumer import Consumer
from runtime.postgres import Connection, Pool

TOPIC = "congvu.work.v1"
CHILD = Path(__file__).parent / "consumer_child.py"


class Handler:
    """Writes what it applies; `before` runs first in each batch."""

    def __init__(self, name: str = "a", before: Callable[[Sequence[StoredRecord]], None] | None = None) -> None:
        self.name = name
        self.before = before or (lambda records: None)
        self.forgotten: list[int] = []
        self.sizes: list[tuple[int, int]] = []

    def handle(self, conn: Connection, partition: int, records: Sequence[StoredRecord]) -> None:
        """Writes the records into `applied`."""
        for each in records:
            conn.execute(
                'INSERT INTO applied (partition, "offset", consumer) VALUES (%s, %s, %s)',
                [partition, each.offset, self.name],
            )
        self.before(records)
        self.sizes.append((partition, len(records)))

    def tick(self, conn: Connection, partition: int, now: datetime) -> None:
        """Writes the instant into `ticks`."""
        conn.execute("INSERT INTO ticks VALUES (%s, %s, %s)", [partition, now, self.name])

    def forget(self, partition: int) -> None:
        """Notes it."""
        self.forgotten.append(partition)


@contextmanager
def consuming(pool: Pool, log: EventLog, handler: Handler, **options: Any) -> Iterator[None]:
    """A consumer in a thread."""
    consumer = Consumer(log=log, pool=pool, topic=TOPIC, owner=handler.name, handler=handler, **options)
    stop = threading.Event()
    thread = threading.Thread(target=consumer.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


@contextmanager
def child(name: str, service_url: str, log_url: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A consumer in a process; killed at the end."""
    values = {"CONSUMER": name, "DATABASE_URL": service_url, "EVENT_LOG_URL": log_url}
    with subprocess.Popen([sys.executable, CHILD], env=os.environ | values | environment) as process:
        try:
            yield process
        finally:
            process.kill()


def append(log: EventLog, count: int, start: int = 0) -> None:
    """Records of 40 keys."""
    log.append([Record(topic=TOPIC, key=f"task/{number % 40}", value=b"x") for number in range(start, start + count)])


def applied(pool: Pool) -> dict[int, list[int]]:
    """Offsets in the order in which they were applied, by partition."""
    found: dict[int, list[int]] = {}
    with pool.connection() as conn:
        for partition, offset in conn.execute('SELECT partition, "offset" FROM applied ORDER BY id'):
            found.setdefault(partition, []).append(offset)
    return found


def expected(log: EventLog) -> dict[int, list[int]]:
    """The same, when each record is applied once and in order."""
    return {partition: list(range(end)) for partition, end in enumerate(log.ends(TOPIC)) if end}


def query(pool: Pool, text: str) -> Any:
    """The one value that a query gives."""
    with pool.connection() as conn:
        row = conn.execute(text.encode()).fetchone()
        return row[0] if row else None


def all_applied(pool: Pool, log: EventLog) -> Callable[[], bool]:
    """Whether as many are applied as the log holds."""

    def check() -> bool:
        return bool(query(pool, "SELECT count(*) FROM applied") >= sum(log.ends(TOPIC)))

    return check
