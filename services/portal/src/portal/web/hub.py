"""Who watches whose score: pages on one side, the news of moves on the other."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count

# Evaluation gives a sign of life every second.
SILENCE_SECONDS = 5.0


class Watch:
    """What one open page waits for. Used in the event loop only."""

    def __init__(self, subjects: frozenset[str]) -> None:
        self.subjects = subjects
        # At the beginning all: a page is older than its stream.
        self._moved = set(subjects)
        self._news = asyncio.Event()
        self._news.set()

    def tell(self, subject: str) -> None:
        """A subject has moved."""
        self._moved.add(subject)
        self._news.set()

    async def wait(self, seconds: float) -> list[str]:
        """The subjects that moved since the last time, in order; none when `seconds` pass without news."""
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            return []
        moved = sorted(self._moved)
        self._moved.clear()
        self._news.clear()
        return moved


class Hub:
    """Brings moves to the pages that show them. `tell` and `hear` may be called by any thread."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watches: defaultdict[str, set[Watch]] = defaultdict(set)
        self._states: dict[str, int] = {}
        self._numbers = count()
        self.pages = 0
        self._heard_at = -SILENCE_SECONDS

    @contextmanager
    def watching(self, subjects: frozenset[str]) -> Iterator[Watch]:
        """While the context lasts, moves of the subjects are told."""
        self._loop = asyncio.get_running_loop()
        watch = Watch(subjects)
        for subject in subjects:
            if subject not in self._states:
                # Nobody listened before: what was known of it may be old.
                self._states[subject] = next(self._numbers)
            self._watches[subject].add(watch)
        self.pages += 1
        try:
            yield watch
        finally:
            self.pages -= 1
            for subject in subjects:
                self._forget(subject, watch)

    def state_of(self, subject: str) -> int:
        """A number that changes with every move of a watched subject: the same number, the same score."""
        return self._states[subject]

    def tell(self, subjects: Sequence[str]) -> None:
        """These have moved."""
        self._in_loop(self._tell, list(subjects))

    def tell_all(self) -> None:
        """Anything may have moved: news were missed."""
        self._in_loop(self._tell_all)

    def hear(self) -> None:
        """News came in, or a sign that there are none."""
        self._heard_at = time.monotonic()

    @property
    def hears(self) -> bool:
        """Whether news come in; otherwise what pages show may be old."""
        return time.monotonic() - self._heard_at < SILENCE_SECONDS

    def _in_loop(self, function: object, *arguments: object) -> None:
        # Without a loop there was no page yet.
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *arguments)  # type: ignore[arg-type]

    def _tell(self, subjects: Sequence[str]) -> None:
        for subject in subjects:
            watches = self._watches.get(subject)
            if watches:
                self._states[subject] = next(self._numbers)
                for watch in watches:
                    watch.tell(subject)

    def _tell_all(self) -> None:
        self._tell(list(self._watches))

    def _forget(self, subject: str, watch: Watch) -> None:
        self._watches[subject].discard(watch)
        if not self._watches[subject]:
            del self._watches[subject]
            del self._states[subject]
