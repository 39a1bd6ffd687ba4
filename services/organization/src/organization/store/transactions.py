"""How a transaction sees the organization: one writer at a time, readers on one snapshot."""

from runtime.postgres import Connection


def become_only_writer(conn: Connection) -> None:
    """Waits until no other transaction changes units or officers, and keeps others out until the end of this one.
    The rules of the tree and of heads bind many rows, which row locks would not cover."""
    conn.execute("SELECT pg_advisory_xact_lock(hashtext('organization'))")


def read_one_snapshot(conn: Connection) -> None:
    """Lets all following reads of the transaction see the same moment; must be its first statement."""
    conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
