"""How far evaluation has come: positions in the log, lag, scores that wait."""

from dataclasses import dataclass
from datetime import datetime

from evaluation.domain.periods import Instant, Periods
from evaluation.store import positions as store
from evaluation.store import scores as score_store
from runtime.events import EventLog
from runtime.postgres import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionPosition:
    """Where a partition is read and where it ends."""

    topic: str
    partition: int
    next_offset: int
    end_offset: int
    watermark: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """All partitions, what there is, and until when scores hold everything."""

    partitions: list[PartitionPosition]
    counts: store.CountRow
    as_of: Instant | None


def find_position(pool: Pool, log: EventLog, periods: Periods, now: Instant) -> Position:
    """The position at this moment. The ends are read first: a lag of 0 then means that all up to the question is in."""
    with pool.connection() as conn:
        known = [(row.topic, row.partition) for row in store.load_positions(conn)]
    ends = {place: log.bounds(*place).end for place in known}
    with pool.connection() as conn:
        return Position(
            partitions=[
                PartitionPosition(
                    topic=row.topic,
                    partition=row.partition,
                    next_offset=row.next_offset,
                    end_offset=ends.get((row.topic, row.partition), row.next_offset),
                    watermark=row.watermark,
                )
                for row in store.load_positions(conn)
            ],
            counts=store.count_items(conn, upto=periods.month_of(now)),
            as_of=score_store.load_clock(conn),
        )
