"""Items with their facts and what they add."""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from evaluation.domain import facts as f
from evaluation.domain.contributions import Contributions, Key
from evaluation.domain.ledger import Ledger
from evaluation.domain.periods import Instant
from evaluation.store.facts import read_facts, write_facts
from evaluation.store.parked import load_parked
from runtime.postgres import Connection

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
_TEXTS_KEPT = 10_000


class LoadedItem(NamedTuple):
    """An item as stored: its facts and parked records, what it adds, and when the clock alone changes that."""

    ledger: Ledger
    adds: Contributions
    next_tick: Instant | None


class ItemRow(NamedTuple):
    """An item for writing. `facts` are those to be put behind the stored ones, or all in their place (`anew`)."""

    work_id: str
    last_revision: int
    next_tick: Instant | None
    state: str
    # None: as before.
    adds: Contributions | None
    facts: Sequence[f.Fact]
    anew: bool


def plan_by_index(conn: Connection) -> None:
    """For this transaction: whatever size the tables seem to have, rows are looked up one by one.

    Statements are planned once; a plan from a time when a table was small would read all of it for each batch.
    """
    conn.execute(
        "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),"
        " set_config('enable_mergejoin', 'off', true)"
    )


def load_items(conn: Connection, work_ids: Sequence[str]) -> dict[str, LoadedItem]:
    """The items named, as far as they are known."""
    rows = conn.execute(
        """
        SELECT work_id, last_revision, facts, adds, next_tick
          FROM unnest(%b::text[]) AS wanted (work_id)
          JOIN items USING (work_id)
        """,
        [list(work_ids)],
        binary=True,
    )
    items = {
        work_id: LoadedItem(
            Ledger(work_id=work_id, last_revision=last_revision, facts=read_facts(facts)), read_adds(adds), next_tick
        )
        for work_id, last_revision, facts, adds, next_tick in rows
    }
    for work_id, record in load_parked(conn, work_ids):
        if work_id not in items:
            items[work_id] = LoadedItem(Ledger(work_id=work_id), {}, None)
        items[work_id].ledger.parked[record.offset] = record
    return items


def load_ledger(conn: Connection, work_id: str) -> Ledger:
    """The ledger of an item; a new one for an item not known yet."""
    loaded = load_items(conn, [work_id]).get(work_id)
    return loaded.ledger if loaded else Ledger(work_id=work_id)


def save_items(conn: Connection, rows: Sequence[ItemRow]) -> None:
    """Writes the items, new or not; called by the holder of the partition's lease only."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    columns[4] = [None if adds is None else _write_adds(adds) for adds in columns[4]]
    columns[5] = [write_facts(facts) for facts in columns[5]]
    conn.execute(
        """
        MERGE INTO items
        USING unnest(%b::text[], %b::bigint[], %b::bigint[], %b::text[], %b::text[], %b::text[], %b::boolean[])
              AS item (work_id, last_revision, next_tick, state, adds, facts, anew)
           ON items.work_id = item.work_id
         WHEN MATCHED THEN
              UPDATE SET last_revision = item.last_revision, next_tick = item.next_tick, state = item.state,
                     adds = coalesce(item.adds, items.adds),
                     facts = CASE WHEN item.anew OR items.facts = '' THEN item.facts
                                  WHEN item.facts = '' THEN items.facts
                                  ELSE items.facts || ',' || item.facts END
         WHEN NOT MATCHED THEN
              INSERT (work_id, last_revision, next_tick, state, adds, facts)
              VALUES (item.work_id, item.last_revision, item.next_tick, item.state, coalesce(item.adds, '[]'),
                      item.facts)
        """,
        columns,
    )


def save_ticks(conn: Connection, *, partition: int, ticks: Iterable[tuple[Instant, str]]) -> None:
    """Items to look at when their moment comes: (moment, work_id)."""
    moments, work_ids = zip(*ticks, strict=True)
    conn.execute(
        """
        INSERT INTO ticks (partition, next_tick, work_id)
        SELECT %s, next_tick, work_id FROM unnest(%b::bigint[], %b::text[]) AS tick (next_tick, work_id)
        """,
        [partition, list(moments), list(work_ids)],
    )


def take_ticks(conn: Connection, *, partition: int, at: Instant, limit: int) -> list[tuple[str, Instant | None]]:
    """Takes moments up to the instant, earliest first: (work_id, the moment that the item itself has by now)."""
    return conn.execute(
        """
        WITH taken AS (
            DELETE FROM ticks
             WHERE ctid = ANY (ARRAY(
                   SELECT ctid FROM ticks
                    WHERE partition = %s AND next_tick <= %s
                    ORDER BY next_tick
                    LIMIT %s))
            RETURNING work_id
        )
        SELECT work_id, (SELECT next_tick FROM items WHERE items.work_id = taken.work_id) FROM taken
        """,
        [partition, at, limit],
    ).fetchall()


def read_adds(stored: str) -> Contributions:
    """What an item adds, out of its stored form."""
    return {Key(*key): measures for key, measures in json.loads(stored)}


def _write_adds(adds: Contributions) -> str:
    return "[" + ",".join([f"[{_write_key(key)},{_write_measures(tuple(adds[key].items()))}]" for key in adds]) + "]"


# Many items add the same, or to the same month of the same officer.
@lru_cache(_TEXTS_KEPT)
def _write_key(key: Key) -> str:
    return _encode(key)


@lru_cache(_TEXTS_KEPT)
def _write_measures(measures: tuple[tuple[str, int], ...]) -> str:
    return _encode(dict(measures))
