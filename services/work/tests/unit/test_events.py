"""Facts to and from the contract: nothing is lost on the way, whatever the fact."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from congvu.work.v1 import events_pb2 as pb
from runtime.errors import InvalidInput
from work.domain import facts
from work.domain.facts import Fact, NumberedEvent
from work.events.reading import decode_event, read_event
from work.events.writing import fact_record, keep_event, write_event

from .facts import assigned, at, event

instants = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
texts = st.text(st.characters(codec="utf-8"), max_size=20)
authors = st.builds(facts.Author, officer_id=texts, unit_id=texts, share=st.integers(-5, 2000))
VALUES: Mapping[object, st.SearchStrategy[Any]] = {
    str: texts,
    int: st.integers(-5, 10**9),
    datetime | None: st.none() | instants,
    facts.WorkKind: st.sampled_from(facts.WorkKind),
    facts.Basis: st.sampled_from(facts.Basis),
    facts.DueChangeCause: st.sampled_from(facts.DueChangeCause),
    tuple[facts.ReviewGround, ...]: st.lists(st.sampled_from(facts.ReviewGround)).map(tuple),
    tuple[facts.Author, ...]: st.lists(authors).map(tuple),
}


def any_of(kind: type[Any]) -> st.SearchStrategy[Fact]:
    return st.builds(kind, **{field.name: VALUES[field.type] for field in fields(kind)})


@given(st.one_of([any_of(kind) for kind in facts.Fact.__args__]))
def test_every_fact_survives_the_contract(fact: Fact) -> None:
    numbered = event(fact, "2026-03-02T08:00", 3)
    decoded = decode_event(keep_event(numbered).value)
    assert decoded == numbered


def test_every_fact_of_the_contract_has_its_kind() -> None:
    names = [field.name for field in pb.WorkEvent.DESCRIPTOR.oneofs_by_name["fact"].fields]
    kinds = [kind.__name__ for kind in facts.Fact.__args__]
    assert ["".join(part.title() for part in name.split("_")) for name in names] == kinds


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (facts.WorkKind, pb.WorkKind),
        (facts.Basis, pb.Basis),
        (facts.DueChangeCause, pb.DueChangeCause),
        (facts.ReviewGround, pb.ReviewGround),
    ],
)
def test_the_numbers_of_the_enumerations_are_the_contracts(ours: Any, theirs: Any) -> None:
    prefix = theirs.Name(0).removesuffix("UNSPECIFIED")
    assert {member.name: member.value for member in ours} == {
        name.removeprefix(prefix): number for name, number in theirs.items()
    }


def numbered() -> NumberedEvent:
    return event(assigned(), "2026-03-02T08:00", 7)


def test_the_fingerprint_leaves_out_revision_and_recording() -> None:
    again = numbered()._replace(revision=9, recorded_at=at("2026-03-09"))
    other = numbered()._replace(actor_id="cuc")
    prints = [keep_event(each).event.fingerprint for each in (numbered(), again, other)]
    assert prints[0] == prints[1] != prints[2]
    assert read_event(write_event(numbered())).fingerprint == prints[0]


def test_the_record_names_what_it_carries() -> None:
    record = fact_record(keep_event(numbered()))
    assert (record.topic, record.key) == ("congvu.work.v1", "task/1")
    assert record.headers["ce_type"] == "congvu.work.v1.WorkEvent"
    assert record.headers["ce_id"] == "e7"


def test_an_event_without_a_fact_or_an_instant_is_no_event() -> None:
    with pytest.raises(InvalidInput) as raised:
        read_event(pb.WorkEvent(event_id="e"))
    assert raised.value.field == "occurred_at"
    message = write_event(numbered())
    message.ClearField("assigned")
    with pytest.raises(InvalidInput) as raised:
        read_event(message)
    assert raised.value.field == "fact"
    message = write_event(numbered())
    message.assigned.due_at.seconds = 10**12
    with pytest.raises(InvalidInput) as raised:
        read_event(message)
    assert raised.value.field == "assigned.due_at"
