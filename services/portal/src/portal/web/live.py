"""Live pages: one stream of server-sent events for each open page, and one ear for the news of evaluation."""

import asyncio
import json
import logging
import random
import threading
import time
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from congvu.evaluation.v1 import service_pb2 as evaluation_rpc
from portal.clients import Doors
from portal.usecases.watching import find_watchable
from portal.web.context import SESSION_COOKIE, Signed, Visit
from portal.web.hub import Hub, Watch
from portal.web.views import VIEWS, Fragments
from runtime.errors import InvalidInput, ServiceError

logger = logging.getLogger(__name__)

MOST_WATCHED = 500
# What could not be fetched is asked for again after this.
AGAIN_SECONDS = 1.0
# Signs of life, by which a page knows that it is not behind.
BEAT_SECONDS = 3.0
# How often at most a busy stream looks whether its session has ended.
LOOK_SECONDS = 1.0
# A stream ends after about this time; the page opens the next one, which looks anew at what is visible.
LIFE_SECONDS = 600.0
# A browser waits so long before it opens a broken stream again.
RETRY_MILLISECONDS = 1_000
LISTEN_SECONDS = 3_000.0


class LiveScores:
    """Hears whose scores move, and tells the hub; after a break it tells everything."""

    def __init__(self, own: Doors, hub: Hub) -> None:
        self._own = own
        self._hub = hub

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; a stream that breaks is opened again."""
        while not stop.is_set():
            try:
                self._listen(stop)
            except ServiceError as error:
                logger.warning("Whose scores move is not heard at the moment: %s", error)
            except Exception:
                logger.exception("Listening for moves failed; it is tried again.")
            stop.wait(1.0)

    def _listen(self, stop: threading.Event) -> None:
        news = self._own.evaluation.WatchMoves(evaluation_rpc.WatchMovesRequest(), timeout=LISTEN_SECONDS)
        is_first = True
        for said in news:
            if stop.is_set():
                news.cancel()
                return
            self._hub.hear()
            if is_first:
                # What moved before is not known.
                self._hub.tell_all()
                is_first = False
            self._hub.tell(sorted({move.subject_id for move in said.moves}))


router = APIRouter(include_in_schema=False)


@router.get("/live")
def open_stream(visit: Signed, watch: Annotated[list[str], Query()]) -> StreamingResponse:
    """The stream of a page: `watch` names what it shows as "<view>:<subject>", or "moves:<subject>" for news only.

    Events: "fragment" {view, subject, html}, "moved" [subjects], "beat" {hears}, "end" when the session has ended.
    """
    today = visit.portal.calendar.local_day(visit.now)
    stream = _Stream(visit, find_watchable(visit.doors, visit.session, _read(watch), today)).events()
    return StreamingResponse(stream, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


def _read(watch: Sequence[str]) -> frozenset[tuple[str, str]]:
    pairs = [(view, subject) for view, _, subject in (one.partition(":") for one in watch)]
    wrong = [view for view, subject in pairs if not subject or view not in {*VIEWS, "moves"}]
    if wrong or len(pairs) > MOST_WATCHED:
        raise InvalidInput(f"Name what to watch as view:subject, at most {MOST_WATCHED} of them.", field="watch")
    return frozenset(pairs)


class _Stream:
    def __init__(self, visit: Visit, watched: frozenset[tuple[str, str]]) -> None:
        self._visit = visit
        self._hub = visit.portal.hub
        self._fragments: Fragments = visit.request.app.state.fragments
        self._views = {subject: sorted(view for view, one in watched if one == subject) for _, subject in watched}

    async def events(self) -> AsyncIterator[str]:
        """Until the page leaves, the session ends, or the stream is old."""
        looked = time.monotonic()
        until = looked + LIFE_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311 - spreads reconnections
        with self._hub.watching(frozenset(self._views)) as watch:
            yield f"retry: {RETRY_MILLISECONDS}\n\n"
            while time.monotonic() < until:
                yield "".join(await self._next(watch))
                if time.monotonic() - looked < LOOK_SECONDS:
                    continue
                if not await to_thread.run_sync(self._is_signed_in):
                    yield _event("end", {})
                    return
                looked = time.monotonic()

    async def _next(self, watch: Watch) -> list[str]:
        moved = await watch.wait(BEAT_SECONDS)
        try:
            shown = (self._show(view, subject) for subject in moved for view in self._views[subject] if view != "moves")
            events = await asyncio.gather(*shown)
        except ServiceError:
            # Told again with the next look.
            for subject in moved:
                watch.tell(subject)
            await asyncio.sleep(AGAIN_SECONDS)
            return [_event("beat", {"hears": False})]
        if moved:
            events.append(_event("moved", moved))
        return [*events, _event("beat", {"hears": self._hub.hears})]

    async def _show(self, view: str, subject: str) -> str:
        html = await self._fragments.of(view, subject, self._visit.language)
        return _event("fragment", {"view": view, "subject": subject, "html": html or ""})

    def _is_signed_in(self) -> bool:
        secret = self._visit.request.cookies.get(SESSION_COOKIE, "")
        try:
            return self._visit.portal.sessions.find(secret) is not None
        except ServiceError:
            return True


def _event(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
