"""Missing parts are skipped with a reason, and fail where they are required."""

import pytest

from testkit import requires
from testkit.parts import PARTS


@pytest.fixture
def _without_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP", raising=False)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("REQUIRE", raising=False)


@pytest.mark.usefixtures("_without_kafka")
def test_a_missing_part_is_skipped_with_its_reason() -> None:
    with pytest.raises(pytest.skip.Exception, match="no Java 17"):
        requires("kafka")


@pytest.mark.usefixtures("_without_kafka")
def test_a_missing_part_fails_where_it_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUIRE", "postgres,kafka")
    with pytest.raises(pytest.fail.Exception, match="kafka is required"):
        requires("kafka")


@pytest.mark.usefixtures("_without_kafka")
def test_a_kafka_that_is_named_needs_no_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "127.0.0.1:9092")
    requires("kafka")
    with pytest.raises(pytest.skip.Exception, match="kafka-server"):
        requires("kafka-server")


def test_a_part_that_is_there_passes() -> None:
    requires("postgres")


@pytest.mark.parametrize("name", PARTS)
def test_every_part_can_tell_whether_it_is_there(name: str) -> None:
    assert PARTS[name][0]() in (True, False)
