"""What the events of the organization change here: the replica, and due times inside leave (L12)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from runtime.postgres import Connection
from work.domain.organization import KnownOfficer, KnownUnit
from work.store.dates import own_dates
from work.store.items import lock_items_due_in_leave
from work.store.replica import save_officers, save_units
from work.usecases.journal import Journal
from working_calendar import WorkingCalendar


def follow_organization(
    conn: Connection,
    calendar: WorkingCalendar,
    *,
    units: Sequence[KnownUnit],
    officers: Sequence[KnownOfficer],
    now: datetime,
) -> None:
    """Takes over units and officers that are newer than what is known, each at most once, in the caller's transaction.

    Due times inside a leave that was registered before them move to the end of the first working day after it.
    """
    save_units(conn, units)
    if not officers:
        return
    own_dates(conn)
    newer = save_officers(conn, [(officer, _spans_of(calendar, officer)) for officer in officers])
    away = [officer.officer_id for officer in officers if officer.leaves and officer.officer_id in newer]
    if not away:
        return
    items = lock_items_due_in_leave(conn, away)
    journal = Journal(conn, calendar, items)
    journal.look_around([])
    for item in items:
        journal.move_due(item, recorded_at=now)
    journal.write()


def _spans_of(calendar: WorkingCalendar, officer: KnownOfficer) -> list[tuple[datetime, datetime]]:
    return [
        (calendar.start_of_day(leave.first_day), calendar.start_of_day(leave.last_day + timedelta(days=1)))
        for leave in officer.leaves
    ]
