"""The batch handlers of the three topics that scores are made of."""

from collections.abc import Sequence
from datetime import datetime

from evaluation.consumer.finding_records import read_finding_record
from evaluation.consumer.organization_records import read_organization_record
from evaluation.consumer.work_records import read_work_record
from evaluation.domain.organization import Officer, Unit
from evaluation.domain.periods import Periods, to_instant
from evaluation.store.scores import partition_watermark
from evaluation.usecases.fold import fold_records, tick_partition
from evaluation.usecases.inputs import take_findings, take_officers, take_units
from runtime.events import StoredRecord
from runtime.postgres import Connection

WORK_TOPIC = "congvu.work.v1"
ORGANIZATION_TOPIC = "congvu.organization.v1"
FINDINGS_TOPIC = "congvu.evaluation.findings.v1"


class WorkHandler:
    """Folds work events, and ticks."""

    def __init__(self, periods: Periods) -> None:
        self._periods = periods

    def handle(self, conn: Connection, partition: int, records: Sequence[StoredRecord]) -> None:
        """Folds a batch as of the partition's watermark."""
        fold_records(
            conn,
            partition=partition,
            records=[read_work_record(record) for record in records],
            at=partition_watermark(conn, topic=WORK_TOPIC, partition=partition),
            periods=self._periods,
        )

    def tick(self, conn: Connection, partition: int, now: datetime) -> None:
        """Lets the clock move items up to now."""
        tick_partition(conn, partition=partition, at=to_instant(now), periods=self._periods)

    def forget(self, partition: int) -> None:
        """Nothing is kept between batches."""


class OrganizationHandler:
    """Keeps the latest state of units and officers."""

    def handle(self, conn: Connection, partition: int, records: Sequence[StoredRecord]) -> None:
        """Takes the newest state of each key in the batch."""
        changes = [change for record in records if (change := read_organization_record(record)) is not None]
        take_units(conn, [(revision, state) for revision, state in changes if isinstance(state, Unit)])
        take_officers(conn, [(revision, state) for revision, state in changes if isinstance(state, Officer)])

    def tick(self, conn: Connection, partition: int, now: datetime) -> None:
        """The clock changes nothing here."""

    def forget(self, partition: int) -> None:
        """Nothing is kept between batches."""


class FindingsHandler:
    """Keeps what people found."""

    def handle(self, conn: Connection, partition: int, records: Sequence[StoredRecord]) -> None:
        """Keeps the findings of a batch."""
        take_findings(conn, [row for record in records if (row := read_finding_record(record)) is not None])

    def tick(self, conn: Connection, partition: int, now: datetime) -> None:
        """The clock changes nothing here."""

    def forget(self, partition: int) -> None:
        """Nothing is kept between batches."""
