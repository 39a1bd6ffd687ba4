"""The pages, one module for each part of the menu; each has a `router`."""

from portal.web.pages import account, scores

ROUTERS = (account.router, scores.router)
