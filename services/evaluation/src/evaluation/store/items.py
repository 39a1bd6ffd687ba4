"""Items with their facts, what they add, and what is parked."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from psycopg.rows import class_row

from evaluation.domain import facts as f
from evaluation.domain.contributions import Contributions, Key
from evaluation.domain.ledger import Ledger, Received
from evaluation.domain.measures import to_measures, to_vector
from evaluation.domain.periods import Instant, Month
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
        ledgers[work_id].facts = [_read_fact(fact) for fact in facts]
    for work_id, record in _load_parked(conn, work_ids):
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
        work_id: Ledger(work_id=work_id, last_revision=last_revision, facts=[_read_fact(fact) for fact in facts])
        for work_id, last_revision, facts in rows
    }


def save_items(conn: Connection, rows: Sequence[ItemRow]) -> None:
    """Writes the items, new or not."""
    columns = list(zip(*rows, strict=True))
    columns[3] = tuple(json.dumps([_write_fact(fact) for fact in facts]) for facts in columns[3])
    conn.execute(
        """
        INSERT INTO items
            (work_id, partition, last_revision, facts, title, state, officer_id, unit_id, due_at, next_tick)
        SELECT * FROM unnest(%s::text[], %s::smallint[], %s::bigint[], %s::json[], %s::text[], %s::text[], %s::text[],
                             %s::text[], %s::bigint[], %s::bigint[])
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
             USING unnest(%s::text[], %s::text[], %s::text[], %s::int[], %s::boolean[])
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
              FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[], %s::boolean[], %s::text[])
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
          FROM unnest(%s::text[], %s::text[], %s::int[], %s::boolean[], %s::text[])
               AS delta (subject, unit_id, month, request, vector)
        ON CONFLICT (subject, month, unit_id, request, partition)
           DO UPDATE SET vector = add_vectors(sums.vector, excluded.vector)
        """,
        [partition, *_key_columns(keys), [_vector_text(deltas[key]) for key in keys]],
    )


def save_parked(conn: Connection, *, partition: int, ledgers: Sequence[Ledger]) -> None:
    """Replaces what is parked of these items."""
    conn.execute("DELETE FROM parked WHERE work_id = ANY (%s)", [[ledger.work_id for ledger in ledgers]])
    for ledger in ledgers:
        for record in ledger.parked.values():
            conn.execute(
                """
                INSERT INTO parked
                (partition, "offset", work_id, event_id, revision, received_at, value, fact, reason, behind)
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
                """,
                [
                    partition,
                    record.offset,
                    ledger.work_id,
                    record.event_id,
                    record.revision,
                    record.received_at,
                    record.value,
                    None if record.fact is None else json.dumps(_write_fact(record.fact)),
                    record.reason,
                    record.behind,
                ],
            )


class ParkedRow(NamedTuple):
    """A parked record, for people."""

    partition: int
    offset: int
    work_id: str
    event_id: str
    revision: int
    received_at: Instant
    value: bytes
    reason: str
    behind: bool


def list_parked(conn: Connection, *, after: tuple[int, int], limit: int) -> list[ParkedRow]:
    """Parked records in the order of (partition, offset), after the one named."""
    with conn.cursor(row_factory=class_row(ParkedRow)) as cursor:
        return cursor.execute(
            """
            SELECT partition, "offset", work_id, event_id, revision, received_at, value, reason, behind
              FROM parked
             WHERE (partition, "offset") > (%s, %s)
             ORDER BY partition, "offset"
             LIMIT %s
            """,
            [*after, limit],
        ).fetchall()


class CountRow(NamedTuple):
    """How many there are."""

    items: int
    open_items: int
    parked: int
    scores_waiting: int


def count_items(conn: Connection, *, upto: Month) -> CountRow:
    """Items, those still open, parked records, and scores of months up to `upto` that wait."""
    with conn.cursor(row_factory=class_row(CountRow)) as cursor:
        row = cursor.execute(
            """
            SELECT (SELECT count(*) FROM items) AS items,
                   (SELECT count(*) FROM items WHERE state in ('open', 'submitted')) AS open_items,
                   (SELECT count(*) FROM parked) AS parked,
                   (SELECT count(*) FROM scores_due WHERE month <= %s) AS scores_waiting
            """,
            [upto],
        ).fetchone()
    assert row is not None
    return row


class EvidenceRow(NamedTuple):
    """What one item adds to one row of a subject's months, with its facts."""

    work_id: str
    subject: str
    unit_id: str
    month: int
    request: bool
    vector: list[int]
    title: str
    facts: Any


def load_evidence(conn: Connection, *, subject: str, month: int) -> list[EvidenceRow]:
    """All contributions to the subject's months up to this one, by item."""
    with conn.cursor(row_factory=class_row(EvidenceRow)) as cursor:
        return cursor.execute(
            """
            SELECT work_id, subject, contributions.unit_id, month, request, vector, title, facts
              FROM contributions
              JOIN items USING (work_id)
             WHERE subject = %s AND month <= %s
             ORDER BY work_id, month
            """,
            [subject, month],
        ).fetchall()


def load_unit_evidence(conn: Connection, *, units: Sequence[str], month: int) -> list[EvidenceRow]:
    """All contributions earned in the units up to the month, by item."""
    with conn.cursor(row_factory=class_row(EvidenceRow)) as cursor:
        return cursor.execute(
            """
            SELECT work_id, subject, contributions.unit_id, month, request, vector, title, facts
              FROM contributions
              JOIN items USING (work_id)
             WHERE contributions.unit_id = ANY (%s) AND month <= %s
             ORDER BY work_id, month
            """,
            [list(units), month],
        ).fetchall()


def read_facts(stored: Any) -> list[f.Fact]:
    """Facts out of their stored form."""
    return [_read_fact(fact) for fact in stored]


def _load_parked(conn: Connection, work_ids: Sequence[str]) -> Iterable[tuple[str, Received]]:
    rows = conn.execute(
        """
        SELECT work_id, "offset", received_at, value, fact, event_id, revision, reason, behind
          FROM parked
         WHERE work_id = ANY (%s)
        """,
        [list(work_ids)],
    )
    for work_id, offset, received_at, value, fact, event_id, revision, reason, behind in rows:
        yield (
            work_id,
            Received(
                offset=offset,
                received_at=received_at,
                value=value,
                fact=None if fact is None else _read_fact(fact),
                event_id=event_id,
                revision=revision,
                reason=reason,
                behind=behind,
            ),
        )


def _write_fact(fact: f.Fact) -> list[Any]:
    return [*fact[:4], type(fact.body).__name__, fact.body]


def _read_fact(stored: list[Any]) -> f.Fact:
    occurred_at, revision, recorded_at, event_id, name, fields = stored
    head = occurred_at, revision, recorded_at, event_id
    if name == "InitiativeRecognised":
        authors, title = fields
        return f.Fact(*head, f.InitiativeRecognised(tuple(f.Author(*author) for author in authors), title))
    return f.Fact(*head, f.BODIES[name](*fields))


def _key_columns(keys: Sequence[Key]) -> list[list[Any]]:
    return [
        [key.subject for key in keys],
        [key.unit for key in keys],
        [key.month for key in keys],
        [key.request for key in keys],
    ]


def _vector_text(measures: Mapping[str, int]) -> str:
    return "{" + ",".join(map(str, to_vector(measures))) + "}"
