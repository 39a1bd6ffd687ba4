"""What of a page is pushed when a score moves: fragments, fetched and rendered once for all pages that show them."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from anyio import CapacityLimiter, to_thread

from portal.clients import Doors
from portal.usecases.city import read_ranks, read_row
from portal.usecases.scores import read_score
from portal.usecases.units import read_person
from portal.web.context import Portal, render
from portal.web.languages import Language
from runtime.errors import Denied, InvalidInput, NotFound

# So many are fetched and rendered at once; requests have threads of their own.
THREADS = 8
# Fragments remembered; above it all are forgotten.
MOST_REMEMBERED = 20_000

Fetch = Callable[[Doors, str], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class View:
    """A way to show a subject: the template of the fragment, and what it needs, by the doors of the portal itself.

    The fragment's outer element has the id `<view>-<subject>`; pages contain the same fragment.
    """

    template: str
    fetch: Fetch


def fetch_score(doors: Doors, subject: str) -> Mapping[str, Any]:
    """The scorecards of the current month, by every policy in force."""
    return {"score": read_score(doors, subject, period="")}


def fetch_person(doors: Doors, subject: str) -> Mapping[str, Any]:
    """An officer's row in the table of a unit's people."""
    return {"person": read_person(doors, subject)}


def fetch_row(doors: Doors, subject: str) -> Mapping[str, Any]:
    """A unit's row in the table of units."""
    return {"row": read_row(doors, subject)}


def fetch_ranks(doors: Doors, subject: str) -> Mapping[str, Any]:
    """The places of the units below one; no row knows its own when another moves."""
    return {"unit_id": subject, "ranks": read_ranks(doors, subject)}


VIEWS: Mapping[str, View] = {
    "score": View("fragments/score.html", fetch_score),
    "row": View("fragments/row.html", fetch_row),
    "ranks": View("fragments/ranks.html", fetch_ranks),
    "person": View("fragments/person.html", fetch_person),
}


class Fragments:
    """Renders fragments; the same state of a subject is fetched and rendered once, however many pages ask."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._threads = CapacityLimiter(THREADS)
        self._known: dict[tuple[str, str, str], tuple[int, asyncio.Future[str | None]]] = {}

    async def of(self, view: str, subject: str, language: Language) -> str | None:
        """The fragment as it is now; None for a subject without a score. Raises Unavailable."""
        key = (view, subject, language.code)
        state = self._portal.hub.state_of(subject)
        known = self._known.get(key)
        if known is None or known[0] != state:
            if len(self._known) > MOST_REMEMBERED:
                self._known.clear()
            making = to_thread.run_sync(self._make, VIEWS[view], subject, language, limiter=self._threads)
            made = asyncio.ensure_future(making)
            known = self._known[key] = (state, made)
        try:
            return await asyncio.shield(known[1])
        except Exception:
            # The next one who asks tries again.
            self._known.pop(key, None)
            raise

    def _make(self, view: View, subject: str, language: Language) -> str | None:
        try:
            values = view.fetch(self._portal.own, subject)
        except (Denied, InvalidInput, NotFound):
            return None
        return bytes(render(self._portal, view.template, language, **values).body).decode()
