"""The pages, one module for each part of the menu; each has a `router`."""

from portal.web.pages import (
    account,
    assigning,
    city,
    evaluation,
    evidence,
    monday,
    proposals,
    scores,
    tasks,
    units,
    work,
)

ROUTERS = (
    account.router,
    scores.router,
    evidence.router,
    city.router,
    evaluation.router,
    proposals.router,
    tasks.router,
    units.router,
    assigning.router,
    monday.router,
    work.router,
)
