"""On which event logs a test runs: on both, unless it is marked otherwise."""

import pytest

on_kafka_when_long = pytest.mark.parametrize(
    "log_url", ["embedded", pytest.param("kafka", marks=pytest.mark.long)], indirect=True
)
on_own_kafka = pytest.mark.parametrize("log_url", ["own kafka"], indirect=True)
"""A Kafka of the tests' own, whose broker may be killed."""
