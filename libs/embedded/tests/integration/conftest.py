"""The cities of these tests run on the embedded log, unless a test says otherwise."""

import os

import pytest


@pytest.fixture(autouse=True)
def nothing_said_of_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    """KAFKA_BOOTSTRAP of whoever runs the tests names a Kafka for the tests, not for these cities."""
    for name in list(os.environ):
        if name.startswith("KAFKA_"):
            monkeypatch.delenv(name)
