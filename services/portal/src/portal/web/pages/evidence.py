"""The evidence of a score: every group down to the facts, with the arithmetic."""

from math import ceil
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from portal.usecases.evidence import Explained, read_evidence
from portal.web.context import Signed, Visit
from portal.web.words import fact_name, measure_name
from runtime.errors import NotFound

# Items of an indicator, among the others and on a page of its own.
FIRST_ITEMS, PAGE_ITEMS = 20, 100
# A subject with more items is not taken apart anew at each of its moves.
MOST_LIVE_ITEMS = 2_000

router = APIRouter(include_in_schema=False)


class Asked(BaseModel):
    """What of the evidence to show; empty values are the current month, the leading policy, and all indicators."""

    period: str = Field("", max_length=7)
    policy: str = Field("", max_length=100)
    indicator: str = Field("", max_length=100)
    page: int = Field(1, ge=1, le=100_000)


@router.get("/scores/{subject}/evidence")
def show_evidence(visit: Signed, subject: str, asked: Annotated[Asked, Query()]) -> Response:
    """All indicators with their largest items, or one indicator with all of its items, page by page."""
    return _page(visit, "evidence.html", subject, asked)


@router.get("/parts/evidence/{subject}")
def show_evidence_part(visit: Signed, subject: str, asked: Annotated[Asked, Query()]) -> Response:
    """The part of the page that a new fact changes."""
    return _page(visit, "parts/evidence.html", subject, asked)


def _page(visit: Visit, template: str, subject: str, asked: Asked) -> Response:
    indicator, page = asked.indicator, asked.page
    evidence = read_evidence(visit.doors, subject, period=asked.period, policy=asked.policy)
    shown = [each for each in evidence.indicators if not indicator or each.indicator.indicator_id == indicator]
    size = PAGE_ITEMS if indicator else FIRST_ITEMS
    pages = max((_pages(each, size) for each in shown), default=1)
    if not indicator:
        page, pages = 1, 1
    elif not shown or page > pages:
        raise NotFound("There is no such page of the evidence.")
    return visit.page(
        template,
        evidence=evidence,
        subject=subject,
        shown=shown,
        indicator=indicator,
        page=page,
        pages=pages,
        size=size,
        is_live=evidence.card.open and evidence.items <= MOST_LIVE_ITEMS,
        fact_name=fact_name,
        measure_name=measure_name,
    )


def _pages(explained: Explained, size: int) -> int:
    return ceil(len(explained.breakdown.parts) / size) if explained.breakdown else 1
