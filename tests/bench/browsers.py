"""The open pages of the bench: `python -m bench.browsers PLAN.json`; answers with one line of JSON.

One process keeps a stream of server-sent events for each page, as browsers do, and has facts recorded in work when they
are due. A page shows a fact when what it was sent counts one more: the items due in the arithmetic of a score and in
the row of a unit, one open item fewer in the row of a person.
"""

import asyncio
import json
import re
import sys
import threading
import time
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import redis

from bench.driver import LATE, NEWS, RECORD, TIMEOUT, is_accepted, send_all
from bench.facts import Post, Town
from bench.http2 import Call, Client
from bench.streams import Page, Stream
from congvu.work.v1 import service_pb2 as work_service
from working_calendar import load_calendar

_CELL = re.compile(r"<td[^>]*>(.*?)</td>", re.DOTALL)
# "numerator / denominator" of the group that counts all items due.
_SCORE = re.compile(r'#overdue".*?<td class="number">[^<]*/([^<]*)</td>', re.DOTALL)
_ROW = re.compile(r'data-due="(\d+)"')
# Among the cells of a person's row.
_OPEN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which pages to open, and which new items of which officers to complete, so many a second.

    `officers` are (officer, units: theirs and those above it); items are numbered from `first` on.
    """

    portal: str
    work: str
    redis: str
    token: str
    pages: Sequence[Page]
    officers: Sequence[tuple[str, Sequence[str]]]
    first: int
    facts_per_second: float
    warm_up: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Part:
    """What a page shows of a subject."""

    page: int
    view: str
    subject: str


Shown = dict[Part, list[tuple[float, int]]]
"""When a part first counted so many, from what it counted when its page was opened."""


News = defaultdict[str, list[float]]
"""When the read model of scores told that a subject had moved."""


class Pages:
    """All open pages, and what they showed when."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._streams: list[Stream] = []
        self.shown: Shown = {}
        self.parts = {
            Part(number, view, subject)
            for number, page in enumerate(plan.pages)
            for view, _, subject in (one.partition(":") for one in page.watch)
            if view in COUNTS
        }
        self.events = 0

    async def open(self) -> None:
        """Opens all at once; returns when each has all that it shows."""
        host, _, port = self._plan.portal.rpartition(":")
        loop = asyncio.get_running_loop()
        for number, page in enumerate(self._plan.pages):
            stream = Stream(self._plan.portal, page, self._taker(number))
            self._streams.append(stream)
            await loop.create_connection(lambda stream=stream: stream, host, int(port))  # type: ignore[misc]
        await self._until(lambda: len(self.shown) == len(self.parts), "to be complete")

    async def have_shown(self, wanted: Mapping[str, int]) -> None:
        """Returns when all parts have shown so many facts of their subjects, or after 30 s."""
        awaited = [part for part in self.parts if wanted.get(part.subject)]
        deadline = time.perf_counter() + TIMEOUT
        while time.perf_counter() < deadline and any(self._gain(part) < wanted[part.subject] for part in awaited):
            await asyncio.sleep(0.2)

    def close(self) -> None:
        """Leaves all pages. Raises RuntimeError when one was lost before."""
        lost = [stream.lost for stream in self._streams if stream.lost]
        for stream in self._streams:
            stream.close()
        if lost:
            raise RuntimeError(f"{len(lost)} streams were lost, the first: {lost[0]}")

    async def _until(self, is_so: Callable[[], bool], what: str) -> None:
        deadline = time.perf_counter() + 4 * TIMEOUT
        while not is_so():
            if time.perf_counter() > deadline or any(stream.lost for stream in self._streams):
                self.close()
                raise RuntimeError(f"Pages failed {what}: {len(self.shown)} of {len(self.parts)} parts came.")
            await asyncio.sleep(0.02)

    def _gain(self, part: Part) -> int:
        return self.shown[part][-1][1] - self.shown[part][0][1]

    def _taker(self, number: int) -> Callable[[str, Any], None]:
        def take(event: str, data: Any) -> None:
            self.events += 1
            if event == "fragment" and data["view"] in COUNTS:
                part = Part(number, data["view"], data["subject"])
                count, known = COUNTS[part.view](data["html"]), self.shown.setdefault(part, [])
                if not known or count > known[-1][1]:
                    known.append((time.perf_counter(), count))

        return take


def _items_of_score(html: str) -> int:
    found = _SCORE.search(html)
    return _whole(found[1]) if found else 0


def _items_of_row(html: str) -> int:
    found = _ROW.search(html)
    return int(found[1]) if found else 0


def _items_of_person(html: str) -> int:
    """Fewer are open, the more are done."""
    return -_whole(_CELL.findall(html)[_OPEN]) if html else 0


def _whole(text: str) -> int:
    return int(re.sub(r"\D", "", text))


COUNTS: Mapping[str, Callable[[str], int]] = {
    "score": _items_of_score,
    "row": _items_of_row,
    "person": _items_of_person,
}
"""View → the number in its fragment that grows by one with each completion."""


async def run(plan: Plan) -> Mapping[str, Any]:
    """Opens the pages, sends the facts, and tells what the pages showed when."""
    pages, calls, heard, stop = Pages(plan), list(_completions(plan)), News(list), threading.Event()
    threading.Thread(target=_listen, args=(plan.redis, heard, stop), daemon=True).start()
    began = time.perf_counter()
    await pages.open()
    opened = time.perf_counter() - began
    computed, sent = time.process_time(), pages.events
    client = Client(plan.work, RECORD, plan.token)
    await asyncio.to_thread(send_all, [(call, client) for call in calls])
    client.close()
    accepted = sorted((call for call in calls if call.answer and is_accepted(call.answer)), key=_answered)
    facts = _by_subject(plan, accepted)
    await pages.have_shown(Counter({subject: len(found) for subject, found in facts.items()}))
    pages.close()
    stop.set()
    lasted = plan.warm_up + plan.seconds
    return {
        **find_delays(plan, pages.shown, facts, begin=calls[0].due + plan.warm_up),
        "after_news": list(_after_news(pages.shown, heard)),
        "opened": opened,
        "accepted": len(accepted),
        "facts": len(calls),
        "late": sum(call.sent - call.due > LATE for call in calls),
        "events": (pages.events - sent) / lasted,
        "driver": (time.process_time() - computed) / lasted,
    }


def _completions(plan: Plan) -> Iterator[Call]:
    """One officer after the other; its time is that at which it will be sent."""
    town, now = Town(load_calendar(), datetime.now(UTC)), datetime.now(UTC)
    for number in range(int(plan.facts_per_second * (plan.warm_up + plan.seconds))):
        officer, units = plan.officers[number % len(plan.officers)]
        at = number / plan.facts_per_second
        post = Post(officer_id=officer, unit_id=units[0])
        event = town.completion(plan.first + number, post, now + timedelta(seconds=at))
        yield Call(officer, at, work_service.RecordWorkEventsRequest(events=[event]).SerializeToString())


def _answered(call: Call) -> float:
    return call.answered


def _by_subject(plan: Plan, accepted: Sequence[Call]) -> Mapping[str, Sequence[Call]]:
    """The facts that move each officer and unit, in the order in which they were accepted."""
    above, found = dict(plan.officers), defaultdict(list)
    for call in accepted:
        for subject in (call.officer, *above[call.officer]):
            found[subject].append(call)
    return found


def find_delays(plan: Plan, shown: Shown, facts: Mapping[str, Sequence[Call]], *, begin: float) -> Mapping[str, Any]:
    """Seconds by kind of page, and how many were never shown; a subject's nth fact is there when it counts n more."""
    delays: dict[str, list[float]] = {page.kind: [] for page in plan.pages}
    never = 0
    for part, steps in shown.items():
        found = iter(steps)
        when, count = next(found)
        base = count
        for number, call in enumerate(facts.get(part.subject, ()), start=1):
            while count < base + number and (step := next(found, None)):
                when, count = step
            if count < base + number:
                never += 1
            elif call.due >= begin:
                delays[plan.pages[part.page].kind].append(when - call.answered)
    return {"delays": delays, "never": never}


def _listen(url: str, heard: News, stop: threading.Event) -> None:
    with redis.Redis.from_url(url) as cache, cache.pubsub(ignore_subscribe_messages=True) as news:
        news.subscribe(NEWS)
        while not stop.is_set():
            if message := news.get_message(timeout=0.5):
                now = time.perf_counter()
                for subject in {subject for _, _, subject in json.loads(message["data"])}:
                    heard[subject].append(now)


def _after_news(shown: Shown, heard: News) -> Iterator[float]:
    """Seconds from the last news of a subject until its score was on a page."""
    for part, steps in shown.items():
        moments = heard[part.subject]
        for when, _ in steps[1:] if part.view == "score" else ():
            if last := bisect_right(moments, when):
                yield when - moments[last - 1]


def write_plan(plan: Plan, file: Path) -> None:
    """For `main`."""
    file.write_text(json.dumps(asdict(plan)))


def main(plan_file: str) -> None:
    """Carries the plan out."""
    plan = json.loads(Path(plan_file).read_text())
    pages = [Page(**page) for page in plan.pop("pages")]
    print(json.dumps(asyncio.run(run(Plan(**plan, pages=pages)))))  # noqa: T201 - its answer


if __name__ == "__main__":
    main(sys.argv[1])
