"""The pages, one module for each part of the menu; each has a `router`."""

from portal.web.pages import account, city, evidence, scores, tasks, units, work

ROUTERS = (account.router, scores.router, evidence.router, city.router, tasks.router, units.router, work.router)
