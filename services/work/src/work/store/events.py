"""The facts of the items as they were published."""

from collections.abc import Collection, Sequence

import psycopg

from runtime.postgres import Connection
from work.domain.facts import KeptEvent
from work.domain.mends import Mend
from work.store.items import RacedError


def load_fingerprints(conn: Connection, event_ids: Collection[str]) -> dict[str, int]:
    """The fingerprints of those of the events that are known."""
    query = "SELECT event_id, fingerprint FROM work_events WHERE event_id = ANY(%s)"
    return dict(conn.execute(query, [list(event_ids)]).fetchall())


def load_values(conn: Connection, work_ids: Collection[str]) -> list[bytes]:
    """The serialised facts of the items, in order of item and revision."""
    query = "SELECT value FROM work_events WHERE work_id = ANY(%s) ORDER BY work_id, revision"
    return [value for (value,) in conn.execute(query, [list(work_ids)])]


def append_events(conn: Connection, kept: Sequence[KeptEvent]) -> None:
    """Writes numbered facts. Raises RacedError when one of their ids is known by now."""
    try:
        with (
            conn.cursor() as cursor,
            cursor.copy(
                "COPY work_events (event_id, work_id, revision, fingerprint, value) FROM STDIN (FORMAT BINARY)"
            ) as copy,
        ):
            copy.set_types(["text", "text", "int8", "int8", "bytea"])
            for each in kept:
                event = each.event
                copy.write_row((event.event_id, event.work_id, event.revision, event.fingerprint, each.value))
    except psycopg.errors.UniqueViolation as error:
        raise RacedError from error


def insert_mend(conn: Connection, mend: Mend) -> bool:
    """Writes a mend; False when its id is taken."""
    query = "INSERT INTO mends (mend_id, value) VALUES (%s, %s) ON CONFLICT (mend_id) DO NOTHING"
    return conn.execute(query, [mend.mend_id, mend.value]).rowcount == 1


def load_mend_value(conn: Connection, mend_id: str) -> bytes:
    """The serialised mend that has this id."""
    row = conn.execute("SELECT value FROM mends WHERE mend_id = %s", [mend_id]).fetchone()
    return bytes(row[0]) if row else b""
