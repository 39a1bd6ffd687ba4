"""Folding the whole log afresh beside the live state: to prove that live = recomputed, or to take its place."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
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
from evaluation.usecases.scoring import WORK_TOPIC, Rows, add_rows, read_findings
from runtime.events import EventLog, StoredRecord
from runtime.postgres import Connection, Pool

_BATCH = 1000
_DRAIN_SECONDS = 120.0
_SHOWN = 20


class Handler(Protocol):
    """What folds the records of a topic."""

    def handle(self, conn: Connection, partition: int, records: Sequence[StoredRecord]) -> None:
        """Applies the records."""

    def tick(self, conn: Connection, partition: int, now: datetime) -> None:
        """Follows the clock."""


class Show(Protocol):
    """Where progress goes."""

    def __call__(self, line: str, *, last: bool = True) -> None:
        """Shows a line; one that is not the last may be written over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The live state of one moment."""

    positions: list[position_store.PositionRow]
    sums: dict[tuple[str, str, Month, bool, int], list[int]]
    scores: dict[tuple[str, Month, str], bytes]
    items: dict[str, int]
    parked: set[tuple[int, int]]
    months: list[Month]
    as_of: int


class Recomputation:
    """One run; makes a schema of its own in the service's database and removes it at the end."""

    def __init__(
        self,
        *,
        pool: Pool,
        log: EventLog,
        handlers: Mapping[str, Handler],
        policies: Policies,
        periods: Periods,
        is_working_day: Callable[[date], bool],
        migrations: Path,
        show: Show,
    ) -> None:
        self._pool = pool
        self._log = log
        self._handlers = handlers
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
            # Ends first: the side schema can only be removed once nobody reads it any more.
            self._pool.connection() as live,
            live.transaction(),
        ):
            self._show("The consumers wait while the log is folded afresh.")
            positions = [
                position._replace(next_offset=self._log.bounds(position.topic, position.partition).end)
                for position in position_store.lock_positions(live)
            ]
            facts = self._fold(conn, positions)
            store.take_over(live, store.SCHEMA)
            for position in positions:
                position_store.move_position(live, position)
        self._show(f"records={facts}: the recomputed state is in place.")
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
        raise TimeoutError("The scorer does not get through its marks; is evaluation running?")

    def _fold(self, conn: Connection, positions: Sequence[position_store.PositionRow]) -> int:
        """Folds up to the positions, then ticks to their watermarks; conn sees the side schema only."""
        total = sum(position.next_offset for position in positions)
        folded = 0
        for topic in self._handlers:
            for position in positions:
                if position.topic == topic:
                    store.set_watermark(conn, position)
                    folded = self._fold_partition(conn, position, folded, total)
        if total:
            self._show(f"folded {folded} of {total} records")
        return folded

    def _fold_partition(self, conn: Connection, position: position_store.PositionRow, folded: int, total: int) -> int:
        handler, offset = self._handlers[position.topic], self._log.bounds(position.topic, position.partition).first
        while offset < position.next_offset:
            records = self._log.read(position.topic, position.partition, offset, max_records=_BATCH, wait_seconds=5.0)
            records = [record for record in records if record.offset < position.next_offset]
            if not records:
                raise TimeoutError(f"The log gives no record at {position.topic}/{position.partition}@{offset}.")
            with conn.transaction():
                handler.handle(conn, position.partition, records)
            offset = records[-1].offset + 1
            folded += len(records)
            self._show(f"folded {folded} of {total} records", last=False)
        if position.watermark is not None:
            with conn.transaction():
                handler.tick(conn, position.partition, position.watermark)
        return folded

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
