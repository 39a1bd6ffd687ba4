"""The items that a consumer folded last, kept so that their next fact need not load them again."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from evaluation.domain.contributions import Contributions
from evaluation.domain.ledger import Ledger
from evaluation.domain.periods import Instant
from evaluation.store import items as store
from runtime.postgres import Connection


@dataclass(slots=True)
class KnownItem:
    """An item as the database has it, until a batch changes it."""

    partition: int
    ledger: Ledger
    adds: Contributions
    next_tick: Instant | None
    # So many of the ledger's facts are stored, in this order; 0 as well when a mend changed those.
    stored_facts: int


class KnownItems:
    """At most `limit` items, those folded last. What is taken out and changed comes back when it is saved.

    An item belongs to the holder of its partition's lease; whoever may not be that any more, or was rolled back,
    must `forget`.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: dict[str, KnownItem] = {}

    def take(self, conn: Connection, *, partition: int, work_ids: Collection[str]) -> dict[str, KnownItem]:
        """Takes these items out; loads what is not kept, and makes what is new. In the order of `work_ids`."""
        kept = self._items
        found = {work_id: kept.pop(work_id, None) for work_id in work_ids}
        missing = [work_id for work_id, item in found.items() if item is None]
        loaded = store.load_items(conn, missing) if missing else {}
        for work_id in missing:
            found[work_id] = _make_known(partition, work_id, loaded.get(work_id))
        return {work_id: item for work_id, item in found.items() if item is not None}

    def keep(self, items: Iterable[KnownItem]) -> None:
        """Takes items in, as they are saved; those that were not folded for longest are dropped."""
        kept = self._items
        for item in items:
            kept[item.ledger.work_id] = item
        for work_id in list(kept)[: max(0, len(kept) - self._limit)]:
            del kept[work_id]

    def forget(self, partition: int) -> None:
        """Drops what is kept of a partition."""
        self._items = {work_id: item for work_id, item in self._items.items() if item.partition != partition}


def _make_known(partition: int, work_id: str, loaded: store.LoadedItem | None) -> KnownItem:
    if loaded is None:
        return KnownItem(partition, Ledger(work_id=work_id), {}, None, 0)
    return KnownItem(partition, loaded.ledger, loaded.adds, loaded.next_tick, len(loaded.ledger.facts))
