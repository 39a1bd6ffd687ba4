"""Items with their facts, and what they add."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from evaluation.domain import facts as f
from evaluation.domain.contributions import Contributions, Key
from evaluation.domain.ledger import Ledger
from evaluation.domain.measures import to_measures, to_vector
from evaluation.domain.periods import Instant
from evaluation.store.facts import read_facts, write_fact
from evaluation.store.parked import load_parked
from runtime.postgres import Connection


class ItemRow(NamedTuple):
    """An item as stored, for writing."""

    work_id: str
    partition: int
    last_revision: int
    facts: Sequence[f.Fact]
    title: str
    state: str
    officer_id: str
    unit_id: str
    due_at: Instant | None
    next_tick: Instant | None


def load_ledgers(conn: Connection, work_ids: Sequence[str]) -> dict[str, Ledger]:
    """The ledgers of the items named, new ones for items not known yet."""
    ledgers = {work_id: Ledger(work_id=work_id) for work_id in work_ids}
    rows = conn.execute(
        """
        SELECT work_id, last_revision, facts
          FROM items
         WHERE work_id = ANY (%s)
        """,
        [list(work_ids)],
    )
    for work_id, last_revision, facts in rows:
        ledgers[work_id].last_revision = last_revision
        ledgers[work_id].facts = read_facts(facts)
    for work_id, record in load_parked(conn, work_ids):
        ledgers[work_id].parked[record.offset] = record
    return ledgers


def load_ticking(conn: Connection, *, partition: int, at: Instant, limit: int) -> dict[str, Ledger]:
    """Items of the partition that the clock changes at or before the instant; earliest first."""
    rows = conn.execute(
        """
        SELECT work_id, last_revision, facts
          FROM items
         WHERE partition = %s AND next_tick <= %s
         ORDER BY next_tick
         LIMIT %s
        """,
        [partition, at, limit],
    )
    return {
        work_id: Ledger(work_id=work_id, last_revision=last_revision, facts=read_facts(facts))
        for work_id, last_revision, facts in rows
    }


def save_items(conn: Connection, rows: Sequence[ItemRow]) -> None:
    """Writes the items, new or not."""
    columns = list(zip(*rows, strict=True))
    columns[3] = tuple(json.dumps([write_fact(fact) for fact in facts]) for facts in columns[3])
    conn.execute(
        """
        INSERT INTO items
            (work_id, partition, last_revision, facts, title, state, officer_id, unit_id, due_at, next_tick)
        SELECT work_id, partition, last_revision, facts::json, title, state, officer_id, unit_id, due_at, next_tick
          FROM unnest(%b::text[], %b::smallint[], %b::bigint[], %b::text[], %b::text[], %b::text[], %b::text[],
                      %b::text[], %b::bigint[], %b::bigint[])
               AS item (work_id, partition, last_revision, facts, title, state, officer_id, unit_id, due_at, next_tick)
        ON CONFLICT (work_id) DO UPDATE
           SET last_revision = excluded.last_revision, facts = excluded.facts, title = excluded.title,
               state = excluded.state, officer_id = excluded.officer_id, unit_id = excluded.unit_id,
               due_at = excluded.due_at, next_tick = excluded.next_tick
        """,
        [list(column) for column in columns],
    )


def load_contributions(conn: Connection, work_ids: Sequence[str]) -> dict[str, Contributions]:
    """What each of the items adds at present."""
    applied: dict[str, Contributions] = {work_id: {} for work_id in work_ids}
    rows = conn.execute(
        """
        SELECT work_id, subject, unit_id, month, request, vector
          FROM contributions
         WHERE work_id = ANY (%s)
        """,
        [list(work_ids)],
    )
    for work_id, subject, unit_id, month, request, vector in rows:
        applied[work_id][Key(subject, unit_id, month, request)] = to_measures(vector)
    return applied


def save_contributions(conn: Connection, changed: Sequence[tuple[str, Key, Mapping[str, int]]]) -> None:
    """Writes changed contributions; empty ones are removed."""
    gone = [(work_id, key) for work_id, key, measures in changed if not measures]
    kept = [(work_id, key, measures) for work_id, key, measures in changed if measures]
    if gone:
        conn.execute(
            """
            DELETE FROM contributions
             USING unnest(%b::text[], %b::text[], %b::text[], %b::int[], %b::boolean[])
                   AS gone (work_id, subject, unit_id, month, request)
             WHERE contributions.work_id = gone.work_id AND contributions.subject = gone.subject
               AND contributions.unit_id = gone.unit_id AND contributions.month = gone.month
               AND contributions.request = gone.request
            """,
            [[work_id for work_id, _ in gone], *_key_columns([key for _, key in gone])],
        )
    if kept:
        conn.execute(
            """
            INSERT INTO contributions (work_id, subject, unit_id, month, request, vector)
            SELECT work_id, subject, unit_id, month, request, vector::bigint[]
              FROM unnest(%b::text[], %b::text[], %b::text[], %b::int[], %b::boolean[], %b::text[])
                   AS kept (work_id, subject, unit_id, month, request, vector)
            ON CONFLICT (work_id, subject, unit_id, month, request) DO UPDATE SET vector = excluded.vector
            """,
            [
                [work_id for work_id, _, _ in kept],
                *_key_columns([key for _, key, _ in kept]),
                [_vector_text(measures) for _, _, measures in kept],
            ],
        )


def add_sums(conn: Connection, *, partition: int, deltas: Mapping[Key, Mapping[str, int]]) -> None:
    """Adds to the sums of the partition; called by the holder of the partition's lease only."""
    keys = sorted(deltas)
    conn.execute(
        """
        INSERT INTO sums (partition, subject, unit_id, month, request, vector)
        SELECT %s, subject, unit_id, month, request, vector::bigint[]
          FROM unnest(%b::text[], %b::text[], %b::int[], %b::boolean[], %b::text[])
               AS delta (subject, unit_id, month, request, vector)
        ON CONFLICT (subject, month, unit_id, request, partition)
           DO UPDATE SET vector = add_vectors(sums.vector, excluded.vector)
        """,
        [partition, *_key_columns(keys), [_vector_text(deltas[key]) for key in keys]],
    )


def _key_columns(keys: Sequence[Key]) -> list[list[Any]]:
    return [
        [key.subject for key in keys],
        [key.unit for key in keys],
        [key.month for key in keys],
        [key.request for key in keys],
    ]


def _vector_text(measures: Mapping[str, int]) -> str:
    return "{" + ",".join(map(str, to_vector(measures))) + "}"
