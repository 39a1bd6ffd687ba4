"""Instants keep their microseconds on the way through protobuf."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import InvalidInput
from runtime.timestamps import from_timestamp, to_timestamp


@given(st.datetimes(timezones=st.just(UTC)))
def test_there_and_back_is_the_same_instant(moment: datetime) -> None:
    stamp = to_timestamp(moment)
    assert stamp is not None
    assert from_timestamp(stamp) == moment


def test_local_time_becomes_utc() -> None:
    local = datetime(2026, 3, 1, 7, tzinfo=timezone(timedelta(hours=7)))
    stamp = to_timestamp(local)
    assert stamp is not None
    assert from_timestamp(stamp) == datetime(2026, 3, 1, tzinfo=UTC)


def test_absent_stays_absent() -> None:
    assert to_timestamp(None) is None


@pytest.mark.parametrize("seconds", [-(2**62), 2**62, 253_402_300_800])
def test_an_instant_outside_the_calendar_is_invalid_input(seconds: int) -> None:
    with pytest.raises(InvalidInput):
        from_timestamp(Timestamp(seconds=seconds))
