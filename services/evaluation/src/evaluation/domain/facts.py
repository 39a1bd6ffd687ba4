"""The facts of an item of work, as the fold sees them. Tuples, because millions of them are made, sorted and stored."""

from typing import Final, NamedTuple

from evaluation.domain.periods import Instant


class Assigned(NamedTuple):
    """First fact of every item but an initiative. `planned` is L6; `product` is empty while undecided (L19)."""

    officer: str
    unit: str
    request: bool
    product: str
    units: int
    due: Instant
    planned: bool
    self_initiated: bool
    title: str


class Reassigned(NamedTuple):
    """Another holder (L11); without `due` the due time in force stays."""

    officer: str
    unit: str
    due: Instant | None


class HandedBack(NamedTuple):
    """The officer cannot do it (L9)."""


class DueChanged(NamedTuple):
    """A due time by the assigner (L4)."""

    due: Instant


class Redated(NamedTuple):
    """A due time that counts as given in time: coordination L15, leave L12, outage L23, excuse L4.

    Without `due`: to the completion. An excuse only stands for a due time that was missed.
    """

    replaces: Instant
    due: Instant | None
    excuse: bool


class Submitted(NamedTuple):
    """Handed in for review."""


class Returned(NamedTuple):
    """Returned or reopened (L7, L8); `failed` when it names a ground (L17)."""

    failed: bool
    due: Instant


class Completed(NamedTuple):
    """Accepted."""


class ReviewExcused(NamedTuple):
    """The failed review with this event id does not count."""

    review_event_id: str


class Cancelled(NamedTuple):
    """No longer wanted (L10)."""


class ProductDecided(NamedTuple):
    """The units of an item that had none, from its assignment on (L19)."""

    product: str
    units: int


class CitizenRated(NamedTuple):
    """One to five stars."""

    stars: int


class Author(NamedTuple):
    """One author of an initiative; the shares of all add up to 1000."""

    officer: str
    unit: str
    share: int


class InitiativeRecognised(NamedTuple):
    """The only fact of an initiative (L16)."""

    authors: tuple[Author, ...]
    title: str


Body = (
    Assigned
    | Reassigned
    | HandedBack
    | DueChanged
    | Redated
    | Submitted
    | Returned
    | Completed
    | ReviewExcused
    | Cancelled
    | ProductDecided
    | CitizenRated
    | InitiativeRecognised
)

BODIES: Final[dict[str, type[Body]]] = {
    body.__name__: body
    for body in (
        Assigned,
        Reassigned,
        HandedBack,
        DueChanged,
        Redated,
        Submitted,
        Returned,
        Completed,
        ReviewExcused,
        Cancelled,
        ProductDecided,
        CitizenRated,
        InitiativeRecognised,
    )
}


class Fact(NamedTuple):
    """One fact, recorded when it occurred or later. Facts sort as they count: by occurrence, then by revision."""

    occurred_at: Instant
    revision: int
    recorded_at: Instant
    event_id: str
    body: Body


def check_facts(facts: list[Fact]) -> str:
    """Why these facts of one item, in order, contradict each other; empty when they do not."""
    if len(facts) > 1 and any(isinstance(fact.body, InitiativeRecognised) for fact in facts):
        return "An initiative has one fact only; drop this record."
    assigned = [fact for fact in facts if isinstance(fact.body, Assigned)]
    if len(assigned) > 1:
        first, second = assigned[0].revision, assigned[1].revision
        return f"It is assigned twice (revisions {first} and {second}); reassign it instead."
    if assigned and facts[0] is not assigned[0]:
        early = facts[0]
        name = type(early.body).__name__
        return f"Its {name} (revision {early.revision}) lies before its assignment; correct one of the two times."
    return ""


def check_next(facts: list[Fact], fact: Fact) -> str:
    """Why one more fact would contradict these, taken in any order, which do not contradict each other."""
    if not facts:
        return ""
    first = facts[0]
    # The assignment is before all others: what comes after any of them comes after it as well.
    if fact > first and type(fact.body) not in _BEGINNINGS and type(first.body) is not InitiativeRecognised:
        return ""
    return check_facts(sorted([*facts, fact]))


_BEGINNINGS: Final = frozenset({Assigned, InitiativeRecognised})
