"""A mapping is checked before anything is read; errors name file, line and key."""

from pathlib import Path
from typing import Any

import pytest

from embedded.importer.mapping_file import find_mapping, load_mapping
from runtime.errors import InvalidInput

GOOD = """\
source: small
columns:
  item: case
  unit: {columns: [group, department]}
  product: {value: permit}
  due: deadline
  step: activity
  step_at: time
facts:
  assigned: {at: start}
  completed: {at: end}
  undecided: keep_open
  recorded_at: now
organization:
  municipality: {id: TOWN, name: Town, kind: COMMUNE, parent: HUE, valid_from: 2025-01-01}
  units: {prefix: TOWN-}
  officers:
    prefix: TOWN-O-
    unit_work: [NO, test]
products:
  - code: permit
    name: Permit
    complexity_group: 1
    standard_units: 1000
    standard_term_hours: 40
    valid_from: 2025-01-01
"""


@pytest.fixture
def mapping(tmp_path: Path) -> Any:
    def write(text: str) -> Path:
        file = tmp_path / "town.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_a_good_mapping_names_its_columns_once_each(mapping: Any) -> None:
    read = load_mapping(mapping(GOOD))
    assert set(read.column_names()) == {
        "case", "group", "department", "deadline", "activity", "time", "start", "end"
    }  # fmt: skip
    assert len(set(read.column_names())) == len(read.column_names())


def test_days_stay_text_and_no_is_a_name(mapping: Any) -> None:
    read = load_mapping(mapping(GOOD))
    assert read.municipality.valid_from.isoformat() == "2025-01-01"
    assert read.officers.unit_work == {"NO", "test"}


@pytest.mark.parametrize(
    ("right", "wrong", "line", "key", "problem"),
    [
        ("  due: deadline", "  dew: deadline", 6, "columns.dew", "there is no such key; there are"),
        ("undecided: keep_open", "undecided: sometimes", 12, "facts.undecided", "'sometimes' is not one of"),
        ("prefix: TOWN-O-", "prefix: [x]", 18, "organization.officers.prefix", "is not of type 'string'"),
        ("standard_units: 1000", "standard_units: 0", 24, "products[0].standard_units", "less than the minimum"),
        ("  item: case\n", "", 2, "columns", "'item' is a required property"),
        ("{value: permit}", "{value: passport}", 5, "columns.product.value", "passport is unknown; there are permit"),
        ("{at: start}", "{which: first}", 10, "facts.assigned", "say `at` (a column), `steps`, or both"),
        ("    valid_from: 2025-01-01", "    valid_from: 2025-02-30", 26, "products[0].valid_from", "is no day"),
        ("  step: activity\n", "", 9, "facts.completed", ""),
    ],
)
def test_an_error_names_file_line_and_key(
    mapping: Any, right: str, wrong: str, line: int, key: str, problem: str
) -> None:
    assert right in GOOD
    text = GOOD.replace(right, wrong)
    if right == "  step: activity\n":
        text, line, key = text.replace("completed: {at: end}", "completed: {steps: [decide]}"), 2, "columns"
        problem = "say which columns are `step` and `step_at`"
    file = mapping(text)
    with pytest.raises(InvalidInput) as caught:
        load_mapping(file)
    assert str(caught.value).startswith(f"{file}, line {line}, {key}: ")
    assert problem in str(caught.value)
    assert caught.value.field == key


@pytest.mark.parametrize(
    ("lines", "line", "problem"),
    [
        ("time: {zone: Europe/Atlantis}\n", 28, "Europe/Atlantis is no time zone"),
        ("csv:\n  encoding: utf-16\n", 29, "does not extend ASCII"),
        ("csv:\n  encoding: klingon\n", 29, "klingon is unknown"),
        ("source: again\n", 28, "source: this key is given twice"),
        ("nulls: [\n", 29, "this is no valid YAML"),
        ("nulls: !!python/object:os.system []\n", 28, "this is no valid YAML"),
    ],
)
def test_what_a_schema_cannot_say_is_named_too(mapping: Any, lines: str, line: int, problem: str) -> None:
    with pytest.raises(InvalidInput, match=rf"line {line}\b.*{problem}"):
        load_mapping(mapping(GOOD + "# the end\n" + lines))


def test_a_missing_mapping_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="Cannot read the mapping"):
        load_mapping(tmp_path / "nowhere.yaml")


def test_the_shipped_mapping_is_found_by_its_name_and_valid() -> None:
    assert find_mapping(Path("municipal-permits")).name == "municipal-permits.yaml"
    read = load_mapping(Path("municipal-permits.yaml"))
    assert (read.municipality.parent_id, read.municipality.kind) == ("HUE", "COMMUNE")
    assert [product.standard_units for product in read.products.values()] == [1000]


def test_a_file_comes_before_a_shipped_mapping_of_its_name(
    mapping: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapping(GOOD).rename(tmp_path / "municipal-permits.yaml")
    monkeypatch.chdir(tmp_path)
    assert load_mapping(Path("municipal-permits.yaml")).source == "small"
