"""Which items a list shows, and what goes together in it."""

from dataclasses import dataclass
from datetime import datetime

from runtime.errors import InvalidInput
from work.domain.items import WorkStatus

FINISHED = frozenset({WorkStatus.COMPLETED, WorkStatus.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Items of an officer, or of a unit, with `below` also of the units below it. Without statuses: what is not
    finished, or with `include_finished` everything. `sent`: the requests that the unit has sent. `unheld`: only what no
    officer holds. `due_before`: only what is due before.
    """

    officer_id: str = ""
    unit_id: str = ""
    below: bool = False
    sent: bool = False
    unheld: bool = False
    include_finished: bool = False
    statuses: frozenset[WorkStatus] = frozenset()
    due_before: datetime | None = None

    @property
    def finished(self) -> bool:
        """Whether finished items can be among them."""
        return bool(self.statuses & FINISHED) if self.statuses else self.include_finished

    @property
    def is_for_taking(self) -> bool:
        """Whether it shows nothing but work of one unit that nobody holds, which its officers may take."""
        return self.unheld and not (self.below or self.sent or self.finished)


def check_selection(wanted: Selection) -> None:
    """Refuses what names no place or two, or asks of an officer what only units have."""
    if bool(wanted.officer_id) == bool(wanted.unit_id):
        raise InvalidInput("Give either officer_id or unit_id.", field="officer_id")
    if wanted.officer_id:
        for name in ("below", "sent", "unheld"):
            if getattr(wanted, name):
                raise InvalidInput(f"{name} goes with unit_id only: leave it out.", field=name)
