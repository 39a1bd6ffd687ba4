"""Recorded outages of the system (L23)."""

from runtime.postgres import Connection
from work.domain.terms import Outage


def insert_outage(conn: Connection, outage: Outage) -> bool:
    """Writes an outage; False when its id is taken."""
    cursor = conn.execute(
        """
        INSERT INTO outages (outage_id, began_at, ended_at, reason) VALUES (%s, %s, %s, %s)
        ON CONFLICT (outage_id) DO NOTHING
        """,
        [outage.outage_id, outage.began_at, outage.ended_at, outage.reason],
    )
    return cursor.rowcount == 1


def load_outage(conn: Connection, outage_id: str) -> Outage | None:
    """One outage, or None."""
    query = "SELECT outage_id, began_at, ended_at, reason FROM outages WHERE outage_id = %s"
    row = conn.execute(query, [outage_id]).fetchone()
    return Outage(outage_id=row[0], began_at=row[1], ended_at=row[2], reason=row[3]) if row else None
