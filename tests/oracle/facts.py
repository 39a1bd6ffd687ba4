"""What goes into a score, as plain data: facts of work, the organization, findings.

Field names are those of the contracts (`proto/congvu`). Instants are aware UTC, units are thousandths, days are dates,
periods of days are half-open. Enumerators are lower case without their prefix ("own", "taken_over"); "" is unspecified.
"""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """`kind`: task, incoming_document, dossier, request. `basis`: own, extra, taken_over, self_initiated."""

    unit_id: str
    officer_id: str = ""
    kind: str = "task"
    product_code: str = ""
    standard_units: int = 0
    due_at: datetime | None = None
    basis: str = "own"
    basis_reason: str = ""
    title: str = ""
    whole_id: str = ""
    requesting_unit_id: str = ""
    waiting_work_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reassigned:
    """Another holder; the due time in force stays when `due_at` is absent."""

    unit_id: str
    officer_id: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedBack:
    """The officer cannot do it."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueChanged:
    """`cause`: assigner, coordination, leave, outage; all but the first name the due time that they replace."""

    due_at: datetime | None
    cause: str
    replaces_due_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """Handed in for review."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A failed review exactly when `grounds` is not empty."""

    due_at: datetime | None
    grounds: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """The last submission is accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    """As `Returned`, of accepted work."""

    due_at: datetime | None
    grounds: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayExcused:
    """`due_at` absent: excused to the completion."""

    missed_due_at: datetime | None
    due_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewExcused:
    """`review_event_id` names the Returned or Reopened."""

    review_event_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """No longer wanted, or misdirected."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDecided:
    """The units apply from the assignment."""

    product_code: str
    standard_units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenRated:
    """1 to 5 stars."""

    stars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InitiativeAuthor:
    """`share` in thousandths of the initiative."""

    officer_id: str
    unit_id: str
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InitiativeRecognised:
    """The only fact of an initiative."""

    authors: tuple[InitiativeAuthor, ...]
    title: str = ""


WorkFact = (
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One `WorkEvent`."""

    event_id: str
    work_id: str
    revision: int
    occurred_at: datetime
    recorded_at: datetime
    fact: WorkFact
    actor_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitVersion:
    """`valid_to` is None while in force; `parent_id` is empty for the city."""

    valid_from: date
    parent_id: str = ""
    valid_to: date | None = None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """`kind`: city, department, commune, division."""

    unit_id: str
    versions: tuple[UnitVersion, ...]
    kind: str = "division"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """`role`: head, deputy, staff."""

    post_id: str
    unit_id: str
    role: str
    valid_from: date
    valid_to: date | None = None
    field_unit_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """First and last day off, both included."""

    first_day: date
    last_day: date
    registered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """A person with all posts and leaves."""

    officer_id: str
    posts: tuple[Post, ...] = ()
    leaves: tuple[Leave, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """The last state of every unit and officer."""

    units: tuple[Unit, ...] = ()
    officers: tuple[Officer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralCriteriaScored:
    """`points` in thousandths."""

    points: int
    confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortcomingFound:
    """`kind`: lasting_delay (đ), lasting_disunity (e)."""

    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortcomingLifted:
    """Takes the finding of that kind away."""

    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One `FindingEvent` about an officer or a unit in a month ("2026-03")."""

    event_id: str
    subject_id: str
    revision: int
    occurred_at: datetime
    recorded_at: datetime
    period: str
    fact: GeneralCriteriaScored | ShortcomingFound | ShortcomingLifted
