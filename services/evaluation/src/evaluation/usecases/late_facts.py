"""What was recorded after the cut-off of the month that it bears on (L21), and what that changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evaluation.domain.contributions import find_amendments
from evaluation.domain.periods import Month, Periods
from evaluation.store import evidence as store
from evaluation.usecases.reading import ItemEvidence, Reader, title_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LateFacts:
    """A page of what late facts changed in a month; `measures` are those beyond what was known at the cut-off."""

    month: Month
    changed: Sequence[ItemEvidence]
    token: str


def list_late_facts(reader: Reader, *, period: str, after: str, limit: int) -> LateFacts:
    """Of at most `limit` items what the month has beyond what was known, with the facts recorded after the cut-off.

    Without a period: of the latest month past its cut-off.
    """
    periods = reader.periods
    with reader.pool.connection() as conn:
        month = reader.month(period) if period else periods.window_of(reader.scored_until(conn)) - 1
        items = store.load_amended_items(conn, month=month, after=after, limit=limit)
    changed = [found for item in items for found in _find_changes(item, month, periods)]
    return LateFacts(month=month, changed=changed, token=items[-1].work_id if len(items) == limit else "")


def _find_changes(item: store.ItemAdding, month: Month, periods: Periods) -> Iterator[ItemEvidence]:
    cut_off = periods.cut_off(month)
    late = sorted(fact for fact in item.facts if fact.recorded_at > cut_off)
    for key, measures in find_amendments(item.adds, item.facts, month=month, periods=periods).items():
        yield ItemEvidence(
            work_id=item.work_id,
            title=title_of(item.facts),
            subject=key.subject,
            unit_id=key.unit,
            request=key.request,
            measures=measures,
            facts=late,
        )
