"""The lock between those who set due times and those who change what due times are read against."""

from runtime.postgres import Connection

_LOCK = 7_205_759_502


def share_dates(conn: Connection) -> None:
    """Leaves and outages stay as they are until the end of the transaction; many may hold this at once."""
    conn.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_LOCK])


def own_dates(conn: Connection) -> None:
    """Nobody sets a due time until the end of the transaction, which may change leaves and outages."""
    conn.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
