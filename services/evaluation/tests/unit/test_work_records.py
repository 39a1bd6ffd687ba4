"""The event door of work: every message to its fact, and every kind of bad input told by its field."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from congvu.work.v1 import events_pb2 as pb
from evaluation.consumer.work_records import read_work_record
from evaluation.domain import facts as f
from evaluation.domain.ledger import DeclareMissing, Drop, Mending, Received, Replace
from evaluation.domain.periods import to_instant
from evaluation.events.work import CLOCK_TOLERANCE
from runtime.events import StoredRecord
from testkit.facts import WorkEvents

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)
DUE = NOON + timedelta(days=5)
MEND = {"ce_type": "congvu.work.v1.Mend"}


def stored(value: bytes, *, key: str | None = "task/1", headers: dict[str, str] | None = None) -> StoredRecord:
    """A record as the log gives it, taken at noon."""
    return StoredRecord(
        topic="congvu.work.v1",
        partition=3,
        offset=7,
        key=key,
        value=value,
        headers=headers or {},
        appended_at=NOON,
    )


def read(event: pb.WorkEvent, *, key: str | None = "task/1") -> Received:
    _, received = read_work_record(stored(event.SerializeToString(), key=key))
    assert isinstance(received, Received)
    return received


def fact_of(event: pb.WorkEvent) -> f.Fact:
    received = read(event)
    assert received.fact is not None, received.reason
    return received.fact


def stamp(moment: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(moment)
    return timestamp


BODIES: dict[str, tuple[Callable[[WorkEvents], pb.WorkEvent], f.Body]] = {
    "Assigned": (
        lambda item: item.assigned(NOON, due_at=DUE, title="A title"),
        f.Assigned("A", "U", False, "P01", 1000, to_instant(DUE), True, False, "A title"),
    ),
    "Reassigned": (
        lambda item: item.reassigned(NOON, officer_id="B", unit_id="V", due_at=DUE),
        f.Reassigned("B", "V", to_instant(DUE)),
    ),
    "Reassigned without a due time": (
        lambda item: item.reassigned(NOON, officer_id="", unit_id="V"),
        f.Reassigned("", "V", None),
    ),
    "HandedBack": (lambda item: item.handed_back(NOON), f.HandedBack()),
    "DueChanged by the assigner": (lambda item: item.due_changed(NOON, due_at=DUE), f.DueChanged(to_instant(DUE))),
    "DueChanged by an outage": (
        lambda item: item.due_changed(NOON, due_at=DUE, cause=pb.DUE_CHANGE_CAUSE_OUTAGE, replaces_due_at=NOON),
        f.Redated(to_instant(NOON), to_instant(DUE), excuse=False),
    ),
    "Submitted": (lambda item: item.submitted(NOON), f.Submitted()),
    "Returned": (
        lambda item: item.returned(NOON, due_at=DUE, grounds=[pb.REVIEW_GROUND_LAW]),
        f.Returned(True, to_instant(DUE)),
    ),
    "Completed": (lambda item: item.completed(NOON), f.Completed()),
    "Reopened": (lambda item: item.reopened(NOON, due_at=DUE), f.Returned(False, to_instant(DUE))),
    "DelayExcused": (
        lambda item: item.delay_excused(NOON, missed_due_at=NOON, due_at=DUE),
        f.Redated(to_instant(NOON), to_instant(DUE), excuse=True),
    ),
    "DelayExcused to the completion": (
        lambda item: item.delay_excused(NOON, missed_due_at=NOON),
        f.Redated(to_instant(NOON), None, excuse=True),
    ),
    "ReviewExcused": (lambda item: item.review_excused(NOON, review_event_id="r"), f.ReviewExcused("r")),
    "Cancelled": (lambda item: item.cancelled(NOON), f.Cancelled()),
    "ProductDecided": (
        lambda item: item.product_decided(NOON, product_code="P", standard_units=5),
        f.ProductDecided("P", 5),
    ),
    "CitizenRated": (lambda item: item.citizen_rated(NOON, stars=5), f.CitizenRated(5)),
    "InitiativeRecognised": (
        lambda item: item.initiative_recognised(NOON, shares={"A": 400, "B": 600}),
        f.InitiativeRecognised((f.Author("A", "U", 400), f.Author("B", "U", 600)), "Initiative task/1"),
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_message_becomes_its_fact(name: str) -> None:
    tell, body = BODIES[name]
    event = tell(WorkEvents(officer_id="A", unit_id="U"))
    fact = fact_of(event)
    assert fact.body == body
    assert (fact.revision, fact.event_id, fact.occurred_at) == (1, "task/1#1", to_instant(NOON))


def test_every_fact_of_the_contract_is_read() -> None:
    told = {tell(WorkEvents()).WhichOneof("fact") for tell, _ in BODIES.values()}
    assert told == {field.name for field in pb.WorkEvent.DESCRIPTOR.oneofs_by_name["fact"].fields}


def test_a_fact_is_never_known_before_it_occurred() -> None:
    event = WorkEvents().submitted(NOON, recorded_at=NOON - timedelta(days=1))
    assert fact_of(event).recorded_at == to_instant(NOON)


def changed(change: Callable[[pb.WorkEvent], Any]) -> pb.WorkEvent:
    event = WorkEvents(officer_id="A", unit_id="U").assigned(NOON, due_at=DUE)
    change(event)
    return event


def far(seconds: int) -> Timestamp:
    return Timestamp(seconds=seconds)


BAD: dict[str, tuple[pb.WorkEvent, str]] = {
    "no fact": (changed(lambda e: e.ClearField("assigned")), "no fact that this version knows"),
    "no event_id": (changed(lambda e: e.ClearField("event_id")), "event_id is empty"),
    "no revision": (changed(lambda e: e.ClearField("revision")), "revision is not 1 or more"),
    "negative revision": (changed(lambda e: setattr(e, "revision", -4)), "revision is not 1 or more"),
    "no occurred_at": (changed(lambda e: e.ClearField("occurred_at")), "occurred_at is missing"),
    "no recorded_at": (changed(lambda e: e.ClearField("recorded_at")), "recorded_at is missing"),
    "recorded in the future": (
        changed(lambda e: e.recorded_at.CopyFrom(stamp(NOON + timedelta(days=1)))),
        "recorded_at lies in the future",
    ),
    "beyond all calendars": (
        changed(lambda e: e.assigned.due_at.CopyFrom(far(2**62))),
        "assigned.due_at lies outside the years",
    ),
    "before all calendars": (
        changed(lambda e: e.occurred_at.CopyFrom(far(-(2**62)))),
        "occurred_at lies outside the years",
    ),
    "no unit": (changed(lambda e: e.assigned.ClearField("unit_id")), "assigned.unit_id is empty"),
    "no due time": (changed(lambda e: e.assigned.ClearField("due_at")), "assigned.due_at is missing"),
    "due before assigned": (
        changed(lambda e: e.assigned.due_at.CopyFrom(stamp(NOON - timedelta(microseconds=1)))),
        "due before it was assigned; correct assigned.due_at",
    ),
    "negative units": (
        changed(lambda e: setattr(e.assigned, "standard_units", -1)),
        "assigned.standard_units are negative",
    ),
    "units beyond measure": (
        changed(lambda e: setattr(e.assigned, "standard_units", 2**62)),
        "assigned.standard_units are more than a million",
    ),
    "a zero byte": (changed(lambda e: setattr(e.assigned, "title", "a\0b")), "assigned.title has a zero byte"),
    "no unit to reassign to": (
        changed(lambda e: e.reassigned.SetInParent()),
        "reassigned.unit_id is empty",
    ),
    "a change without a due time": (
        changed(lambda e: e.due_changed.SetInParent()),
        "due_changed.due_at is missing",
    ),
    "an outage that names no due time": (
        WorkEvents().due_changed(NOON, due_at=DUE, cause=pb.DUE_CHANGE_CAUSE_OUTAGE),
        "due_changed.replaces_due_at is missing",
    ),
    "a return without a due time": (changed(lambda e: e.returned.SetInParent()), "returned.due_at is missing"),
    "a reopening without a due time": (changed(lambda e: e.reopened.SetInParent()), "reopened.due_at is missing"),
    "an excuse of nothing": (
        changed(lambda e: e.delay_excused.SetInParent()),
        "delay_excused.missed_due_at is missing",
    ),
    "an excused review without a name": (
        changed(lambda e: e.review_excused.SetInParent()),
        "review_excused.review_event_id is empty",
    ),
    "a decision without a product": (
        changed(lambda e: e.product_decided.SetInParent()),
        "product_decided.product_code is empty",
    ),
    "a decision of negative units": (
        WorkEvents().product_decided(NOON, product_code="P", standard_units=-5),
        "product_decided.standard_units are negative",
    ),
    "six stars": (WorkEvents().citizen_rated(NOON, stars=6), "citizen_rated.stars are not 1 to 5"),
    "no stars": (WorkEvents().citizen_rated(NOON, stars=0), "citizen_rated.stars are not 1 to 5"),
    "shares of less than all": (
        WorkEvents().initiative_recognised(NOON, shares={"A": 500, "B": 499}),
        "initiative_recognised.authors do not add up to 1000",
    ),
    "a negative share": (
        WorkEvents().initiative_recognised(NOON, shares={"A": 1500, "B": -500}),
        "one lacks officer, unit or share",
    ),
    "no authors": (WorkEvents().initiative_recognised(NOON, shares={}), "do not add up to 1000"),
    "another item's event": (
        changed(lambda e: setattr(e, "work_id", "task/2")),
        'Its work_id is "task/2" and the record has the key "task/1"',
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_by_its_field_and_waits_with_its_item(name: str) -> None:
    event, told = BAD[name]
    work_id, received = read_work_record(stored(event.SerializeToString()))
    assert isinstance(received, Received)
    assert (work_id, received.fact, received.behind, received.offset) == ("task/1", None, False, 7)
    assert told in received.reason
    assert received.reason.endswith(".")


def test_of_bad_input_event_and_revision_are_known_where_they_can_be_read() -> None:
    received = read(BAD["no due time"][0])
    assert (received.event_id, received.revision) == ("task/1#1", 1)


@pytest.mark.parametrize(("ahead", "is_taken"), [(CLOCK_TOLERANCE, True), (CLOCK_TOLERANCE + 1, False)])
def test_an_event_may_lie_five_minutes_ahead_of_the_log(ahead: int, is_taken: bool) -> None:
    received = read(WorkEvents().submitted(NOON + timedelta(microseconds=ahead)))
    assert (received.fact is not None) == is_taken
    assert is_taken or "occurred_at lies in the future of the log" in received.reason


LAST = datetime(2099, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize(("due", "is_taken"), [(LAST, True), (LAST + timedelta(microseconds=1), False)])
def test_a_due_time_may_lie_ahead_as_far_as_calendars_reach(due: datetime, is_taken: bool) -> None:
    received = read(WorkEvents().assigned(NOON, due_at=due))
    assert (received.fact is not None) == is_taken
    assert is_taken or "assigned.due_at lies outside the years 2001 to 2099" in received.reason


def test_what_is_no_protobuf_is_told() -> None:
    work_id, received = read_work_record(stored(b"\xff\xff"))
    assert isinstance(received, Received)
    assert (work_id, received.fact, received.revision) == ("task/1", None, 0)
    assert received.reason == "It is no WorkEvent in protobuf; drop or replace it."
    assert received.value == b"\xff\xff"


def test_a_record_without_a_key_belongs_to_no_item() -> None:
    work_id, received = read_work_record(stored(WorkEvents().submitted(NOON).SerializeToString(), key=None))
    assert isinstance(received, Received)
    assert (work_id, received.fact) == ("partition/3", None)
    assert 'Its work_id is "task/1" and the record has no key' in received.reason


def mended(mend: pb.Mend, *, key: str = "task/1") -> Mending:
    work_id, mending = read_work_record(stored(mend.SerializeToString(), key=key, headers=MEND))
    assert work_id == key
    assert not isinstance(mending, Received)
    return mending


def test_mends_are_read() -> None:
    event = WorkEvents().submitted(NOON)
    replacement = pb.Replacement(offset=4, event=event)
    assert mended(pb.Mend(work_id="task/1", replacement=replacement)) == Replace(offset=4, fact=fact_of(event))
    assert mended(pb.Mend(work_id="task/1", dropped=pb.Dropped(offset=4))) == Drop(offset=4)
    missing = pb.RevisionMissing(revision=2)
    assert mended(pb.Mend(work_id="task/1", revision_missing=missing)) == DeclareMissing(revision=2)


def test_a_mend_that_cannot_be_read_mends_nothing() -> None:
    nothing = DeclareMissing(revision=0)
    other = pb.Replacement(offset=4, event=WorkEvents("task/2").submitted(NOON))
    assert mended(pb.Mend(work_id="task/1")) == nothing
    assert mended(pb.Mend(work_id="task/1", replacement=other)) == nothing
    assert mended(pb.Mend(work_id="task/1", replacement=pb.Replacement(offset=4))) == nothing
    assert mended(pb.Mend(work_id="task/2", dropped=pb.Dropped(offset=4))) == nothing
    assert read_work_record(stored(b"\xff", headers=MEND)) == ("task/1", nothing)


@given(value=st.binary(max_size=80), is_mend=st.booleans())
def test_no_bytes_stop_the_reading(value: bytes, is_mend: bool) -> None:
    work_id, record = read_work_record(stored(value, headers=MEND if is_mend else {}))
    assert work_id == "task/1"
    assert not isinstance(record, Received) or record.fact is not None or record.reason
