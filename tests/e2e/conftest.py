"""One city for all journeys, loaded once; they run in the order of their files."""

from collections.abc import Iterator

import pytest

from testkit.cities import RunningCity, demo_city

FACTS = 150_000


@pytest.fixture(scope="package")
def city() -> Iterator[RunningCity]:
    """The demo city of all journeys."""
    with demo_city(facts=FACTS) as city:
        yield city
