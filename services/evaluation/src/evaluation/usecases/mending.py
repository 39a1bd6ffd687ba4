"""Mending parked records: the mend goes into the log through the item's owner, so that a replay meets it too."""

from evaluation.clients import Mend, WorkClient
from evaluation.domain.ledger import DeclareMissing, Ledger
from evaluation.store import items as store
from runtime.errors import InvalidInput, NotFound
from runtime.postgres import Pool


def mend_record(pool: Pool, work: WorkClient, mend: Mend, *, replaced_revision: int | None = None) -> None:
    """Publishes a mend that has something to mend. InvalidInput, NotFound."""
    if not mend.reason.strip():
        raise InvalidInput("A mend needs a reason; say why.", field="reason")
    with pool.connection() as conn:
        ledger = store.load_ledger(conn, mend.work_id)
    if mend.missing_revision is not None:
        _require_missing(ledger, mend.missing_revision)
    elif mend.offset not in ledger.parked and not _is_applied(ledger, replaced_revision):
        raise NotFound(f"{mend.work_id} has no parked record at offset {mend.offset}; see the list of parked records.")
    work.record_mend(mend)


def _require_missing(ledger: Ledger, revision: int) -> None:
    # The ledger was read for this question only; what comes of the mend is decided where it stands in the log.
    if not ledger.parked or not ledger.mend(DeclareMissing(revision=revision)):
        raise InvalidInput(
            f"{ledger.work_id} does not wait for revision {revision}; see the list of parked records.", field="revision"
        )


def _is_applied(ledger: Ledger, revision: int | None) -> bool:
    return revision is not None and any(fact.revision == revision for fact in ledger.facts)
