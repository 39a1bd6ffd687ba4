"""Saying what moved: an event for each subject whose scores are others than when it was last spoken of."""

from datetime import datetime
from uuid import uuid4

from evaluation.domain.periods import from_instant
from evaluation.events.scores import scores_changed
from evaluation.store import scores as store
from runtime.outbox import enqueue
from runtime.postgres import Pool

# Subjects spoken of in one transaction.
_EVENTS = 500


def say_moved(pool: Pool, *, now: datetime, pause_seconds: float) -> int:
    """Puts an event for each subject whose scores moved into the outbox, at most one per pause; returns how many."""
    with pool.connection() as conn, conn.transaction():
        clock = store.lock_clock(conn)
        if clock is None:
            return 0
        unsaid = store.take_unsaid(conn, now=now, pause_seconds=pause_seconds, limit=_EVENTS)
        records = [
            scores_changed(
                event_id=uuid4().hex,
                subject=one.subject,
                revision=one.revision,
                cards=[row.card for row in one.scores],
                as_of=from_instant(clock),
                now=now,
            )
            for one in unsaid
        ]
        enqueue(conn, records)
        return len(records)
