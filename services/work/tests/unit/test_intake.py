"""The rules of the intake that need no database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from work.domain.catalogue import Catalogue
from work.domain.facts import Basis, CitizenRated, Completed, Event, Fact, Returned, WorkKind
from work.domain.intake import FaultError, Surroundings, check_envelope, take_in
from work.domain.items import Item

from .facts import CALENDAR, assigned, at, open_item

NOW = at("2026-03-31T09:00")
CITY = Surroundings(calendar=CALENDAR, officers={"an"}, units={"SNV-CCVC"}, catalogue=Catalogue([]), heads={})


def sent(fact: Fact, when: str = "2026-03-02T08:00") -> Event:
    return Event(event_id="e", work_id="document/1", occurred_at=at(when), actor_id="an", fact=fact)


def fault(event: Event, item: Item | None = None) -> str:
    with pytest.raises(FaultError) as raised:
        take_in(event, item or Item(work_id=event.work_id), CITY)
    return raised.value.field


def test_a_complete_event_is_taken_as_it_is() -> None:
    fact = assigned()
    assert take_in(sent(fact), Item(work_id="document/1"), CITY) == fact


def test_five_minutes_of_clock_skew_are_allowed() -> None:
    event = sent(Completed())
    check_envelope(event._replace(occurred_at=NOW + timedelta(minutes=5)), NOW)
    with pytest.raises(FaultError, match="future"):
        check_envelope(event._replace(occurred_at=NOW + timedelta(minutes=5, microseconds=1)), NOW)


def test_l19_units_without_a_product_are_refused() -> None:
    assert fault(sent(replace(assigned(), product_code=""))) == "assigned.standard_units"
    undecided = replace(assigned(), product_code="", standard_units=0)
    assert take_in(sent(undecided), Item(work_id="document/1"), CITY) == undecided


def test_l5_a_missing_due_time_needs_a_product_of_the_catalogue() -> None:
    assert fault(sent(assigned(None))) == "assigned.due_at"


def test_an_unknown_product_needs_its_units() -> None:
    assert fault(sent(replace(assigned(), standard_units=0))) == "assigned.product_code"


def test_l7_the_default_due_time_of_a_return_is_filled_in() -> None:
    taken = take_in(sent(Returned(), "2026-03-19T10:00"), open_item("2026-03-12"), CITY)
    assert taken == Returned(due_at=at("2026-03-23"))


def test_only_ratings_come_from_outside_for_items_of_this_service() -> None:
    ours = open_item()._replace(ours=True)
    assert take_in(sent(CitizenRated(stars=5)), ours, CITY) == CitizenRated(stars=5)
    assert fault(sent(Completed()), ours) == "work_id"


def test_l6_dossiers_are_never_extra() -> None:
    extra = replace(assigned(kind=WorkKind.DOSSIER), basis=Basis.EXTRA, basis_reason="flood")
    assert fault(sent(extra)) == "assigned.basis"
