"""What evaluators type, and what they are shown of records that could not be applied."""

from zoneinfo import ZoneInfo

import pytest

from congvu.evaluation.v1 import resources_pb2
from congvu.work.v1 import events_pb2
from portal.domain.forms import read_units
from portal.web.languages import Language
from portal.web.pages.evaluation import group_parked, read_event, say_changes, write_event
from portal.web.pages.proposals import DecisionForm, read_product
from runtime.errors import InvalidInput

EVENT = events_pb2.WorkEvent(event_id="e1", work_id="other/1", revision=3, completed=events_pb2.Completed())


def parked(work_id: str, offset: int, *, behind: bool = False) -> resources_pb2.ParkedRecord:
    return resources_pb2.ParkedRecord(work_id=work_id, offset=offset, behind=behind, value=EVENT.SerializeToString())


def test_what_a_record_says_can_be_sent_back_unchanged() -> None:
    assert read_event(write_event(EVENT.SerializeToString())) == EVENT


def test_bytes_that_are_no_event_say_nothing() -> None:
    assert write_event(b"\xff\xfe no protobuf") == ""


def test_a_time_outside_the_years_of_json_is_no_reason_to_fail() -> None:
    event = events_pb2.WorkEvent(event_id="e")
    event.occurred_at.seconds = 10**13
    assert write_event(event.SerializeToString()) == ""


@pytest.mark.parametrize("text", ["", "[]", "{", '{"unknown": 1}', '{"work_id": "other/1"}', "[" * 10_000])
def test_what_is_no_event_is_refused_at_its_field(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_event(text)
    assert refusal.value.field == "event"


def test_records_that_only_wait_stand_behind_the_one_that_stops_their_item() -> None:
    records = [parked("a", 1), parked("b", 2), parked("a", 3, behind=True)]
    grouped = group_parked(records)
    assert [(one.record.offset, [later.offset for later in one.behind]) for one in grouped] == [
        (1, [3]),
        (2, []),
    ]


def test_where_a_revision_is_missing_the_first_that_waits_stands_for_the_item() -> None:
    records = [parked("a", 4, behind=True), parked("a", 7, behind=True)]
    assert [(one.record.offset, [later.offset for later in one.behind]) for one in group_parked(records)] == [(4, [7])]


def test_records_without_an_item_stand_each_for_itself() -> None:
    assert [one.record.offset for one in group_parked([parked("", 1), parked("", 2)])] == [1, 2]


def test_changes_are_told_with_their_sign_in_pieces_or_units() -> None:
    language = Language("en", ZoneInfo("UTC"))
    said = list(say_changes({"due_items": -1, "planned": 1500}, language))
    assert said == ["−1 items due", "+1.5 planned units"]


@pytest.mark.parametrize(("text", "units"), [("1", 1000), ("1,5", 1500), ("0.125", 125), (" 12,05 ", 12_050)])
def test_units_are_typed_with_a_comma_or_a_point(text: str, units: int) -> None:
    assert read_units(text, "units") == units


@pytest.mark.parametrize("text", ["", "x", "-1", "1,2345", "1,2,3", "1e3", "9999999", "²"])
def test_what_is_no_number_of_units_is_refused_at_its_field(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_units(text, "units")
    assert refusal.value.field == "units"


def test_a_product_is_in_force_from_the_day_it_is_decided() -> None:
    form = DecisionForm(action="accept", code=" CV-77 ", name="Trực", group="2", units="0,5", hours="16", leading=True)
    product = read_product(form, "2026-11-22")
    assert (product.product_code, product.standard_units, product.valid_from) == ("CV-77", 500, "2026-11-22")
    assert product.leading
    assert not product.recurring
