"""Due times: standard terms (L5), returns (L7), leave (L12), late answers (L15) and outages (L23)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from work.domain.facts import DueChangeCause, DueChanged
from work.domain.items import Item, may_miss
from working_calendar import WorkingCalendar

RETURN_WORKING_DAYS = 2
# Leaves and outages that follow each other can move a due time again; more rounds than these are none of life.
_MOST_MOVES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveTaken:
    """Days off of an officer, first and last included, as known since `registered_at`."""

    officer_id: str
    first_day: date
    last_day: date
    registered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A recorded outage of the system in [began_at, ended_at)."""

    outage_id: str
    began_at: datetime
    ended_at: datetime
    reason: str


def standard_due(calendar: WorkingCalendar, *, assigned_at: datetime, term_hours: int) -> datetime:
    """The end of the catalogue's standard term, in working hours from the assignment (L5)."""
    return calendar.add_working_hours(assigned_at, term_hours)


def due_on_assignment(*, asked: datetime | None, standard: datetime | None, urgent: bool) -> datetime | None:
    """The due time that counts: none is the standard one, and a shorter one too unless urgent (L5)."""
    if asked is None or standard is None:
        return asked or standard
    return asked if urgent else max(asked, standard)


def due_after_return(calendar: WorkingCalendar, *, returned_at: datetime, old_due: datetime | None) -> datetime:
    """The default due time of returned work: the end of the second working day after, never before the old one (L7)."""
    day = calendar.add_working_days(calendar.local_day(returned_at), RETURN_WORKING_DAYS)
    due = calendar.end_of_day(day)
    return due if old_due is None else max(due, old_due)


def change_for_late_answer(
    calendar: WorkingCalendar, *, waiting: Item, answer_due: datetime, answered: datetime
) -> DueChanged | None:
    """Moves the waiting item's due time by the lateness of an answer, in working time (L15).

    None when the answer was in time, was due after the waiting item itself, or the item cannot miss its due time.
    """
    due = waiting.due_at
    if answered <= answer_due or due is None or answer_due >= due or not may_miss(waiting):
        return None
    moved = calendar.shift_by_lateness(due, answer_due=answer_due, answered=answered)
    if moved == due:
        return None
    return DueChanged(due_at=moved, cause=DueChangeCause.COORDINATION, replaces_due_at=due, reason="Answered late")


@dataclass(frozen=True, slots=True, kw_only=True)
class DueMove:
    """A due time moved out of a leave or an outage that is there since `known_since`."""

    change: DueChanged
    due_at: datetime
    known_since: datetime


def moves_of_due(
    calendar: WorkingCalendar, item: Item, *, leaves: Iterable[LeaveTaken], outages: Iterable[Outage]
) -> list[DueMove]:
    """Moves the item's due time out of the holder's leave (L12) and out of outages (L23), step by step."""
    if not may_miss(item) or item.due_at is None:
        return []
    leaves, outages = tuple(leaves), tuple(outages)
    moves: list[DueMove] = []
    due = item.due_at
    while len(moves) < _MOST_MOVES:
        move = _move_out_of_leave(calendar, due, leaves) or _move_out_of_outage(due, outages)
        if move is None:
            break
        moves.append(move)
        due = move.due_at
    return moves


def _move_out_of_leave(calendar: WorkingCalendar, due: datetime, leaves: Iterable[LeaveTaken]) -> DueMove | None:
    for leave in leaves:
        moved = calendar.due_after_leave(due, leave.first_day, leave.last_day)
        if moved > due and leave.registered_at < due:
            reason = f"Leave from {leave.first_day} to {leave.last_day}"
            change = DueChanged(due_at=moved, cause=DueChangeCause.LEAVE, replaces_due_at=due, reason=reason)
            return DueMove(change=change, due_at=moved, known_since=leave.registered_at)
    return None


def _move_out_of_outage(due: datetime, outages: Iterable[Outage]) -> DueMove | None:
    for outage in outages:
        if outage.began_at <= due < outage.ended_at:
            end, cause = outage.ended_at, DueChangeCause.OUTAGE
            change = DueChanged(due_at=end, cause=cause, replaces_due_at=due, reason=outage.reason)
            return DueMove(change=change, due_at=end, known_since=outage.began_at)
    return None
