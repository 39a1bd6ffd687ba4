"""The facts that an import makes, as plain data."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """The item begins. Without `due_at` the intake gives the product's standard term; units in thousandths."""

    officer_id: str
    unit_id: str
    kind: str
    product_code: str
    standard_units: int
    due_at: datetime | None
    basis: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reassigned:
    """Another holder; the due time in force stays."""

    officer_id: str
    unit_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """Handed in for review."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """Returned by the reviewer (L7). Without `due_at` the intake gives the default."""

    grounds: Sequence[str]
    due_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """Done and accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """No longer wanted, or not followed any further."""

    reason: str


Fact = Assigned | Reassigned | Submitted | Returned | Completed | Cancelled

# At one and the same instant: a hand-in comes before its return, and everything before the end.
ORDER: tuple[type[Fact], ...] = (Assigned, Reassigned, Submitted, Returned, Completed, Cancelled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact about an item, ready for the intake; `line` is the row of the log that it was made of."""

    event_id: str
    work_id: str
    occurred_at: datetime
    recorded_at: datetime
    actor_id: str
    fact: Fact
    line: int

    @property
    def kind(self) -> str:
        """Name of the fact."""
        return type(self.fact).__name__


def event_id_of(*, source: str, item: str, kind: str, place: str) -> str:
    """The same for the same fact of the same log, whenever it is read and in whatever order of rows.

    `place` tells facts of one kind apart within an item: the id of the step, or else a number.
    """
    text = "\x1f".join((source, item, kind, place))
    return f"import-{hashlib.sha256(text.encode()).hexdigest()[:40]}"
