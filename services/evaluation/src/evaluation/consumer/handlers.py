"""The batch handlers of the three topics that scores are made of."""

from collections.abc import Sequence
from datetime import datetime

from evaluation.consumer.finding_records import read_finding_record
from evaluation.consumer.organization_records import read_organization_record
from evaluation.consumer.work_records import read_work_record
from evaluation.domain.organization import Officer, Unit
from evaluation.domain.periods import Periods, to_instant
from evaluation.store.positions import Place, load_place
from evaluation.usecases.fold import Fold, fold_records, tick_partition
from evaluation.usecases.inputs import take_findings, take_officers, take_units
from evaluation.usecases.known_items import KnownItems
from runtime.events import StoredRecord
from runtime.postgres import Connection

WORK_TOPIC = "congvu.work.v1"
ORGANIZATION_TOPIC = "congvu.organization.v1"
FINDINGS_TOPIC = "congvu.evaluation.findings.v1"
# Items that a consumer of work keeps at most, some 2 kB each.
KEPT_ITEMS = 20_000


class WorkHandler:
    """Folds work events, and ticks. Keeps the items folded last, for as long as nobody else wrote them."""

    def __init__(self, periods: Periods, *, keep: int = KEPT_ITEMS, marking: bool = True) -> None:
        self._fold = Fold(periods=periods, known=KnownItems(keep), marking=marking)
        # Where each partition stood when its kept items were saved.
        self._places: dict[int, Place] = {}

    def handle(self, conn: Connection, partition: int, records: Sequence[StoredRecord]) -> None:
        """Folds a batch as of the partition's watermark."""
        watermark = load_place(conn, topic=WORK_TOPIC, partition=partition).watermark
        self._stand_at(partition, Place(records[0].offset, watermark))
        changes = [read_work_record(record) for record in records]
        fold_records(conn, self._fold, partition=partition, records=changes, at=watermark)
        self._places[partition] = Place(records[-1].offset + 1, watermark)

    def tick(self, conn: Connection, partition: int, now: datetime) -> None:
        """Lets the clock move items up to now; it never goes back."""
        next_offset, watermark = load_place(conn, topic=WORK_TOPIC, partition=partition)
        # The watermark may have been moved already, by this very transaction.
        before = self._places.get(partition)
        self._stand_at(partition, Place(next_offset, before.watermark if before else watermark))
        at = max(to_instant(now), watermark)
        tick_partition(conn, self._fold, partition=partition, at=at)
        self._places[partition] = Place(next_offset, at)

    def forget(self, partition: int) -> None:
        """Drops what is kept of the partition."""
        self._places.pop(partition, None)
        self._fold.known.forget(partition)

    def _stand_at(self, partition: int, place: Place) -> None:
        """Forgets the partition when it was left elsewhere: rolled back, or written by another in between.

        It stands nowhere until all went well.
        """
        if self._places.pop(partition, None) != place:
            self.forget(partition)


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
