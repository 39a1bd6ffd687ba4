"""Which items add to a subject's months, and what, with their facts: for people to check."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from evaluation.domain.contributions import Contributions, Key
from evaluation.domain.facts import Fact
from evaluation.domain.measures import MEASURES
from evaluation.domain.periods import Instant, Month
from evaluation.store.facts import read_facts
from evaluation.store.items import read_adds
from runtime.postgres import Connection

# The place in a vector, from 1, as SQL counts.
_AMENDED_ITEMS = MEASURES.index("amended_items") + 1


class EvidenceKey(NamedTuple):
    """That an item adds to a subject's months in a unit, and the first of them."""

    subject: str
    unit_id: str
    month: Month
    work_id: str


class EvidenceRow(NamedTuple):
    """What one item adds to one row of a subject's months, with all of its facts."""

    work_id: str
    key: Key
    measures: dict[str, int]
    facts: Sequence[Fact]


class ItemAdding(NamedTuple):
    """An item with all that it adds at present, and its facts."""

    work_id: str
    adds: Contributions
    facts: Sequence[Fact]


def evidence_of(work_id: str, adds: Contributions) -> set[EvidenceKey]:
    """The rows that lead to what an item adds."""
    first: dict[tuple[str, str], Month] = {}
    for subject, unit_id, month, _ in adds:
        if month < first.get((subject, unit_id), month + 1):
            first[subject, unit_id] = month
    return {EvidenceKey(subject, unit_id, month, work_id) for (subject, unit_id), month in first.items()}


def save_evidence(conn: Connection, rows: Sequence[EvidenceKey]) -> None:
    """Items that from now on add to someone's months."""
    conn.execute(
        """
        INSERT INTO evidence (subject, unit_id, month, work_id)
        SELECT * FROM unnest(%b::text[], %b::text[], %b::int[], %b::text[])
        """,
        [list(column) for column in zip(*rows, strict=True)],
    )


def delete_evidence(conn: Connection, rows: Sequence[EvidenceKey]) -> None:
    """Items that do not add to someone's months any more."""
    conn.execute(
        """
        DELETE FROM evidence
         USING unnest(%b::text[], %b::text[], %b::int[], %b::text[]) AS gone (subject, unit_id, month, work_id)
         WHERE evidence.subject = gone.subject AND evidence.month = gone.month AND evidence.unit_id = gone.unit_id
           AND evidence.work_id = gone.work_id
        """,
        [list(column) for column in zip(*rows, strict=True)],
    )


def load_evidence(conn: Connection, *, subject: str, month: Month) -> list[EvidenceRow]:
    """What items add to the subject's months up to this one, by item."""
    rows = conn.execute(
        """
        SELECT work_id, adds, facts
          FROM (SELECT DISTINCT work_id FROM evidence WHERE subject = %s AND month <= %s) AS adding
          JOIN items USING (work_id)
         ORDER BY work_id
        """,
        [subject, month],
    )
    return _read_rows(rows, lambda key: key.subject == subject and key.month <= month)


def load_unit_evidence(conn: Connection, *, units: Sequence[str], month: Month) -> list[EvidenceRow]:
    """What items add, in the units, to anyone's months up to this one, by item."""
    rows = conn.execute(
        """
        WITH adding AS (
            SELECT DISTINCT work_id
              FROM (SELECT DISTINCT subject, unit_id FROM sums WHERE unit_id = ANY (%s) AND month <= %s) AS added
              JOIN evidence USING (subject, unit_id)
             WHERE month <= %s
        )
        SELECT work_id, adds, facts
          FROM adding
          JOIN items USING (work_id)
         ORDER BY work_id
        """,
        [list(units), month, month],
    )
    wanted = set(units)
    return _read_rows(rows, lambda key: key.unit in wanted and key.month <= month)


def load_open_items(conn: Connection, *, subject: str) -> list[ItemAdding]:
    """The items that add to any month of the subject and are not completed or cancelled, whoever holds them now."""
    rows = conn.execute(
        """
        SELECT work_id, adds, facts
          FROM (SELECT DISTINCT work_id FROM evidence WHERE subject = %s) AS adding
          JOIN items USING (work_id)
         WHERE state IN ('open', 'submitted')
         ORDER BY work_id
        """,
        [subject],
    )
    return [_read_item(*row) for row in rows]


def load_moving_items(conn: Connection, *, subjects: Sequence[str], since: Instant) -> list[ItemAdding]:
    """The items that add to any month of the subjects and may have added something else at an instant.

    Nothing was recorded of the others since, and the clock does not change what is completed or cancelled.
    """
    rows = conn.execute(
        """
        SELECT work_id, adds, facts
          FROM (SELECT DISTINCT work_id FROM evidence WHERE subject = ANY (%s)) AS adding
          JOIN items USING (work_id)
         WHERE state IN ('open', 'submitted')
            OR (SELECT max((fact ->> 2)::bigint)
                  FROM json_array_elements(('[' || facts || ']')::json) AS fact) > %s
         ORDER BY work_id
        """,
        [list(subjects), since],
    )
    return [_read_item(*row) for row in rows]


def load_amended_items(conn: Connection, *, month: Month, after: str, limit: int) -> list[ItemAdding]:
    """The items after the one named that add another result to a month than was known at its cut-off."""
    rows = conn.execute(
        """
        WITH amended AS (
            SELECT DISTINCT sums.subject, sums.unit_id
              FROM (SELECT DISTINCT subject FROM scores WHERE month = %(month)s) AS scored
              JOIN sums ON sums.subject = scored.subject AND sums.month = %(month)s
             WHERE sums.vector[%(place)s] <> 0
        ), adding AS (
            SELECT DISTINCT work_id
              FROM amended
              JOIN evidence USING (subject, unit_id)
             WHERE month <= %(month)s AND work_id > %(after)s
        )
        SELECT work_id, adds, facts
          FROM adding
          JOIN items USING (work_id)
         WHERE EXISTS (SELECT FROM json_array_elements(adds::json) AS added
                        WHERE (added #>> '{0,2}')::int = %(month)s AND added #> '{1,amended_items}' IS NOT NULL)
         ORDER BY work_id
         LIMIT %(limit)s
        """,
        {"month": month, "place": _AMENDED_ITEMS, "after": after, "limit": limit},
    )
    return [_read_item(*row) for row in rows]


def _read_item(work_id: str, adds: str, facts: str) -> ItemAdding:
    return ItemAdding(work_id, read_adds(adds), read_facts(facts))


def _read_rows(rows: Iterable[tuple[str, str, str]], wanted: Callable[[Key], bool]) -> list[EvidenceRow]:
    found = []
    for work_id, adds, stored in rows:
        facts = read_facts(stored)
        for key, measures in sorted(read_adds(adds).items(), key=_by_month):
            if wanted(key):
                found.append(EvidenceRow(work_id, key, measures, facts))
    return found


def _by_month(added: tuple[Key, Mapping[str, int]]) -> tuple[Month, Key]:
    key, _ = added
    return key.month, key
