"""What every use case has at hand: the database, the calendar, and who asks when."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import wraps
from typing import ParamSpec, TypeVar

from runtime.auth import Caller
from runtime.errors import Conflict, Denied, InvalidInput, Unavailable
from runtime.postgres import Connection, Pool
from work.domain.intake import CLOCK_SKEW
from work.domain.items import Item
from work.store.dates import share_dates
from work.store.journal import RacedError
from working_calendar import WorkingCalendar

MOST_TRIES = 5
# Roles that may say that something happened at another time than now.
BACKDATING = frozenset({"service", "administrator"})

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The pool of the service's database and the city's calendar."""

    pool: Pool
    calendar: WorkingCalendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who asks, when, and at which instant it is said to have happened (None = now)."""

    caller: Caller
    now: datetime
    occurred_at: datetime | None = None

    @property
    def actor_id(self) -> str:
        """The officer, or the system."""
        return self.caller.officer_id or self.caller.subject


@contextmanager
def changing(desk: Desk) -> Iterator[Connection]:
    """A transaction that changes items: leaves and outages stand still meanwhile, so that no due time slips through."""
    with desk.pool.connection() as conn, conn.transaction():
        share_dates(conn)
        yield conn


def retried(verb: Callable[P, R]) -> Callable[P, R]:
    """Runs the verb's transaction again when another one made the same item or event first."""

    @wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(MOST_TRIES):
            try:
                return verb(*args, **kwargs)
            except RacedError:
                continue
        raise Unavailable("The same work is being changed by many at once: try again.")

    return run


def instant_of(actor: Actor, item: Item | None = None) -> datetime:
    """When the command happened: now, or what the caller says and may say; never before the item's latest fact."""
    asked, now = actor.occurred_at, actor.now
    if asked is None:
        return max(now, item.latest) if item else now
    if asked > now + CLOCK_SKEW:
        raise InvalidInput("occurred_at lies in the future: leave it out for now.", field="occurred_at")
    if asked < now - CLOCK_SKEW and not actor.caller.roles & BACKDATING:
        raise Denied("occurred_at lies in the past, which only an administrator may enter: leave it out for now.")
    if asked < now - MOST_BACKDATING:
        raise InvalidInput("occurred_at lies more than twenty years back.", field="occurred_at")
    if item and asked < item.latest:
        raise Conflict(f"{item.work_id} has a fact of {item.latest.isoformat()}, later than occurred_at.")
    return asked


MOST_BACKDATING = timedelta(days=20 * 365)


def today(desk: Desk, actor: Actor) -> date:
    """The local day of the request."""
    return desk.calendar.local_day(actor.now)
