"""Monday morning: one page for a head or chairman that answers their five questions as far as there are data."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import Response

from portal.clients import get_position, recognise_initiative
from portal.domain.refusals import plain_words
from portal.usecases.monday import read_monday
from portal.web.context import Signed, Visit
from portal.web.pages.account import FromForm
from portal.web.pages.units import late_by
from runtime.errors import Conflict, Denied, InvalidInput

# Rows of a list, so that the page prints on two sheets; the rest is on the page of the unit.
MOST_ROWS = 8
# Items named for each person whose points have changed.
MOST_ITEMS = 2

router = APIRouter(include_in_schema=False)


@router.get("/units/{unit_id}/monday")
def show_monday(visit: Signed, unit_id: str) -> Response:
    """The page; 404 for who is not the unit's head, a head above or an evaluator."""
    return _page(visit, unit_id)


@router.get("/parts/units/{unit_id}/monday")
def show_monday_part(visit: Signed, unit_id: str) -> Response:
    """All of the page that changes."""
    return visit.page("parts/monday.html", **_values(visit, unit_id))


@router.post("/units/{unit_id}/initiatives")
def recognise(visit: FromForm, unit_id: str, initiative_id: Annotated[str, Form(max_length=100)]) -> Response:
    """Recognises an initiative of the unit's people."""
    try:
        recognise_initiative(visit.doors, initiative_id)
    except (InvalidInput, Conflict, Denied) as error:
        return _page(visit, unit_id, problem=plain_words(str(error)), status=409)
    return visit.back_to(f"/units/{unit_id}/monday", done="recognised")


def _page(visit: Visit, unit_id: str, *, problem: str = "", status: int = 200) -> Response:
    return visit.page("monday.html", status=status, problem=problem, **_values(visit, unit_id))


def _values(visit: Visit, unit_id: str) -> Mapping[str, Any]:
    monday = read_monday(visit.doors, visit.session, unit_id, now=visit.now, calendar=visit.portal.calendar)
    return {
        "unit_id": unit_id,
        "monday": monday,
        "work": monday.work,
        "late_by": late_by(visit),
        "most_rows": MOST_ROWS,
        "most_items": MOST_ITEMS,
        "position": get_position(visit.doors) if visit.is_evaluator() else None,
        "stars": lambda stars, count: visit.language.units(round(Fraction(stars * 10, count)) * 100),
        "may_recognise": bool(visit.session.headed) or visit.is_evaluator(),
    }
