"""The log as the oracle reads it: repeats, mends, gaps, last states."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from congvu.evaluation.findings.v1 import events_pb2 as findings_pb2
from congvu.organization.v1 import events_pb2 as organization_pb2
from congvu.organization.v1 import resources_pb2 as resources_pb2
from congvu.work.v1 import events_pb2 as work_pb2
from oracle import facts as f
from oracle.decode import MEND, decode_findings, decode_organization, decode_work

NOON = datetime(2026, 3, 10, 5, tzinfo=UTC)
WORK_ID = "task/1"


@dataclass(frozen=True)
class Record:
    offset: int
    value: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    key: str | None = WORK_ID
    partition: int = 0


def stamp(moment: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(moment)
    return made


def event(revision: int, *, event_id: str = "", stars: int = 5) -> work_pb2.WorkEvent:
    return work_pb2.WorkEvent(
        event_id=event_id or f"e{revision}",
        work_id=WORK_ID,
        revision=revision,
        occurred_at=stamp(NOON),
        recorded_at=stamp(NOON + timedelta(microseconds=1)),
        citizen_rated=work_pb2.CitizenRated(stars=stars),
    )


def record(offset: int, revision: int, *, event_id: str = "", stars: int = 5) -> Record:
    return Record(offset, event(revision, event_id=event_id, stars=stars).SerializeToString())


def mend(offset: int, message: work_pb2.Mend) -> Record:
    return Record(offset, message.SerializeToString(), {"ce_type": MEND})


def revisions(*records: Record) -> list[int]:
    return [fact.revision for fact in decode_work(records)]


def test_a_repeat_is_read_once() -> None:
    assert revisions(record(0, 1), record(1, 1), record(2, 2), record(3, 3, event_id="e2")) == [1, 2]


def test_what_follows_a_gap_waits_until_the_revision_comes_or_is_declared_missing() -> None:
    assert revisions(record(0, 1), record(1, 3)) == [1]
    assert revisions(record(0, 1), record(1, 3), record(2, 2)) == [1, 2, 3]
    declared = work_pb2.Mend(work_id=WORK_ID, revision_missing=work_pb2.RevisionMissing(revision=2))
    assert revisions(record(0, 1), record(1, 3), mend(2, declared)) == [1, 3]


def test_an_unreadable_record_holds_back_its_item_until_it_is_dropped_or_replaced() -> None:
    log = [record(0, 1), Record(1, b"\xff\xff"), record(2, 3), Record(3, event(1).SerializeToString(), key="task/2")]
    dropped = mend(4, work_pb2.Mend(work_id=WORK_ID, dropped=work_pb2.Dropped(offset=1)))
    other = work_pb2.Replacement(offset=1, event=event(2, stars=1))
    replaced = mend(4, work_pb2.Mend(work_id=WORK_ID, replacement=other))
    assert revisions(*log) == [1, 1]
    assert revisions(*log, dropped) == [1, 3, 1]
    assert revisions(*log, replaced) == [1, 2, 3, 1]
    assert decode_work([*log, replaced])[1].fact == f.CitizenRated(stars=1)


def test_an_event_without_a_known_fact_is_unreadable() -> None:
    bare = work_pb2.WorkEvent(event_id="e1", work_id=WORK_ID, revision=1)
    assert revisions(Record(0, bare.SerializeToString()), record(1, 2)) == []


def test_a_fact_comes_out_as_it_went_in() -> None:
    message = event(1)
    message.assigned.CopyFrom(
        work_pb2.Assigned(
            officer_id="A",
            unit_id="X",
            kind=work_pb2.WORK_KIND_INCOMING_DOCUMENT,
            product_code="P",
            standard_units=1500,
            due_at=stamp(NOON),
            basis=work_pb2.BASIS_TAKEN_OVER,
        )
    )
    (fact,) = decode_work([Record(0, message.SerializeToString())])
    assert fact.recorded_at - fact.occurred_at == timedelta(microseconds=1)
    assert fact.fact == f.Assigned(
        officer_id="A",
        unit_id="X",
        kind="incoming_document",
        product_code="P",
        standard_units=1500,
        due_at=NOON,
        basis="taken_over",
    )


def test_grounds_and_causes_have_their_short_names() -> None:
    returned, changed = event(1), event(2)
    returned.returned.CopyFrom(work_pb2.Returned(grounds=[work_pb2.REVIEW_GROUND_SECOND_SUPPLEMENT]))
    changed.due_changed.CopyFrom(work_pb2.DueChanged(cause=work_pb2.DUE_CHANGE_CAUSE_OUTAGE))
    first, second = decode_work([Record(0, returned.SerializeToString()), Record(1, changed.SerializeToString())])
    assert first.fact == f.Returned(due_at=None, grounds=("second_supplement",))
    assert second.fact == f.DueChanged(due_at=None, cause="outage")


def test_the_last_state_of_an_officer_counts() -> None:
    def told(revision: int, unit_id: str) -> bytes:
        post = resources_pb2.Post(
            post_id="p", unit_id=unit_id, role=resources_pb2.POST_ROLE_HEAD, valid_from="2026-01-01"
        )
        officer = resources_pb2.Officer(officer_id="A", posts=[post])
        changed = organization_pb2.OfficerChanged(officer=officer)
        return organization_pb2.OrganizationEvent(
            subject_id="A", revision=revision, officer_changed=changed
        ).SerializeToString()

    log = [Record(0, told(1, "X")), Record(1, told(3, "Z")), Record(2, told(2, "Y"))]
    (officer,) = decode_organization(log).officers
    assert officer.posts == (f.Post(post_id="p", unit_id="Z", role="head", valid_from=date(2026, 1, 1)),)


def test_a_finding_is_read_once() -> None:
    scored = findings_pb2.FindingEvent(
        event_id="g1",
        subject_id="A",
        revision=1,
        occurred_at=stamp(NOON),
        period="2026-03",
        general_criteria_scored=findings_pb2.GeneralCriteriaScored(points=25_000, confirmed=True),
    ).SerializeToString()
    (finding,) = decode_findings([Record(0, scored), Record(1, scored)])
    assert finding.fact == f.GeneralCriteriaScored(points=25_000, confirmed=True)
