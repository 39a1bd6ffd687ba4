"""One subject's score: by every policy, over the months, with what is open; the officer's own page first of all."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from portal.clients import get_median, list_open_items, list_points
from portal.usecases.scores import Score, read_score
from portal.web.context import Signed, Visit
from runtime.errors import NotFound

TREND_MONTHS = 12

router = APIRouter(include_in_schema=False)


Period = Annotated[str, Query(max_length=7)]


@router.get("/me")
def show_own_score(visit: Signed, period: Period = "") -> Response:
    """The officer's own score."""
    if not visit.session.officer_id:
        raise NotFound(visit.language.say("Your account is no officer's; it has no score of its own."))
    return show_score(visit, visit.session.officer_id, period)


@router.get("/scores/{subject}")
def show_score(visit: Signed, subject: str, period: Period = "") -> Response:
    """The score of an officer or unit; 404 for what does not exist or is not open to the caller."""
    score = read_score(visit.doors, subject, period=period)
    # Up to the current month, whichever is shown: the way back to it is in the list of months.
    trend = next(list_points(visit.doors, subject_id=subject, months=TREND_MONTHS), None)
    return visit.page("score.html", score=score, trend=trend, **_beside(visit, score))


@router.get("/parts/open-items/{subject}")
def show_open_items(visit: Signed, subject: str) -> Response:
    """The part of the page that lists what is open."""
    return visit.page("parts/open_items.html", subject=subject, open_items=list_open_items(visit.doors, subject))


def _beside(visit: Visit, score: Score) -> dict[str, Any]:
    """What only officers have."""
    if not score.is_officer:
        return {"median": None, "open_items": None}
    return {
        "median": get_median(visit.doors, score.subject, period=score.period),
        # What is open is open now; a month that is over has nothing to do with it.
        "open_items": list_open_items(visit.doors, score.subject) if score.first.open else None,
    }
