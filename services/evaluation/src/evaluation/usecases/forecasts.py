"""What an officer has open, and what becomes of the score if each alone falls overdue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from evaluation.domain.contributions import evaluate
from evaluation.domain.items import Item, Spell
from evaluation.domain.periods import Instant, Periods, from_instant
from evaluation.domain.policies import Band
from evaluation.domain.scorecards import Key, MonthInputs, Standing, score_month
from evaluation.domain.shifts import shift_if_missed, shift_inputs
from evaluation.store import evidence as evidence_store
from evaluation.store.recompute import see_one_moment
from evaluation.usecases.months import load_inputs, load_standings
from evaluation.usecases.reading import Reader
from runtime.auth import Caller

_MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """An item that an officer holds; `points_if_overdue` of the current month, in hundredths, if it alone is missed."""

    work_id: str
    title: str
    unit_id: str
    due: Instant
    overdue: bool
    submitted: bool
    request: bool
    units: int
    points_if_overdue: int | None = None
    band_if_overdue: Band | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItems:
    """By due time; `points` are those that the effects start from."""

    items: Sequence[OpenItem]
    points: int | None
    as_of: datetime


def list_open_items(reader: Reader, caller: Caller, *, officer_id: str, policy: str) -> OpenItems:
    """The earliest items that the officer holds, each with its effect on the current month if it is missed."""
    organization, periods = reader.require_officer(caller, officer_id), reader.periods
    with reader.pool.connection() as conn, conn.transaction():
        # What items add and what they add up to belong together.
        see_one_moment(conn)
        at = reader.scored_until(conn)
        month = periods.month_of(at)
        name = reader.policy(policy, month)
        inputs = load_inputs(
            conn, month, [officer_id], organization=organization, policies=reader.policies, periods=periods, at=at
        )
        forecast = _Forecast(officer_id, name, inputs, load_standings(conn, inputs, [officer_id]), periods, at)
        loaded = evidence_store.load_open_items(conn, subject=officer_id)
    items = sorted((item for one in loaded if (item := forecast.see(one))), key=_by_due)[:_MOST]
    adding = {one.work_id: one for one in loaded}
    return OpenItems(
        items=[forecast.with_effect(item, adding[item.work_id]) for item in items],
        points=forecast.score(inputs).points,
        as_of=from_instant(at),
    )


def _by_due(item: OpenItem) -> tuple[Instant, str]:
    return item.due, item.work_id


@dataclass(frozen=True, slots=True)
class _Forecast:
    """One officer's current month by one policy, as of `at`."""

    officer_id: str
    policy: str
    inputs: MonthInputs
    known: Mapping[Key, Standing]
    periods: Periods
    at: Instant

    def see(self, adding: evidence_store.ItemAdding) -> OpenItem | None:
        """The item, if the officer holds it and it has a due time."""
        item = evaluate(adding.facts, at=self.at, periods=self.periods).item
        spell = item.holder
        if spell is None or spell.officer != self.officer_id or spell.due is None:
            return None
        return _open_item(adding.work_id, item, spell, spell.due)

    def with_effect(self, item: OpenItem, adding: evidence_store.ItemAdding) -> OpenItem:
        """With the score of the current month if the item is missed; what is handed in or due later has no effect."""
        month = self.inputs.month
        if item.overdue or item.submitted or self.periods.month_of(item.due) != month:
            return item
        carrying = self.at >= self.periods.cut_off(month - 1)
        shift = shift_if_missed(
            adding.facts, adding.adds, due=item.due, month=month, periods=self.periods, carrying=carrying
        )
        own = {row: measures for row, measures in shift.items() if row[0] == self.officer_id}
        standing = self.score(shift_inputs(self.inputs, own))
        return replace(item, points_if_overdue=standing.points, band_if_overdue=standing.band)

    def score(self, inputs: MonthInputs) -> Standing:
        """How the officer stands."""
        return score_month(inputs, [self.officer_id], self.known)[self.officer_id, self.policy].standing


def _open_item(work_id: str, item: Item, spell: Spell, due: Instant) -> OpenItem:
    return OpenItem(
        work_id=work_id,
        title=item.title,
        unit_id=spell.unit,
        due=due,
        overdue=spell.due_missed,
        submitted=spell.handed_in_at is not None,
        request=item.request,
        units=item.units,
    )
