"""What forms send, what refusals say, and how units are chosen."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from portal.domain.forms import read_moment
from portal.domain.refusals import plain_words
from portal.domain.tree import Tree, Unit, read_label
from runtime.errors import InvalidInput

HUE = ZoneInfo("Asia/Ho_Chi_Minh")


def test_day_and_time_are_those_of_the_city() -> None:
    found = read_moment("2026-11-25T17:00", HUE, "due_at")
    assert found == datetime(2026, 11, 25, 10, tzinfo=UTC)


def test_an_instant_with_its_offset_stays_to_the_microsecond() -> None:
    assert read_moment("2026-11-25T10:00:00.000001+00:00", HUE, "x") == datetime(2026, 11, 25, 10, 0, 0, 1, tzinfo=UTC)


def test_nothing_typed_is_no_due_time() -> None:
    assert read_moment("  ", HUE, "due_at") is None


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01T00:00", "0001-01-01T00:00", "2026-11-25T17:00+99:00"])
def test_what_is_no_time_is_refused_at_its_field(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_moment(text, HUE, "due_at")
    assert refused.value.field == "due_at"


def test_refusals_are_said_in_words_of_people() -> None:
    said = "due_at 2026-11-20T10:00+00:00 has passed: give a later time."
    assert plain_words(said) == "Give a due time later than now."
    assert plain_words("reason is missing.") == "Fill this in."
    assert plain_words("Something quite new.") == "Something quite new."


TREE = Tree(
    {
        "HUE": Unit(unit_id="HUE", name="Thành phố Huế", parent_id=""),
        "SNV": Unit(unit_id="SNV", name="Sở Nội vụ", parent_id="HUE"),
        "SNV-CCVC": Unit(unit_id="SNV-CCVC", name="Phòng (một)", parent_id="SNV"),
    }
)


def test_a_unit_lies_in_itself_and_in_all_above_it() -> None:
    assert list(TREE.above("SNV-CCVC")) == ["SNV-CCVC", "SNV", "HUE"]
    assert TREE.is_in("SNV-CCVC", ["SNV"])
    assert TREE.is_in("SNV", ["SNV"])
    assert not TREE.is_in("SNV", ["SNV-CCVC"])
    assert not TREE.is_in("GONE", ["HUE"])
    assert (TREE.is_city("HUE"), TREE.is_city("SNV"), TREE.is_city("GONE")) == (True, False, False)


def test_a_chosen_label_names_its_unit_and_a_typed_id_names_itself() -> None:
    assert {read_label(label) for label in TREE.labels().values()} == {"HUE", "SNV", "SNV-CCVC"}
    assert read_label(" SNV ") == "SNV"
