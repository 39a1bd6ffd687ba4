"""The facts of the items as they were published."""

from collections.abc import Collection

from runtime.postgres import Connection
from work.domain.mends import Mend


def load_values(conn: Connection, work_ids: Collection[str]) -> list[bytes]:
    """The serialised facts of the items, in order of item and revision."""
    query = "SELECT value FROM work_events WHERE work_id = ANY(%s) ORDER BY work_id, revision"
    return [value for (value,) in conn.execute(query, [list(work_ids)])]


def insert_mend(conn: Connection, mend: Mend) -> bool:
    """Writes a mend; False when its id is taken."""
    query = "INSERT INTO mends (mend_id, value) VALUES (%s, %s) ON CONFLICT (mend_id) DO NOTHING"
    return conn.execute(query, [mend.mend_id, mend.value]).rowcount == 1


def load_mend_value(conn: Connection, mend_id: str) -> bytes:
    """The serialised mend that has this id."""
    row = conn.execute("SELECT value FROM mends WHERE mend_id = %s", [mend_id]).fetchone()
    return bytes(row[0]) if row else b""
