"""A clock that stands still until the test moves it."""

from datetime import datetime, timedelta


class Clock:
    """Called, it gives `now` (aware, UTC); for whatever takes a `Callable[[], datetime]`."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, span: timedelta) -> None:
        """Lets time pass."""
        self.now += span
