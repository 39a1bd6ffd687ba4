"""What can happen to an item of work. The numbers of the enumerations are those of the contract `congvu.work.v1`."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple


class WorkKind(IntEnum):
    """What kind of work an item is."""

    UNSPECIFIED = 0
    TASK = 1
    INCOMING_DOCUMENT = 2
    DOSSIER = 3
    REQUEST = 4


class Basis(IntEnum):
    """Why the holder has the item; decides whether it is planned (L6)."""

    UNSPECIFIED = 0
    OWN = 1
    EXTRA = 2
    TAKEN_OVER = 3
    SELF_INITIATED = 4


class DueChangeCause(IntEnum):
    """Why a due time changes; all but the assigner's count as given in time."""

    UNSPECIFIED = 0
    ASSIGNER = 1
    COORDINATION = 2
    LEAVE = 3
    OUTAGE = 4


class ReviewGround(IntEnum):
    """Grounds of a failed review (L17)."""

    UNSPECIFIED = 0
    LAW = 1
    COMPETENCE = 2
    FACTS = 3
    FIGURES = 4
    UNUSABLE = 5
    WITHDRAWN_AFTER_ISSUE = 6
    REVOKED = 7
    SECOND_SUPPLEMENT = 8
    UNLAWFUL_REFUSAL = 9
    COMPLAINT_UPHELD = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """First fact of every item but an initiative. `officer_id` is empty while the unit holds it; thousandths."""

    officer_id: str = ""
    unit_id: str
    kind: WorkKind
    product_code: str = ""
    standard_units: int = 0
    due_at: datetime | None
    basis: Basis
    basis_reason: str = ""
    title: str
    # The product of which this is one step or share (L13, L18).
    whole_id: str = ""
    requesting_unit_id: str = ""
    waiting_work_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reassigned:
    """Another holder; without a due time the one in force stays (L11)."""

    officer_id: str = ""
    unit_id: str
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedBack:
    """The officer cannot do it; the unit holds it (L9)."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DueChanged:
    """Another due time; every cause but the assigner's names the one that it replaces (L4, L12, L15, L23)."""

    due_at: datetime | None
    cause: DueChangeCause
    replaces_due_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Submitted:
    """Handed in for review."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """The reviewer returns a submission (L7); a failed review exactly when it names a ground."""

    grounds: tuple[ReviewGround, ...] = ()
    due_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Completed:
    """The last submission is accepted; without one, completed and accepted at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    """Accepted work is opened again (L8); a failed review exactly when it names a ground."""

    grounds: tuple[ReviewGround, ...] = ()
    due_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayExcused:
    """An objective cause takes away a delay; without a due time the completion counts (L4)."""

    missed_due_at: datetime | None
    due_at: datetime | None = None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewExcused:
    """An objective cause takes away a failed review."""

    review_event_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """No longer wanted, or misdirected (L10)."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDecided:
    """The product of an item that had none; its units apply from the assignment (L19)."""

    product_code: str
    standard_units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenRated:
    """One to five stars."""

    stars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Author of an initiative; the share is in thousandths of it."""

    officer_id: str
    unit_id: str
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InitiativeRecognised:
    """The only fact of an initiative (L16)."""

    authors: tuple[Author, ...]
    title: str


Fact = (
    Assigned
    | Reassigned
    | HandedBack
    | DueChanged
    | Submitted
    | Returned
    | Completed
    | Reopened
    | DelayExcused
    | ReviewExcused
    | Cancelled
    | ProductDecided
    | CitizenRated
    | InitiativeRecognised
)


# Of these there is one for every fact, and tuples are made several times faster than frozen dataclasses.
class Event(NamedTuple):
    """One fact about one item as it is sent in: not numbered yet.

    `recorded_at` is None unless the sender states it. `fingerprint` stands for the content as sent, so that the same
    event_id with other content is noticed.
    """

    event_id: str
    work_id: str
    occurred_at: datetime
    actor_id: str
    fact: Fact
    recorded_at: datetime | None = None
    fingerprint: int = 0


class NumberedEvent(NamedTuple):
    """One fact with its place in its item's history."""

    event_id: str
    work_id: str
    revision: int
    occurred_at: datetime
    recorded_at: datetime
    actor_id: str
    fact: Fact
    fingerprint: int = 0


class KeptEvent(NamedTuple):
    """A numbered fact with its serialised form."""

    event: NumberedEvent
    value: bytes
