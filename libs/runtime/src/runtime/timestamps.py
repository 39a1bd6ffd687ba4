"""Instants between protobuf and Python."""

from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from runtime.errors import InvalidInput

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_timestamp(moment: datetime | None) -> Timestamp | None:
    """An aware instant as protobuf; None stays None, so that an optional field stays absent."""
    if moment is None:
        return None
    passed = moment - _EPOCH
    return Timestamp(seconds=passed.days * 86_400 + passed.seconds, nanos=passed.microseconds * 1_000)


def from_timestamp(ts: Timestamp) -> datetime:
    """An instant in UTC to the microsecond. Raises InvalidInput outside the years 1 to 9999."""
    try:
        return _EPOCH + timedelta(seconds=ts.seconds, microseconds=ts.nanos // 1_000)
    except OverflowError:
        raise InvalidInput("A time lies outside the years 1 to 9999; send a calendar instant.") from None
