"""Signing in leaves threads for the pages: few passwords are checked at once, and nobody waits for ever."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest

from portal.web.pages import account

EVERYBODY = 20


class Checking:
    """Passwords whose checks take until they are let go."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.let_go = threading.Event()
        self._lock = threading.Lock()

    def begin(self) -> Any:
        """One check."""
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.let_go.wait(20)
        with self._lock:
            self.now -= 1
        return "secret", None


async def sign_in(checking: Checking, ended: list[str]) -> None:
    try:
        # Each has a function of its own, as each request has.
        await account._in_turn(lambda: checking.begin())
        ended.append("done")
    except TimeoutError:
        ended.append("told to try again")


def test_few_passwords_are_checked_at_once_and_the_others_are_told_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "TURN_SECONDS", 0.5)
    checking, ended = Checking(), list[str]()

    async def everybody() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(EVERYBODY):
                tasks.start_soon(sign_in, checking, ended)
            with anyio.fail_after(15):
                while len(ended) < EVERYBODY - account.MOST_AT_ONCE:
                    await anyio.sleep(0.05)
            assert set(ended) == {"told to try again"}
            checking.let_go.set()

    # In a thread of its own: tests with browsers leave an event loop running in theirs.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, everybody).result()
    assert checking.most == account.MOST_AT_ONCE
    assert ended.count("done") == account.MOST_AT_ONCE
