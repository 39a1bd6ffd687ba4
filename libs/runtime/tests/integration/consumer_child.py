"""A consumer as a process of its own: writes each record that it applies into the table `applied`."""

import os
import signal
import threading
from collections.abc import Sequence
from datetime import datetime

from runtime.events import StoredRecord, open_event_log
from runtime.events.consumer import Consumer
from runtime.postgres import Connection, open_pool
from runtime.telemetry import set_up_telemetry


class Keeper:
    """Also keeps a count per partition in memory, which is wrong as soon as another consumer has worked."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._counts: dict[int, int] = {}

    def handle(self, conn: Connection, partition: int, records: Sequence[StoredRecord]) -> None:
        for each in records:
            self._counts[partition] = self._count(conn, partition) + 1
            conn.execute(
                'INSERT INTO applied (partition, "offset", place, consumer) VALUES (%s, %s, %s, %s)',
                [partition, each.offset, self._counts[partition], self._name],
            )

    def tick(self, conn: Connection, partition: int, now: datetime) -> None:
        conn.execute("INSERT INTO ticks (partition, at, consumer) VALUES (%s, %s, %s)", [partition, now, self._name])

    def forget(self, partition: int) -> None:
        self._counts.pop(partition, None)

    def _count(self, conn: Connection, partition: int) -> int:
        if partition not in self._counts:
            row = conn.execute("SELECT count(*) FROM applied WHERE partition = %s", [partition]).fetchone()
            self._counts[partition] = row[0] if row else 0
        return self._counts[partition]


def main() -> None:
    set_up_telemetry("child", "")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    name = os.environ["CONSUMER"]
    consumer = Consumer(
        log=open_event_log(os.environ["EVENT_LOG_URL"]),
        pool=open_pool(os.environ["DATABASE_URL"], name=name, idle_in_transaction=1),
        topic="congvu.work.v1",
        owner="child",
        handler=Keeper(name),
        batch=5,
        lease_seconds=1.5,
    )
    consumer.run(stop)


if __name__ == "__main__":
    main()
