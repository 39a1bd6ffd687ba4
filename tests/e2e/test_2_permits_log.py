"""A municipality's real log comes in from a file, and its people appear as any other unit."""

import os
from pathlib import Path

import pytest

from e2e.judge import judge, read_cards, timeless
from testkit.cities import RunningCity

MAPPING = Path(__file__).parents[2] / "libs/embedded/src/embedded/importer/mappings/municipal-permits.yaml"
MONTHS = [f"{year}-{month:02d}" for year in (2010, 2011, 2012) for month in range(1, 13)]


@pytest.fixture(scope="module")
def permits() -> Path:
    """The log, which is not part of the project."""
    beside = Path(__file__).parents[3] / "shared/data/municipal-permits/receipt.csv"
    path = Path(os.environ.get("CONGVU_PERMITS_LOG", beside))
    if not path.exists():
        pytest.skip("the municipal permits log is not here; name it in CONGVU_PERMITS_LOG")
    return path


def test_the_log_is_imported_and_a_second_import_changes_nothing(city: RunningCity, permits: Path) -> None:
    first = city.tell("import", str(permits), "--mapping", str(MAPPING))
    city.wait_until_counted()
    assert "1,434" in first
    before = timeless(read_cards(city.home, ["2011-03"]))
    city.tell("import", str(permits), "--mapping", str(MAPPING))
    city.wait_until_counted()
    assert timeless(read_cards(city.home, ["2011-03"])) == before


def test_the_independent_scorer_agrees_with_every_score_of_it(city: RunningCity, permits: Path) -> None:
    months = [month for month in MONTHS if "2010-10" <= month <= "2012-01"]
    assert judge(city.home, read_cards(city.home, months), months)[:10] == []


def test_live_is_still_what_the_log_says(city: RunningCity, permits: Path) -> None:
    assert "differences=0" in city.tell("recompute", "--check")
