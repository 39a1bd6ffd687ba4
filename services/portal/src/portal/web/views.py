"""What of a page is pushed when a score moves: fragments, fetched and rendered once for all pages that show them."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from anyio import to_thread

from congvu.evaluation.v1 import service_pb2 as evaluation_rpc
from portal.clients import Doors
from portal.usecases.scores import read_score
from portal.web.context import Portal, render
from portal.web.languages import Language
from runtime.errors import NotFound

MONTHS_SHOWN = 6
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


def fetch_points(doors: Doors, subject: str) -> Mapping[str, Any]:
    """The points of the last months."""
    request = evaluation_rpc.ListPointsRequest(subject_id=subject, months=MONTHS_SHOWN, policy=doors.policy)
    subjects = doors.evaluation.ListPoints(request).subjects
    if not subjects:
        raise NotFound(f"{subject} has no score.")
    return {"row": subjects[0]}


VIEWS: Mapping[str, View] = {
    "score": View("fragments/score.html", fetch_score),
    "row": View("fragments/row.html", fetch_points),
    "person": View("fragments/person.html", fetch_points),
}


class Fragments:
    """Renders fragments; the same state of a subject is fetched and rendered once, however many pages ask."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._known: dict[tuple[str, str, str], tuple[int, asyncio.Future[str | None]]] = {}

    async def of(self, view: str, subject: str, language: Language) -> str | None:
        """The fragment as it is now; None for a subject without a score. Raises Unavailable."""
        key = (view, subject, language.code)
        state = self._portal.hub.state_of(subject)
        known = self._known.get(key)
        if known is None or known[0] != state:
            if len(self._known) > MOST_REMEMBERED:
                self._known.clear()
            made = asyncio.ensure_future(to_thread.run_sync(self._make, VIEWS[view], subject, language))
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
        except NotFound:
            return None
        return bytes(render(self._portal, view.template, language, **values).body).decode()
