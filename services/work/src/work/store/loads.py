"""How much officers and units hold, counted where it stands."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from runtime.postgres import Connection
from work.domain.facts import WorkKind
from work.domain.items import WorkStatus
from work.domain.loads import Load

_IS_OPEN = f"works.status = {WorkStatus.OPEN.value}"
_COUNTS = f"""
    count(*) FILTER (WHERE {_IS_OPEN}),
    count(*) FILTER (WHERE {_IS_OPEN} AND works.due_at < %(now)s),
    count(*) FILTER (WHERE {_IS_OPEN} AND works.due_at BETWEEN %(now)s AND %(soon)s),
    count(*) FILTER (WHERE works.status = {WorkStatus.SUBMITTED.value}),
    count(*) FILTER (WHERE {_IS_OPEN} AND EXISTS (
        SELECT FROM works AS request
        WHERE request.waiting_work_id = works.work_id AND request.waiting_work_id <> ''
            AND request.kind = {WorkKind.REQUEST.value} AND NOT request.is_finished)),
    coalesce(sum(works.standard_units) FILTER (WHERE {_IS_OPEN}), 0)
"""


def count_loads(
    conn: Connection, unit_ids: Collection[str], *, officer_id: str, day: date, now: datetime, soon: datetime
) -> list[Load]:
    """Loads of the officers with a post in these units on the day, and of the units with work that nobody holds; by
    unit, there first what nobody holds; or the load of one of those officers. Between `now` and `soon` is due soon."""
    query = f"""
        WITH people AS (
            SELECT officer_id, min(unit_id) AS unit_id FROM known_posts
            WHERE unit_id = ANY(%(units)s) AND valid_from <= %(day)s AND (valid_to IS NULL OR %(day)s < valid_to)
                AND %(officer)s IN ('', officer_id)
            GROUP BY officer_id
        )
        SELECT people.officer_id, people.unit_id, {_COUNTS},
            EXISTS (
                SELECT FROM known_leaves AS leave
                WHERE leave.officer_id = people.officer_id AND %(day)s BETWEEN leave.first_day AND leave.last_day)
        FROM people LEFT JOIN works ON works.officer_id = people.officer_id AND NOT works.is_finished
        GROUP BY people.officer_id, people.unit_id
        UNION ALL
        SELECT '', works.unit_id, {_COUNTS}, false
        FROM works
        WHERE works.unit_id = ANY(%(units)s) AND works.officer_id = '' AND NOT works.is_finished
            AND %(officer)s = ''
        GROUP BY works.unit_id
        ORDER BY 2, 1
    """  # noqa: S608
    asked = {"units": list(unit_ids), "officer": officer_id, "day": day, "now": now, "soon": soon}
    rows = conn.execute(query, asked)
    return [_load(row) for row in rows]


def _load(row: tuple[Any, ...]) -> Load:
    return Load(
        officer_id=row[0],
        unit_id=row[1],
        open=row[2],
        overdue=row[3],
        due_soon=row[4],
        submitted=row[5],
        waiting=row[6],
        standard_units=int(row[7]),
        absent=row[8],
    )
