"""The transactional outbox: events are committed with the state and published by a relay."""

import json
import logging
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import NamedTuple

import psycopg
from psycopg.rows import args_row

from runtime.events.records import EventLog, Record, check_values
from runtime.faults import crash_point
from runtime.outages import OUTAGES, Outages
from runtime.postgres import Connection, Pool
from runtime.telemetry import meter

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.2
# What comes one by one is published a few at a time: a statement and an acknowledgement for each cost more.
GATHER_SECONDS = 0.05
# The server ends the session of a relay that is silent for so long, frozen or cut off, and another one has its turn.
SILENCE_SECONDS = 15.0
# One batch stays well under the memory of a small machine, whatever the size of the records.
READ_BYTES = 16 * 1024 * 1024
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


class _Row(NamedTuple):
    id: int
    topic: str
    key: str
    value: bytes
    headers: str


class Relay:
    """Publishes the outbox's oldest rows in their order; of several relays of a service one works, the others wait."""

    def __init__(
        self, *, pool: Pool, log: EventLog, batch: int = 1000, silence_seconds: float = SILENCE_SECONDS
    ) -> None:
        self._pool = pool
        self._log = log
        self._batch = batch
        self._silence_seconds = silence_seconds

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. After any error of log or database it begins again at the oldest row, after at most 5 s."""
        outages = Outages("The relay")
        while not stop.is_set():
            try:
                with self._pool.connection() as conn, _session(conn, self._silence_seconds):
                    self._work_alone(conn, stop, outages)
            except OUTAGES as error:
                outages.tell(error)
            except Exception:
                logger.exception("The relay begins again at the oldest row.")
            if not stop.is_set():
                stop.wait(outages.pause())

    def _work_alone(self, conn: Connection, stop: threading.Event, outages: Outages) -> None:
        """The lock belongs to the session: when that is lost, another relay may go on."""
        while not _try_lock(conn):
            if stop.wait(1.0):
                return
        conn.execute("LISTEN outbox")
        rows = self._read(conn)
        # After an error nothing begins again before the append that is under way has ended.
        with ThreadPoolExecutor(1, thread_name_prefix="append") as appending:
            while not stop.is_set():
                if not rows:
                    _wait_for_hint(conn)
                elif not (rows := self._publish(conn, appending, rows)):
                    stop.wait(GATHER_SECONDS)
                rows = rows or self._read(conn)
                outages.over()

    def _publish(self, conn: Connection, appending: ThreadPoolExecutor, rows: Sequence[_Row]) -> list[_Row]:
        """Appends the rows and deletes exactly them; returns the next ones, read meanwhile, when those were many."""
        ids = [row.id for row in rows]
        crash_point("relay.after-read")
        appended = appending.submit(self._append, rows)
        following = self._read(conn, beside=ids) if len(rows) == self._batch else []
        self._wait_for(appended, conn)
        crash_point("relay.after-append")
        conn.execute("DELETE FROM outbox WHERE id = ANY(%b::bigint[])", [ids])
        _published.add(len(rows))
        crash_point("relay.after-delete")
        return following

    def _append(self, rows: Sequence[_Row]) -> None:
        self._log.append(
            [Record(topic=row.topic, key=row.key, value=row.value, headers=json.loads(row.headers)) for row in rows]
        )

    def _wait_for(self, appended: Future[None], conn: Connection) -> None:
        """However long it takes: the session must not fall silent."""
        while not wait([appended], timeout=self._silence_seconds / 3).done:
            conn.execute("SELECT")
        appended.result()

    def _read(self, conn: Connection, beside: Sequence[int] = ()) -> list[_Row]:
        """The oldest rows but those, at most a batch and 16 MB of values, at least one when there is one.

        An id is drawn before its row is committed, so that a lower one may appear later. Rows of one key are in order
        nevertheless: who writes the next has waited for the commit of the one before.
        """
        with conn.cursor(row_factory=args_row(_Row)) as cursor:
            return cursor.execute(
                """
                SELECT id, topic, key, value, headers::text FROM (
                    SELECT *, sum(octet_length(value)) OVER (ORDER BY id) - octet_length(value) AS bytes_before FROM (
                        SELECT * FROM outbox WHERE id <> ALL(%b::bigint[]) ORDER BY id LIMIT %s
                    ) AS oldest
                ) AS measured
                WHERE bytes_before < %s ORDER BY id
                """,
                [list(beside), self._batch, READ_BYTES],
                binary=True,
            ).fetchall()


@contextmanager
def _session(conn: Connection, silence_seconds: float) -> Iterator[None]:
    """Gives the connection back as it was, or closes it: the pool must not hand the relay's lock to others."""
    try:
        conn.execute("SELECT set_config('idle_session_timeout', %s, false)", [f"{silence_seconds * 1000:.0f}"])
        yield
    finally:
        try:
            conn.execute("UNLISTEN *; RESET idle_session_timeout; SELECT pg_advisory_unlock_all()")
        except psycopg.Error:
            conn.close()


def _try_lock(conn: Connection) -> bool:
    row = conn.execute("SELECT pg_try_advisory_lock(%s)", [_RELAY_LOCK]).fetchone()
    return bool(row and row[0])


def _wait_for_hint(conn: Connection) -> None:
    """Until a commit with new rows is told, at most 0.2 s: a hint may get lost."""
    for _ in conn.notifies(timeout=POLL_SECONDS, stop_after=1):
        pass
