"""What lies on the desks of a unit: late or soon due, waiting for a review, held by nobody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskItem:
    """An item that is not finished. `awaited` are the units whose answer it waits for; `asking` is the unit that asked.

    Without a due time it is excused to its completion. `submitted_at` is there while it waits for a review.
    """

    work_id: str
    title: str
    officer_id: str
    unit_id: str
    units: int
    due_at: datetime | None
    submitted_at: datetime | None
    awaited: tuple[str, ...]
    asking: str
    assigner_id: str
    has_product: bool

    def is_late(self, now: datetime) -> bool:
        """Whether it is still to be done and its due time has passed."""
        return self.submitted_at is None and self.due_at is not None and self.due_at < now


@dataclass(frozen=True, slots=True, kw_only=True)
class Urgent:
    """What is late, and what else is due by a time; each in order of due time."""

    late: Sequence[DeskItem]
    soon: Sequence[DeskItem]


def find_urgent(items: Iterable[DeskItem], *, now: datetime, until: datetime) -> Urgent:
    """What is still to be done and late, or due before `until`."""
    due = sorted(
        (item.due_at, item.work_id, item)
        for item in items
        if item.submitted_at is None and item.due_at is not None and item.due_at < until
    )
    return Urgent(
        late=[item for _, _, item in due if item.is_late(now)],
        soon=[item for _, _, item in due if not item.is_late(now)],
    )


def find_later(items: Iterable[DeskItem], *, until: datetime) -> list[DeskItem]:
    """What somebody has still to do by `until` or after it, by due time; without one last."""
    held = [item for item in items if item.officer_id and item.submitted_at is None]
    return sorted((item for item in held if item.due_at is None or item.due_at >= until), key=_by_due)


def find_for_review(items: Iterable[DeskItem]) -> list[DeskItem]:
    """What was handed in, the longest wait first."""
    waiting = [(item.submitted_at, item.work_id, item) for item in items if item.submitted_at is not None]
    return [item for _, _, item in sorted(waiting)]


def find_unheld(items: Iterable[DeskItem]) -> list[DeskItem]:
    """What is still to be done and nobody holds, by due time; without one last."""
    free = [item for item in items if not item.officer_id and item.submitted_at is None]
    return sorted(free, key=_by_due)


def _by_due(item: DeskItem) -> tuple[bool, float, str]:
    return item.due_at is None, item.due_at.timestamp() if item.due_at else 0.0, item.work_id
