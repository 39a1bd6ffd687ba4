"""Times as other systems write them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded.importer.report import Reason
from embedded.importer.times import TimeReader, from_micros, to_micros

AMSTERDAM = TimeReader(zone="Europe/Amsterdam", formats=("iso", "%d/%m/%Y %H:%M"))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2011-10-11 13:42:22.688000+02:00", datetime(2011, 10, 11, 11, 42, 22, 688000, tzinfo=UTC)),
        ("2011-12-06 13:41:31+01:00", datetime(2011, 12, 6, 12, 41, 31, tzinfo=UTC)),
        ("2011-10-11T13:42:22Z", datetime(2011, 10, 11, 13, 42, 22, tzinfo=UTC)),
        ("2011-07-01 12:00:00", datetime(2011, 7, 1, 10, tzinfo=UTC)),
        ("2011-12-01 12:00:00", datetime(2011, 12, 1, 11, tzinfo=UTC)),
        ("31/12/2011 12:30", datetime(2011, 12, 31, 11, 30, tzinfo=UTC)),
    ],
)
def test_times_with_and_without_an_offset(text: str, moment: datetime) -> None:
    read = AMSTERDAM.read(text)
    assert read is not None
    assert (read.moment, read.oddity) == (moment, None)


def test_a_local_time_that_came_twice_is_the_first_and_noted() -> None:
    read = AMSTERDAM.read("2011-10-30 02:30:00")
    assert read is not None
    assert (read.moment, read.oddity) == (datetime(2011, 10, 30, 0, 30, tzinfo=UTC), Reason.AMBIGUOUS_TIME)


def test_a_local_time_that_never_was_is_an_hour_later_and_noted() -> None:
    read = AMSTERDAM.read("2011-03-27 02:30:00")
    assert read is not None
    assert (read.moment, read.oddity) == (datetime(2011, 3, 27, 1, 30, tzinfo=UTC), Reason.SKIPPED_TIME)


def test_without_a_zone_a_time_without_an_offset_cannot_be_read() -> None:
    reader = TimeReader(zone="", formats=("iso",))
    assert reader.read("2011-07-01 12:00:00") is None
    assert reader.read("2011-07-01 12:00:00+02:00") is not None


@pytest.mark.parametrize("text", ["yesterday", "2011-13-01", "0001-01-01 00:00:00", "9999-12-31T23:59:59-10:00", ""])
def test_what_is_no_time_is_none(text: str) -> None:
    assert AMSTERDAM.read(text) is None


@pytest.mark.parametrize("text", ["2011-10-30", "2011-10-30 12:00:00", "2011-10-29T22:30:00Z"])
def test_a_day_ends_with_its_last_microsecond_in_the_zone(text: str) -> None:
    read = AMSTERDAM.read_day_end(text)
    assert read is not None
    assert read.moment == datetime(2011, 10, 30, 22, 59, 59, 999999, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(UTC)))
def test_microseconds_keep_the_instant(moment: datetime) -> None:
    assert from_micros(to_micros(moment)) == moment
