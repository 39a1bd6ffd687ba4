"""Recorded outages of the system: due times inside move to their end, for all (L23)."""

from datetime import timedelta

from runtime.errors import Conflict, InvalidInput
from work.domain.terms import Outage
from work.domain.texts import check_id, check_text
from work.store.dates import own_dates
from work.store.items import lock_items_due_between
from work.store.outages import insert_outage, load_outage
from work.usecases.desk import Actor, Desk
from work.usecases.journal import Journal

# A longer one is a typing error that would move a season's due times.
LONGEST = timedelta(days=31)


def record_outage(desk: Desk, actor: Actor, outage: Outage) -> int:
    """Records an outage and moves the due times inside it; returns how many items moved. The same again moves none."""
    check_id(outage.outage_id, "outage_id")
    check_text(outage.reason, "reason", required=True)
    if not timedelta() < outage.ended_at - outage.began_at <= LONGEST:
        raise InvalidInput(f"The outage must end after it begins, within {LONGEST.days} days.", field="to")
    with desk.pool.connection() as conn, conn.transaction():
        own_dates(conn)
        if not insert_outage(conn, outage):
            if load_outage(conn, outage.outage_id) != outage:
                raise Conflict(f"Outage {outage.outage_id} is recorded already with other content.")
            return 0
        items = lock_items_due_between(conn, outage.began_at, outage.ended_at)
        journal = Journal(conn, desk.calendar, items)
        journal.look_around([])
        for item in items:
            journal.move_due(item, recorded_at=actor.now)
        journal.write()
    return journal.moved
