"""What was recorded after the cut-off of the month that it bears on (L21), and what that changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evaluation.domain.contributions import find_amendments
from evaluation.domain.periods import Month, Periods, parse_month
from evaluation.store import evidence as store
from evaluation.store.scores import load_clock
from evaluation.usecases.reading import ItemEvidence, title_of
from runtime.postgres import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class LateFacts:
    """A page of what late facts changed in a month; `measures` are those beyond what was known at the cut-off."""

    month: Month
    changed: Sequence[ItemEvidence]
    token: str


def list_late_facts(pool: Pool, periods: Periods, *, period: str, after: str, limit: int) -> LateFacts:
    """Of at most `limit` items what the month has beyond what was known, with the facts recorded after the cut-off.

    Without a period: of the latest month past its cut-off.
    """
    with pool.connection() as conn:
        month = parse_month(period) if period else periods.window_of(load_clock(conn) or 0) - 1
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
