"""Points of many subjects over months, and the median of those with the same kind of post."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from evaluation.domain.comparing import Comparison, find_peers, median
from evaluation.domain.periods import from_instant
from evaluation.domain.policies import Text
from evaluation.store import score_lists as lists
from evaluation.store import scores as store
from evaluation.usecases.reading import Reader
from runtime.auth import Caller
from runtime.errors import InvalidInput

MOST_MONTHS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsPage:
    """The stored scores of subjects, of each the oldest first; the next token, and until when they hold everything."""

    scores: Mapping[str, Sequence[store.ScoreRow]]
    token: str
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Median:
    """The median of the points of `officers` people in hundredths; None when they are too few."""

    points: int | None
    officers: int
    kind: Text | None


def list_points(
    reader: Reader,
    caller: Caller,
    *,
    unit_id: str,
    own_only: bool,
    subject: str,
    period: str,
    months: int,
    policy: str,
    units: bool | None,
    after: str,
    limit: int,
) -> PointsPage:
    """The scores of the months up to the period, of a unit with all below it unless `own_only` (or one subject, or all
    visible).

    Who belongs to the unit is told by the last month. `units`: only units, or only others; None for both.
    """
    if not 0 <= months <= MOST_MONTHS:
        raise InvalidInput(f"Ask for 1 to {MOST_MONTHS} months, not {months}.", field="months")
    last = reader.month(period)
    name = reader.policy(policy, last)
    wanted = reader.wanted(caller, unit_id=unit_id, own_only=own_only, subject=subject, month=last)
    span = range(last + 1 - (months or 1), last + 1)
    with reader.pool.connection() as conn:
        as_of = store.load_clock(conn) or 0
        rows = lists.load_score_span(
            conn, months=span, policy=name, subjects=wanted, units=units, after=after, limit=limit
        )
    scores: dict[str, list[store.ScoreRow]] = {}
    for row in rows:
        scores.setdefault(row.subject, []).append(row)
    token = next(reversed(scores)) if len(scores) == limit else ""
    return PointsPage(scores=scores, token=token, as_of=from_instant(as_of))


def find_median(
    reader: Reader, caller: Caller, comparison: Comparison, *, officer_id: str, period: str, policy: str
) -> Median:
    """The median of those who have the officer's kind of post today and points in the month."""
    reader.require_officer(caller, officer_id)
    month = reader.month(period)
    name = reader.policy(policy, month)
    found = find_peers(reader.organization(), officer_id, reader.month(""))
    if found is None:
        return Median(points=None, officers=0, kind=None)
    kind, peers = found
    with reader.pool.connection() as conn:
        points = lists.load_points(conn, month=month, policy=name, subjects=sorted(peers))
    others = points.keys() - {officer_id}
    enough = len(others) >= comparison.least_others
    return Median(points=median(list(points.values())) if enough else None, officers=len(points), kind=kind)
