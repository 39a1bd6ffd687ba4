"""Folding the whole log afresh beside the live state: to prove that live = recomputed, or to take its place."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from evaluation.domain.measures import REQUEST, WORK, to_measures
from evaluation.domain.organization import Organization
from evaluation.domain.periods import Month, Periods, format_month
from evaluation.domain.policies import Policies
from evaluation.domain.scorecards import MonthInputs, score_month
from evaluation.events.scores import describe_difference, write_card
from evaluation.store import findings as finding_store
from evaluation.store import marks as mark_store
from evaluation.store import organization as organization_store
from evaluation.store import positions as position_store
from evaluation.store import recompute as store
from evaluation.store import scores as score_store
from evaluation.store.positions import PositionRow
from evaluation.usecases.months import Rows, add_rows, read_findings
from evaluation.usecases.refold import Handler, RecomputeError, Report, fold_partitions
from evaluation.usecases.scoring import WORK_TOPIC
from runtime.events import EventLog
from runtime.postgres import Connection, Pool

# Between two signs of life of the transaction that holds the consumers.
_ASK_SECONDS = 20.0
_DRAIN_SECONDS = 120.0
_SHOWN = 20


class Show(Protocol):
    """Where progress goes."""

    def __call__(self, line: str, *, last: bool = True) -> None:
        """Shows a line; one that is not the last may be written over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The live state of one moment."""

    positions: list[PositionRow]
    sums: dict[tuple[str, str, Month, bool, int], list[int]]
    scores: dict[tuple[str, Month, str], bytes]
    items: dict[str, int]
    parked: set[tuple[int, int]]
    months: list[Month]
    as_of: int


class _Progress:
    """Shows how far the fold is, and keeps the transaction that holds the consumers from ending for idleness."""

    def __init__(self, show: Show, total: int, live: Connection | None) -> None:
        self._show = show
        self._total = total
        self._live = live
        self._asked_at = time.monotonic()
        self.folded = 0

    def advance(self, records: int) -> None:
        """So many more records are folded."""
        self.folded += records
        self._show(f"folded {self.folded} of {self._total} records", last=False)
        if self._live is not None and time.monotonic() - self._asked_at > _ASK_SECONDS:
            self._live.execute("SELECT")
            self._asked_at = time.monotonic()

    def end(self) -> None:
        """Shows the sum."""
        if self._total:
            self._show(f"folded {self.folded} of {self._total} records")


class Recomputation:
    """One run; makes a schema of its own in the service's database and removes it at the end."""

    def __init__(
        self,
        *,
        pool: Pool,
        log: EventLog,
        handlers: Mapping[str, Handler],
        fold_work: Callable[[Sequence[PositionRow], Report], None],
        policies: Policies,
        periods: Periods,
        is_working_day: Callable[[date], bool],
        migrations: Path,
        show: Show,
    ) -> None:
        self._pool = pool
        self._log = log
        self._handlers = handlers
        self._fold_work = fold_work
        self._policies = policies
        self._periods = periods
        self._is_working_day = is_working_day
        self._migrations = migrations
        self._show = show

    def check(self) -> int:
        """Compares every measure and score of every subject and period; 0 when all are equal, else 1."""
        began = time.monotonic()
        snapshot = self._take_snapshot()
        with self._pool.connection() as conn, store.side_schema(conn, self._migrations):
            facts = self._fold(conn, snapshot.positions)
            differences = [*self._compare_sums(conn, snapshot), *self._compare_scores(conn, snapshot)]
        for line in differences[:_SHOWN]:
            self._show(line)
        if len(differences) > _SHOWN:
            self._show(f"… and {len(differences) - _SHOWN} more.")
        self._show(
            f"records={facts} items={len(snapshot.items)} sums={len(snapshot.sums)} scores={len(snapshot.scores)} "
            f"differences={len(differences)} seconds={time.monotonic() - began:.1f}"
        )
        return 1 if differences else 0

    def replace(self) -> int:
        """Puts the recomputed state in the place of the live one; scores follow at once. Returns 0."""
        with (
            self._pool.connection() as conn,
            store.side_schema(conn, self._migrations),
            self._pool.connection() as live,
        ):
            # Ends first: the side schema can only be removed once nobody reads it any more.
            with live.transaction():
                self._show("The consumers wait while the log is folded afresh.")
                positions = [
                    position._replace(next_offset=self._log.bounds(position.topic, position.partition).end)
                    for position in position_store.lock_positions(live)
                ]
                facts = self._fold(conn, positions, live)
                replaced = store.take_over(live)
                for position in positions:
                    position_store.move_position(live, position)
            # Whoever breaks it off from now on must know.
            self._show(f"records={facts} replaced={replaced}: the recomputed state is in place.")
        return 0

    def _take_snapshot(self) -> Snapshot:
        """Holds the consumers until every mark is scored, and sees everything as of that moment."""
        with self._pool.connection() as conn, conn.transaction():
            position_store.lock_positions(conn)
            self._wait_until_scored()
            with self._pool.connection() as reading, reading.transaction():
                store.see_one_moment(reading)
                return _read_snapshot(reading)

    def _wait_until_scored(self) -> None:
        deadline = time.monotonic() + _DRAIN_SECONDS
        while time.monotonic() < deadline:
            with self._pool.connection() as conn:
                watermark = score_store.load_watermark(conn, topic=WORK_TOPIC)
                upto = self._periods.month_of(watermark or 0)
                clock = score_store.load_clock(conn)
                if clock == watermark and not mark_store.has_marks(conn, upto=upto):
                    return
            time.sleep(0.05)
        raise RecomputeError("The scorer does not get through its marks; is evaluation running?")

    def _fold(self, conn: Connection, positions: Sequence[PositionRow], live: Connection | None = None) -> int:
        """Folds up to the positions, then ticks to their watermarks; conn sees the side schema only."""
        progress = _Progress(self._show, sum(position.next_offset for position in positions), live)
        for position in positions:
            store.set_watermark(conn, position)
        for topic, handler in self._handlers.items():
            places = [position for position in positions if position.topic == topic]
            fold_partitions(places, progress.advance, pool=self._pool, log=self._log, handler=handler)
        self._fold_work([position for position in positions if position.topic == WORK_TOPIC], progress.advance)
        progress.end()
        return progress.folded

    def _compare_sums(self, conn: Connection, snapshot: Snapshot) -> list[str]:
        fresh = store.load_all_sums(conn)
        differences = []
        for key in sorted({*fresh, *snapshot.sums}):
            live, again = to_measures(snapshot.sums.get(key, [])), to_measures(fresh.get(key, []))
            if live != again:
                subject, unit, month, _, _ = key
                names = sorted(name for name in {*live, *again} if live.get(name, 0) != again.get(name, 0))
                told = ", ".join(f"{name} live {live.get(name, 0)} recomputed {again.get(name, 0)}" for name in names)
                differences.append(f"{subject} in {unit} {format_month(month)}: {told}")
        items = store.load_revisions(conn)
        for work_id in sorted({*items, *snapshot.items}):
            if items.get(work_id) != snapshot.items.get(work_id):
                told = f"revision live {snapshot.items.get(work_id)} recomputed {items.get(work_id)}"
                differences.append(f"{work_id}: {told}")
        for partition, offset in sorted(store.load_parked_keys(conn) ^ snapshot.parked):
            differences.append(f"partition {partition} offset {offset}: parked in one of the two only")
        return differences

    def _compare_scores(self, conn: Connection, snapshot: Snapshot) -> list[str]:
        organization = Organization(
            units=organization_store.load_units(conn),
            officers=organization_store.load_officers(conn),
            is_working_day=self._is_working_day,
        )
        fresh: dict[tuple[str, Month, str], bytes] = {}
        for month in snapshot.months:
            self._show(f"scoring {format_month(month)}", last=False)
            for (subject, policy), card in score_month(self._inputs(conn, organization, month, snapshot.as_of)).items():
                fresh[subject, month, policy] = write_card(card)
        return [
            f"{key[0]} {format_month(key[1])} {key[2]}: {describe_difference(snapshot.scores.get(key), fresh.get(key))}"
            for key in sorted({*fresh, *snapshot.scores})
            if fresh.get(key) != snapshot.scores.get(key)
        ]

    def _inputs(self, conn: Connection, organization: Organization, month: Month, as_of: int) -> MonthInputs:
        rows: Rows = {WORK: {}, REQUEST: {}}
        carrying = as_of >= self._periods.cut_off(month - 1)
        add_rows(rows, score_store.load_sums(conn, month=month), month=month, carrying=carrying)
        general, shortcomings = read_findings(finding_store.load_findings(conn, month=month))
        return MonthInputs(
            organization=organization,
            month=month,
            work=rows[WORK],
            request=rows[REQUEST],
            general=general,
            shortcomings=shortcomings,
            policies=self._policies,
            open=as_of < self._periods.cut_off(month),
        )


def _read_snapshot(conn: Connection) -> Snapshot:
    return Snapshot(
        positions=position_store.load_positions(conn),
        sums=store.load_all_sums(conn),
        scores=store.load_all_scores(conn),
        items=store.load_revisions(conn),
        parked=store.load_parked_keys(conn),
        months=score_store.load_months(conn),
        as_of=score_store.load_clock(conn) or 0,
    )
