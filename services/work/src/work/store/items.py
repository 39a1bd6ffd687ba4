"""Items of work: the row that is locked before anything happens to its item."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from runtime.postgres import Connection
from work.domain.facts import Basis, WorkKind
from work.domain.items import Item, WorkStatus
from work.domain.selection import Selection

COLUMNS = """
    work_id, status, kind, basis, title, officer_id, unit_id, product_code, standard_units, assigned_at, held_since,
    due_at, finished_at, whole_id, requesting_unit_id, waiting_work_id, latest, revision, ours,
    assigner_id
"""


def load_item(conn: Connection, work_id: str) -> Item | None:
    """One item as it is, or None."""
    row = conn.execute(f"SELECT {COLUMNS} FROM works WHERE work_id = %s", [work_id]).fetchone()  # noqa: S608
    return _item(row) if row else None


def lock_items(conn: Connection, work_ids: Collection[str]) -> dict[str, Item]:
    """Locks those of the items that exist, always in one order, and gives them by id."""
    query = f"SELECT {COLUMNS} FROM works WHERE work_id = ANY(%s) ORDER BY work_id FOR UPDATE"  # noqa: S608
    return {row[0]: _item(row) for row in conn.execute(query, [list(work_ids)])}


def lock_items_due_in_leave(conn: Connection, officer_ids: Collection[str]) -> list[Item]:
    """Locks items of these officers whose due time lies in a leave that was registered before it (L12)."""
    query = f"""
        SELECT {COLUMNS} FROM works
        WHERE officer_id = ANY(%s) AND EXISTS (
            SELECT FROM known_leaves
            WHERE known_leaves.officer_id = works.officer_id AND works.due_at >= known_leaves.began_at
                AND works.due_at < known_leaves.ended_at AND known_leaves.registered_at < works.due_at)
        ORDER BY work_id FOR UPDATE
    """  # noqa: S608
    return [_item(row) for row in conn.execute(query, [list(officer_ids)])]


def lock_items_due_between(conn: Connection, began_at: datetime, ended_at: datetime) -> list[Item]:
    """Locks the items that are due in [began_at, ended_at)."""
    query = f"""
        SELECT {COLUMNS} FROM works
        WHERE due_at >= %s AND due_at < %s
        ORDER BY work_id FOR UPDATE
    """  # noqa: S608
    return [_item(row) for row in conn.execute(query, [began_at, ended_at])]


def find_parts(conn: Connection, whole_id: str) -> list[Item]:
    """The item with this id and the items that are shares of it (L13)."""
    query = f"SELECT {COLUMNS} FROM works WHERE work_id = %s OR whole_id = %s"  # noqa: S608
    rows = conn.execute(query, [whole_id, whole_id]).fetchall()
    return sorted((_item(row) for row in rows), key=lambda item: (len(item.work_id), item.work_id))


def find_page(conn: Connection, wanted: Selection, *, unit_ids: Collection[str], after: str, size: int) -> list[Item]:
    """Items of the officer or of these units in the order of their ids, after one of them; see Selection."""
    place, places = ("officer_id", [wanted.officer_id]) if wanted.officer_id else ("unit_id", list(unit_ids))
    conditions = ["work_id > %(after)s", *_conditions(wanted)]
    if wanted.sent:
        # As the index says it.
        place, conditions = "requesting_unit_id", ["requesting_unit_id <> ''", *conditions]
    query = f"""
        SELECT item.* FROM unnest(%(places)s::text[]) AS place CROSS JOIN LATERAL (
            SELECT {COLUMNS} FROM works
            WHERE {place} = place AND {" AND ".join(conditions)}
            ORDER BY work_id LIMIT %(size)s) AS item
        ORDER BY work_id LIMIT %(size)s
    """  # noqa: S608
    statuses = [status.value for status in wanted.statuses]
    asked = {"places": places, "after": after, "size": size, "statuses": statuses, "due_before": wanted.due_before}
    return [_item(row) for row in conn.execute(query, asked)]


def _conditions(wanted: Selection) -> Iterator[str]:
    """What a list asks beside its place; %(statuses)s and %(due_before)s are the selection's."""
    if not wanted.finished:
        yield "NOT is_finished"
    if wanted.statuses:
        yield "status = ANY(%(statuses)s)"
    if wanted.sent:
        yield f"kind = {WorkKind.REQUEST.value}"
    if wanted.unheld:
        yield "officer_id = ''"
    if wanted.due_before:
        yield "due_at < %(due_before)s"


def find_awaited_units(conn: Connection, work_ids: Collection[str]) -> dict[str, list[str]]:
    """The units whose answer the items wait for, by item; items that wait for nobody are left out."""
    rows = conn.execute(
        f"""
        SELECT waiting_work_id, array_agg(DISTINCT unit_id ORDER BY unit_id) FROM works
        WHERE waiting_work_id = ANY(%s) AND waiting_work_id <> '' AND kind = {WorkKind.REQUEST.value}
            AND NOT is_finished
        GROUP BY waiting_work_id
        """,  # noqa: S608
        [list(work_ids)],
    )
    return dict(rows.fetchall())


def row_of(item: Item) -> tuple[Any, ...]:
    """The values of COLUMNS."""
    return (
        item.work_id,
        item.status.value,
        item.kind.value,
        item.basis.value,
        item.title,
        item.officer_id,
        item.unit_id,
        item.product_code,
        item.standard_units,
        item.assigned_at,
        item.held_since,
        item.due_at,
        item.finished_at,
        item.whole_id,
        item.requesting_unit_id,
        item.waiting_work_id,
        item.latest,
        item.revision,
        item.ours,
        item.assigner_id,
    )


def _item(row: tuple[Any, ...]) -> Item:
    return Item(
        work_id=row[0],
        status=WorkStatus(row[1]),
        kind=WorkKind(row[2]),
        basis=Basis(row[3]),
        title=row[4],
        officer_id=row[5],
        unit_id=row[6],
        product_code=row[7],
        standard_units=row[8],
        assigned_at=row[9],
        held_since=row[10],
        due_at=row[11],
        finished_at=row[12],
        whole_id=row[13],
        requesting_unit_id=row[14],
        waiting_work_id=row[15],
        latest=row[16],
        revision=row[17],
        ours=row[18],
        assigner_id=row[19],
    )
