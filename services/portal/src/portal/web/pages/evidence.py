"""The evidence of a score: every group down to the facts, with the arithmetic."""

from math import ceil
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from portal.usecases.evidence import Explained, read_evidence
from portal.web.context import Signed
from portal.web.words import fact_name, measure_name
from runtime.errors import NotFound

# Items of an indicator, among the others and on a page of its own.
FIRST_ITEMS, PAGE_ITEMS = 10, 100

router = APIRouter(include_in_schema=False)


@router.get("/scores/{subject}/evidence")
def show_evidence(
    visit: Signed,
    subject: str,
    period: Annotated[str, Query(max_length=7)] = "",
    policy: Annotated[str, Query(max_length=100)] = "",
    indicator: Annotated[str, Query(max_length=100)] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """All indicators with their largest items, or one indicator with all of its items, page by page."""
    evidence = read_evidence(visit.doors, subject, period=period, policy=policy)
    shown = [each for each in evidence.indicators if not indicator or each.indicator.indicator_id == indicator]
    size = PAGE_ITEMS if indicator else FIRST_ITEMS
    pages = max((_pages(each, size) for each in shown), default=1)
    if not indicator:
        page, pages = 1, 1
    elif not shown or page > pages:
        raise NotFound("There is no such page of the evidence.")
    return visit.page(
        "evidence.html",
        evidence=evidence,
        subject=subject,
        shown=shown,
        indicator=indicator,
        page=page,
        pages=pages,
        size=size,
        fact_name=fact_name,
        measure_name=measure_name,
    )


def _pages(explained: Explained, size: int) -> int:
    return ceil(len(explained.breakdown.parts) / size) if explained.breakdown else 1
