"""What this service keeps of the organization: units, posts and leaves, the highest revision of each."""

from dataclasses import dataclass
from datetime import date

from work.domain.terms import LeaveTaken


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSpan:
    """Where a unit hangs in [valid_from, valid_to); `parent_id` is empty for the city."""

    valid_from: date
    valid_to: date | None
    parent_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownUnit:
    """A unit with its places in the tree, and where its work went when it was closed."""

    unit_id: str
    revision: int
    spans: tuple[UnitSpan, ...]
    successor_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPost:
    """A post in a unit in [valid_from, valid_to)."""

    unit_id: str
    is_head: bool
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownOfficer:
    """An officer with all posts and leaves."""

    officer_id: str
    revision: int
    posts: tuple[KnownPost, ...]
    leaves: tuple[LeaveTaken, ...]
