"""Mends of parked records: published where the item's facts are, so that a replay meets them."""

from runtime.errors import Conflict
from runtime.outbox import enqueue
from work.domain.mends import Mend
from work.events.writing import mend_record
from work.store.events import insert_mend, load_mend_value
from work.usecases.desk import Actor, Desk


def record_mend(desk: Desk, actor: Actor, mend: Mend) -> None:
    """Publishes a mend once; the item's revisions stay as they are numbered. The same again publishes nothing."""
    with desk.pool.connection() as conn, conn.transaction():
        if insert_mend(conn, mend):
            enqueue(conn, [mend_record(mend, actor.now)])
        elif load_mend_value(conn, mend.mend_id) != mend.value:
            raise Conflict(f"Mend {mend.mend_id} is published already with other content: choose another id.")
