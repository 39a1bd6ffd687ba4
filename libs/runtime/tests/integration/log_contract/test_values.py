"""What is written comes back as it was: values, headers, keys, times."""

from datetime import UTC, datetime, timedelta

import pytest

from runtime.errors import InvalidInput
from runtime.events import LARGEST_VALUE, EventLog

from ..logs import ONE, read_all, record


@pytest.mark.parametrize("size", [0, 1, LARGEST_VALUE])
def test_a_value_of_any_size_comes_back_as_it_was(log: EventLog, size: int) -> None:
    value = (bytes(range(256)) * 4096)[:size]
    log.append([record("a", value, ONE)])
    assert read_all(log, ONE, 0)[0].value == value


def test_a_value_that_is_too_large_is_refused_and_nothing_of_the_batch_is_kept(log: EventLog) -> None:
    with pytest.raises(InvalidInput, match="1048577 bytes"):
        log.append([record("a", topic=ONE), record("a", b"x" * (LARGEST_VALUE + 1), ONE)])
    assert list(log.ends(ONE)) == [0]


def test_a_batch_of_large_records_comes_in_parts_but_whole(log: EventLog) -> None:
    log.append([record("a", bytes([number]) * 1_000_000, ONE) for number in range(40)])
    first = log.read(ONE, 0, 0, max_records=500, wait_seconds=0)
    assert 1 <= len(first) < 40
    assert [each.value[0] for each in read_all(log, ONE, 0, step=500)] == list(range(40))


def test_headers_come_back_as_they_were(log: EventLog) -> None:
    headers = {"ce_id": "1", "empty": "", "tên": 'Công vụ "quoted" \\ \n'}
    log.append([record("a", topic=ONE, headers=headers), record("a", topic=ONE)])
    assert [dict(each.headers) for each in read_all(log, ONE, 0)] == [headers, {}]


def test_a_key_may_be_any_text(log: EventLog) -> None:
    keys = ["", "tài liệu/1", "a" * 1000, "x\ty"]
    log.append([record(key, topic=ONE) for key in keys])
    assert [each.key for each in read_all(log, ONE, 0)] == keys


def test_the_log_tells_when_it_took_a_record(log: EventLog) -> None:
    log.append([record("a", topic=ONE)])
    stored = read_all(log, ONE, 0)[0]
    assert abs(datetime.now(UTC) - stored.appended_at) < timedelta(minutes=1)
