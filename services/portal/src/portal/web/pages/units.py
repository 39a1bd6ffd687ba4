"""A unit as its head sees it: its score, its people with their loads, what lies on the desks, the units below."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from google.protobuf.timestamp_pb2 import Timestamp

from portal.clients import read_tree
from portal.domain.people import BY_NAME, order_people
from portal.domain.week import working_time_late
from portal.usecases.units import list_units_below, read_people, read_unit_score, read_unit_work
from portal.web.context import Signed, Visit
from runtime.timestamps import from_timestamp

COLUMNS = (
    ("name", "Name", "name"),
    ("points", "Points", "-points"),
    ("", "Band", ""),
    ("", "Six months", ""),
    ("later", "If nothing more is done", "later"),
    ("open", "Under way", "-open"),
    ("overdue", "Overdue", "-overdue"),
    ("soon", "Due soon", "-soon"),
    ("submitted", "Handed in", "-submitted"),
    ("waiting", "Waits for others", "-waiting"),
    ("absent", "Absent", "-absent"),
)
"""Key of the order, heading, and the order of the first press; "" where it cannot be sorted."""
NUMBERS = frozenset({"points", "later", "open", "overdue", "soon", "submitted", "waiting"})
# Rows of a list on the page; the longest belong to the whole city.
MOST_ROWS = 100

router = APIRouter(include_in_schema=False)


@router.get("/units/{unit_id}")
def show_unit(visit: Signed, unit_id: str, sort: Annotated[str, Query(max_length=20)] = BY_NAME) -> Response:
    """The unit; 404 for who is not its head, a head above or an evaluator."""
    score = read_unit_score(visit.doors, unit_id)
    people = read_people(visit.doors, unit_id, period=score.period, now=visit.now, calendar=visit.portal.calendar)
    return visit.page(
        "unit.html",
        score=score,
        people=order_people(people.rows, sort),
        with_below=people.with_below,
        sort=sort,
        sort_path=_sort_path(unit_id, sort),
        columns=COLUMNS,
        numbers=NUMBERS,
        may_assign=may_assign(visit, unit_id),
        units_below=list_units_below(visit.doors, unit_id),
        **desk_values(visit, unit_id),
    )


@router.get("/parts/units/{unit_id}/work")
def show_unit_work(visit: Signed, unit_id: str) -> Response:
    """The part with what lies on the desks."""
    read_unit_score(visit.doors, unit_id)
    return visit.page("parts/unit_work.html", unit_id=unit_id, **desk_values(visit, unit_id))


@router.get("/parts/units/{unit_id}/below")
def show_units_below(visit: Signed, unit_id: str) -> Response:
    """The part with the units right below."""
    return visit.page("parts/units_below.html", unit_id=unit_id, units_below=list_units_below(visit.doors, unit_id))


def may_assign(visit: Visit, unit_id: str) -> bool:
    """Whether the caller heads the unit or one above it."""
    return "officer" in visit.session.roles and read_tree(visit.doors).is_in(unit_id, visit.session.headed)


def desk_values(visit: Visit, unit_id: str) -> Mapping[str, Any]:
    """What templates of desks need."""
    work = read_unit_work(visit.doors, unit_id, now=visit.now, calendar=visit.portal.calendar)
    return {"work": work, "late_by": late_by(visit), "most_rows": MOST_ROWS}


def late_by(visit: Visit) -> Callable[[datetime | Timestamp], str]:
    """How long ago something was, in working time, as words."""

    say = visit.language.say

    def tell(instant: datetime | Timestamp) -> str:
        then = instant if isinstance(instant, datetime) else from_timestamp(instant)
        days, hours = working_time_late(visit.portal.calendar, then, visit.now)
        if days:
            return say("1 working day") if days == 1 else say("{count} working days", count=days)
        if hours:
            return say("1 working hour") if hours == 1 else say("{count} working hours", count=hours)
        return say("less than a working hour")

    return tell


def _sort_path(unit_id: str, sort: str) -> Callable[[str], str]:
    """The address that a heading leads to, by the order of its first press; the next press turns it around."""

    def path(first: str) -> str:
        turned = first.removeprefix("-") if first.startswith("-") else f"-{first}"
        return f"/units/{unit_id}?sort={turned if sort == first else first}"

    return path
