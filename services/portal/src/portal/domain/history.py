"""What the facts of an item say about its past: due times that were missed, reviews that failed, who held it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

# Facts after which someone works on the item, and after which nobody does.
_BEGIN = frozenset({"assigned", "reassigned", "returned", "reopened"})
_END = frozenset({"submitted", "completed", "cancelled"})
_REVIEWS = frozenset({"returned", "reopened"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One fact of an item, by the name that the contract gives it; `due_at` is the due time that it sets, if any.

    `replaces` is the due time that it takes away: an excuse, or a move for a cause that is nobody's fault
    (L4, L12, L15, L23).
    """

    event_id: str
    fact: str
    occurred_at: datetime
    due_at: datetime | None = None
    replaces: datetime | None = None
    officer_id: str = ""
    has_grounds: bool = False
    excuses: str = ""


def missed_due_times(past: Sequence[Happening], now: datetime) -> list[datetime]:
    """The due times in force that passed while nothing was handed in and that are not taken away, in order."""
    missed: list[datetime] = []
    due_at, under_way = None, False
    for each in sorted(past, key=lambda each: each.occurred_at):
        _note_miss(missed, due_at if under_way else None, each.occurred_at)
        if each.replaces:
            missed[:] = [due for due in missed if due != each.replaces]
        due_at = _due_after(each, due_at)
        under_way = (under_way or each.fact in _BEGIN) and each.fact not in _END
    _note_miss(missed, due_at if under_way else None, now)
    return missed


def failed_reviews(past: Sequence[Happening]) -> list[Happening]:
    """The reviews with a ground (L17) that count, in order."""
    excused = {each.excuses for each in past if each.excuses}
    return [each for each in past if each.fact in _REVIEWS and each.has_grounds and each.event_id not in excused]


def holders(past: Sequence[Happening]) -> set[str]:
    """The officers who hold the item or once held it."""
    return {each.officer_id for each in past if each.officer_id}


def held_since(past: Sequence[Happening]) -> datetime | None:
    """When the present holder got it."""
    return max((each.occurred_at for each in past if each.fact in ("assigned", "reassigned")), default=None)


def _due_after(each: Happening, due_at: datetime | None) -> datetime | None:
    if each.fact == "delay_excused":
        # Without a new due time the completion counts as in time: there is none to miss.
        return each.due_at if due_at == each.replaces else due_at
    if each.fact == "due_changed" and each.replaces:
        return each.due_at if due_at == each.replaces else due_at
    return each.due_at or due_at


def _note_miss(missed: list[datetime], due_at: datetime | None, until: datetime) -> None:
    if due_at is not None and due_at < until and due_at not in missed:
        missed.append(due_at)
