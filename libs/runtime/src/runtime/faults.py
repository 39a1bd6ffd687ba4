"""Crash points: places where a test lets the process die as a power cut would."""

import os
import signal
from threading import Lock

_WANTED = os.environ.get("CRASH_AT") or None
_lock = Lock()
_passes_left = int(os.environ.get("CRASH_AFTER", "0"))


def crash_point(name: str) -> None:
    """SIGKILLs this process when CRASH_AT is `name`, after CRASH_AFTER passes; otherwise it does nothing."""
    if name == _WANTED:
        _count_down()


def _count_down() -> None:
    global _passes_left
    with _lock:
        if _passes_left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        _passes_left -= 1
