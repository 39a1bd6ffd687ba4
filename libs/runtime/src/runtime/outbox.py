"""The transactional outbox: events are committed with the state and published by a relay."""

import json
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg

from runtime.events.records import EventLog, Record, check_values
from runtime.faults import crash_point
from runtime.postgres import Connection, Pool
from runtime.telemetry import meter

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.2
LONGEST_BACK_OFF = 5.0
_RELAY_LOCK = 7_205_759_405

# Rows that the log has taken and the outbox has lost: together with the rows left, whether publishing keeps up.
_published = meter.create_counter("congvu.outbox.published", unit="{event}")


def enqueue(conn: Connection, records: Sequence[Record]) -> None:
    """Puts the records into the outbox, in order, in the caller's transaction; the relay is told at commit.

    Raises InvalidInput for a value that no event log takes.
    """
    if not records:
        return
    check_values(records)
    conn.execute(
        """
        WITH added AS (
            INSERT INTO outbox (topic, key, value, headers)
            SELECT topic, key, value, headers::jsonb
            FROM unnest(%b::text[], %b::text[], %b::bytea[], %b::text[]) WITH ORDINALITY
                AS record (topic, key, value, headers, place)
            ORDER BY place
        )
        SELECT pg_notify('outbox', '')
        """,
        [
            [record.topic for record in records],
            [record.key for record in records],
            [record.value for record in records],
            [json.dumps(dict(record.headers)) for record in records],
        ],
    )


class Relay:
    """Publishes the outbox's oldest rows in their order; of several relays of a service one works, the others wait."""

    def __init__(self, *, pool: Pool, log: EventLog, batch: int = 500) -> None:
        self._pool = pool
        self._log = log
        self._batch = batch

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. After any error of log or database it begins again at the oldest row, after at most 5 s."""
        failures = 0
        while not stop.is_set():
            try:
                with self._pool.connection() as conn, _session(conn):
                    for _ in self._work_alone(conn, stop):
                        failures = 0
            except psycopg.OperationalError as error:
                failures += 1
                logger.warning("The relay waits for its database or log: %s", error)
            except Exception:
                failures += 1
                logger.exception("The relay begins again at the oldest row.")
            if failures:
                stop.wait(min(LONGEST_BACK_OFF, 0.1 * 2 ** min(failures, 10)))

    def _work_alone(self, conn: Connection, stop: threading.Event) -> Iterator[int]:
        """Yields after each batch. The lock belongs to the session: when that is lost, another relay may go on."""
        while not _try_lock(conn):
            if stop.wait(1.0):
                return
        conn.execute("LISTEN outbox")
        while not stop.is_set():
            published = self._publish(conn)
            yield published
            if published < self._batch:
                _wait_for_hint(conn)

    def _publish(self, conn: Connection) -> int:
        rows = conn.execute(
            "SELECT id, topic, key, value, headers FROM outbox ORDER BY id LIMIT %s", [self._batch], binary=True
        ).fetchall()
        if not rows:
            return 0
        crash_point("relay.after-read")
        self._log.append(
            [Record(topic=topic, key=key, value=value, headers=headers) for _, topic, key, value, headers in rows]
        )
        crash_point("relay.after-append")
        conn.execute("DELETE FROM outbox WHERE id = ANY(%s)", [[row[0] for row in rows]])
        _published.add(len(rows))
        crash_point("relay.after-delete")
        return len(rows)


@contextmanager
def _session(conn: Connection) -> Iterator[None]:
    """Gives the connection back as it was, or closes it: the pool must not hand the relay's lock to others."""
    try:
        yield
        conn.execute("UNLISTEN *")
        conn.execute("SELECT pg_advisory_unlock_all()")
    except BaseException:
        conn.close()
        raise


def _try_lock(conn: Connection) -> bool:
    row = conn.execute("SELECT pg_try_advisory_lock(%s)", [_RELAY_LOCK]).fetchone()
    return bool(row and row[0])


def _wait_for_hint(conn: Connection) -> None:
    """Until a commit with new rows is told, at most 0.2 s: a hint may get lost."""
    for _ in conn.notifies(timeout=POLL_SECONDS, stop_after=1):
        pass
