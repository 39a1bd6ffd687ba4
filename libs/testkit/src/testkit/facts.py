"""Builder of congvu.work.v1 events: the story of one item, revision by revision."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from congvu.work.v1 import events_pb2 as pb
from runtime.events import Record, cloud_event
from runtime.timestamps import from_timestamp, to_timestamp

TOPIC = "congvu.work.v1"


class WorkEvents:
    """Each verb gives the item's next event; the caller keeps, reorders, repeats or sends them.

    `recorded_at` is the time of the fact unless given; event ids are "<work_id>#<revision>".
    """

    def __init__(
        self, work_id: str = "task/1", *, officer_id: str = "HUE-00001", unit_id: str = "SNV-CCVC", actor_id: str = ""
    ) -> None:
        self.work_id = work_id
        self.officer_id = officer_id
        self.unit_id = unit_id
        self.actor_id = actor_id or officer_id
        self.revision = 0

    def assigned(
        self,
        at: datetime,
        *,
        due_at: datetime | None,
        officer_id: str | None = None,
        unit_id: str | None = None,
        standard_units: int = 1000,
        product_code: str = "P01",
        kind: pb.WorkKind.ValueType = pb.WORK_KIND_TASK,
        basis: pb.Basis.ValueType = pb.BASIS_OWN,
        recorded_at: datetime | None = None,
        **fields: str,
    ) -> pb.WorkEvent:
        """`fields`: basis_reason, title, whole_id, requesting_unit_id, waiting_work_id."""
        texts: dict[str, Any] = {"title": f"Work {self.work_id}"}
        fact = pb.Assigned(
            officer_id=self.officer_id if officer_id is None else officer_id,
            unit_id=unit_id or self.unit_id,
            kind=kind,
            product_code=product_code,
            standard_units=standard_units,
            due_at=to_timestamp(due_at),
            basis=basis,
            **(texts | fields),
        )
        return self.event(at, recorded_at=recorded_at, assigned=fact)

    def reassigned(
        self,
        at: datetime,
        *,
        officer_id: str,
        unit_id: str | None = None,
        due_at: datetime | None = None,
        recorded_at: datetime | None = None,
    ) -> pb.WorkEvent:
        """Another holder; the due time in force stays without `due_at`."""
        fact = pb.Reassigned(officer_id=officer_id, unit_id=unit_id or self.unit_id, due_at=to_timestamp(due_at))
        return self.event(at, recorded_at=recorded_at, reassigned=fact)

    def handed_back(self, at: datetime, *, reason: str = "ill", recorded_at: datetime | None = None) -> pb.WorkEvent:
        """The officer cannot do it."""
        return self.event(at, recorded_at=recorded_at, handed_back=pb.HandedBack(reason=reason))

    def due_changed(
        self,
        at: datetime,
        *,
        due_at: datetime,
        cause: pb.DueChangeCause.ValueType = pb.DUE_CHANGE_CAUSE_ASSIGNER,
        replaces_due_at: datetime | None = None,
        recorded_at: datetime | None = None,
    ) -> pb.WorkEvent:
        """Another due time; `replaces_due_at` is required for every cause but ASSIGNER."""
        fact = pb.DueChanged(
            due_at=to_timestamp(due_at),
            cause=cause,
            replaces_due_at=to_timestamp(replaces_due_at),
            reason="a reason",
        )
        return self.event(at, recorded_at=recorded_at, due_changed=fact)

    def submitted(self, at: datetime, *, recorded_at: datetime | None = None) -> pb.WorkEvent:
        """Handed in for review."""
        return self.event(at, recorded_at=recorded_at, submitted=pb.Submitted())

    def returned(
        self,
        at: datetime,
        *,
        due_at: datetime,
        grounds: Sequence[pb.ReviewGround.ValueType] = (),
        recorded_at: datetime | None = None,
    ) -> pb.WorkEvent:
        """The reviewer returns it; a failed review exactly when there are grounds."""
        fact = pb.Returned(grounds=grounds, due_at=to_timestamp(due_at))
        return self.event(at, recorded_at=recorded_at, returned=fact)

    def completed(self, at: datetime, *, recorded_at: datetime | None = None) -> pb.WorkEvent:
        """Accepted."""
        return self.event(at, recorded_at=recorded_at, completed=pb.Completed())

    def reopened(
        self,
        at: datetime,
        *,
        due_at: datetime,
        grounds: Sequence[pb.ReviewGround.ValueType] = (),
        recorded_at: datetime | None = None,
    ) -> pb.WorkEvent:
        """Accepted work is opened again; a failed review exactly when there are grounds."""
        fact = pb.Reopened(grounds=grounds, due_at=to_timestamp(due_at))
        return self.event(at, recorded_at=recorded_at, reopened=fact)

    def delay_excused(
        self,
        at: datetime,
        *,
        missed_due_at: datetime,
        due_at: datetime | None = None,
        recorded_at: datetime | None = None,
    ) -> pb.WorkEvent:
        """An objective cause takes away the delay; without `due_at` the completion counts as due."""
        fact = pb.DelayExcused(
            missed_due_at=to_timestamp(missed_due_at), due_at=to_timestamp(due_at), reason="a reason"
        )
        return self.event(at, recorded_at=recorded_at, delay_excused=fact)

    def review_excused(
        self, at: datetime, *, review_event_id: str, recorded_at: datetime | None = None
    ) -> pb.WorkEvent:
        """An objective cause takes away the failed review."""
        fact = pb.ReviewExcused(review_event_id=review_event_id, reason="a reason")
        return self.event(at, recorded_at=recorded_at, review_excused=fact)

    def cancelled(self, at: datetime, *, recorded_at: datetime | None = None) -> pb.WorkEvent:
        """No longer wanted."""
        return self.event(at, recorded_at=recorded_at, cancelled=pb.Cancelled(reason="a reason"))

    def product_decided(
        self, at: datetime, *, product_code: str, standard_units: int, recorded_at: datetime | None = None
    ) -> pb.WorkEvent:
        """The product of an item that had none."""
        fact = pb.ProductDecided(product_code=product_code, standard_units=standard_units)
        return self.event(at, recorded_at=recorded_at, product_decided=fact)

    def citizen_rated(self, at: datetime, *, stars: int, recorded_at: datetime | None = None) -> pb.WorkEvent:
        """1 to 5 stars."""
        return self.event(at, recorded_at=recorded_at, citizen_rated=pb.CitizenRated(stars=stars))

    def initiative_recognised(
        self, at: datetime, *, shares: Mapping[str, int] | None = None, recorded_at: datetime | None = None
    ) -> pb.WorkEvent:
        """`shares`: thousandths by officer; all of it to the item's officer when absent."""
        shares = {self.officer_id: 1000} if shares is None else shares
        authors = [
            pb.InitiativeAuthor(officer_id=officer_id, unit_id=self.unit_id, share=share)
            for officer_id, share in shares.items()
        ]
        fact = pb.InitiativeRecognised(authors=authors, title=f"Initiative {self.work_id}")
        return self.event(at, recorded_at=recorded_at, initiative_recognised=fact)

    def event(self, at: datetime, *, recorded_at: datetime | None = None, **fact: Any) -> pb.WorkEvent:
        """The next revision with the one fact that is given by its field's name (none: an event without a fact)."""
        self.revision += 1
        return pb.WorkEvent(
            event_id=f"{self.work_id}#{self.revision}",
            work_id=self.work_id,
            revision=self.revision,
            occurred_at=to_timestamp(at),
            recorded_at=to_timestamp(recorded_at or at),
            actor_id=self.actor_id,
            **fact,
        )


def work_record(event: pb.WorkEvent) -> Record:
    """The event as its owner publishes it."""
    return cloud_event(
        topic=TOPIC,
        event_id=event.event_id,
        type="congvu.work.v1.WorkEvent",
        source="work",
        time=from_timestamp(event.recorded_at),
        subject=event.work_id,
        value=event.SerializeToString(),
    )


def mend_record(mend: pb.Mend) -> Record:
    """The mend as its owner publishes it."""
    return cloud_event(
        topic=TOPIC,
        event_id=mend.mend_id,
        type="congvu.work.v1.Mend",
        source="work",
        time=from_timestamp(mend.recorded_at),
        subject=mend.work_id,
        value=mend.SerializeToString(),
    )
