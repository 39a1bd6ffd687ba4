"""A relay in a thread, and what it has left to do."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from runtime.events import EventLog
from runtime.outbox import Relay
from runtime.postgres import Pool

# An append to a log that is away may take so long until it is given up.
PATIENCE = 60


@contextmanager
def relaying(pool: Pool, log: EventLog, *, batch: int = 500) -> Iterator[None]:
    """Publishes as long as the block lasts."""
    stop = threading.Event()
    thread = threading.Thread(target=Relay(pool=pool, log=log, batch=batch).run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def rows_left(pool: Pool) -> int:
    """How many rows the outbox has."""
    with pool.connection() as conn:
        row = conn.execute("SELECT count(*) FROM outbox").fetchone()
    return int(row[0]) if row else 0
