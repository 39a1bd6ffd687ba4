"""What a loop does while something that it needs is away: it waits longer and longer, and says so once."""

import logging
import time

import psycopg

from runtime.errors import Unavailable

logger = logging.getLogger(__name__)

SHORTEST_PAUSE = 0.2
LONGEST_PAUSE = 5.0

OUTAGES = (psycopg.OperationalError, psycopg.errors.IdleInTransactionSessionTimeout, Unavailable)
"""Database or log do not answer, or the database has cut the session: trying again helps."""


class Outages:
    """Counts the failed tries of a loop; tells an outage once, and once that it is over."""

    def __init__(self, who: str) -> None:
        """`who` begins the sentences: "The relay"."""
        self._who = who
        self._failures = 0
        self._began: float | None = None

    def tell(self, error: Exception) -> None:
        """Logs that an outage has begun, unless that is told."""
        if self._began is None:
            self._began = time.monotonic()
            logger.warning("%s waits for its database or log: %s", self._who, error)

    def pause(self) -> float:
        """Seconds to wait after a try that failed, whatever it was."""
        self._failures += 1
        return pause_after(self._failures)

    def over(self) -> None:
        """After a try that went well."""
        if self._began is not None:
            logger.warning("%s goes on after %.1f s.", self._who, time.monotonic() - self._began)
        self._began, self._failures = None, 0


def pause_after(failures: int) -> float:
    """Seconds to wait after so many failures in a row."""
    return float(min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** min(failures - 1, 10)))
