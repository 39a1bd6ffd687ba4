"""The one statement that writes what happened to items: their state, and the facts as they were published."""

from collections.abc import Collection, Sequence

import psycopg

from runtime.postgres import Connection
from work.domain.facts import KeptEvent
from work.domain.items import Item
from work.store.items import COLUMNS, row_of


class RacedError(Exception):
    """Another transaction made the same item or event first; the whole transaction has to be tried again."""


_ITEMS = f"""unnest(
            %b::text[], %b::int2[], %b::int2[], %b::int2[], %b::text[], %b::text[], %b::text[], %b::text[], %b::int8[],
            %b::timestamptz[], %b::timestamptz[], %b::timestamptz[], %b::timestamptz[], %b::text[], %b::text[],
            %b::text[], %b::timestamptz[], %b::int8[], %b::bool[], %b::text[]) AS item ({COLUMNS})"""
_FACT = "event_id, work_id, revision, fingerprint, value"
# Items are written in one order, so that transactions wait for each other and not in a circle.
_WRITE = f"""
    WITH saved AS (
        INSERT INTO works ({COLUMNS})
        SELECT {COLUMNS} FROM {_ITEMS}
        ORDER BY work_id
        ON CONFLICT (work_id) DO UPDATE SET
            status = excluded.status, kind = excluded.kind, basis = excluded.basis, title = excluded.title,
            officer_id = excluded.officer_id, unit_id = excluded.unit_id, product_code = excluded.product_code,
            standard_units = excluded.standard_units, assigned_at = excluded.assigned_at,
            held_since = excluded.held_since, due_at = excluded.due_at, finished_at = excluded.finished_at,
            whole_id = excluded.whole_id, requesting_unit_id = excluded.requesting_unit_id,
            waiting_work_id = excluded.waiting_work_id, latest = excluded.latest, revision = excluded.revision,
            assigner_id = excluded.assigner_id
        WHERE works.work_id = ANY(%b::text[])
        RETURNING work_id
    )
    INSERT INTO work_events ({_FACT})
    SELECT {_FACT} FROM unnest(%b::text[], %b::text[], %b::int8[], %b::int8[], %b::bytea[]) AS fact ({_FACT})
    WHERE (SELECT count(*) FROM saved) = %s
"""  # noqa: S608


def write_facts(
    conn: Connection, items: Collection[Item], facts: Sequence[KeptEvent], *, locked: Collection[str]
) -> None:
    """Writes items, new ones and those that this transaction has locked, with their new facts, at least one of each.

    Raises RacedError when a fact, or an item that is not locked, exists by now.
    """
    columns = [list(column) for column in zip(*map(row_of, items), strict=True)]
    events = [each.event for each in facts]
    values = [
        [event.event_id for event in events],
        [event.work_id for event in events],
        [event.revision for event in events],
        [event.fingerprint for event in events],
        [each.value for each in facts],
    ]
    try:
        written = conn.execute(_WRITE, [*columns, list(locked), *values, len(items)]).rowcount
    except psycopg.errors.UniqueViolation as error:
        raise RacedError from error
    if written < len(facts):
        raise RacedError
