"""The record of a city and its lock."""

from pathlib import Path

import pytest

from embedded.doors import require_running
from embedded.errors import CityError
from embedded.home import City, Home, hold_lock, home_from, is_supervised, prepare, read_city, write_city
from embedded.processes import ProcessMark


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(root=tmp_path / "city")
    prepare(home)
    return home


def dead_mark() -> ProcessMark:
    return ProcessMark(pid=1, started=-1, boot="another boot")


def test_the_record_comes_back_as_it_was_written(home: Home) -> None:
    city = City(state="running", ports={"work.grpc": 21_000}, processes={"work": dead_mark()}, restarts={"work": 2})

    write_city(home, city)

    assert read_city(home) == city


@pytest.mark.parametrize("text", ["", "{", "[]", '{"state": "running"}', '{"unknown": 1, "processes": {}}', "null"])
def test_a_record_that_a_power_cut_left_unreadable_counts_as_none(home: Home, text: str) -> None:
    home.city_file.write_text(text)

    assert read_city(home) == City()


def test_the_record_and_the_keys_are_for_the_owner_only(home: Home) -> None:
    write_city(home, City())

    assert home.city_file.stat().st_mode & 0o777 == 0o600
    assert home.keys.stat().st_mode & 0o777 == 0o700


def test_only_one_holds_the_lock(home: Home) -> None:
    with hold_lock(home) as first, hold_lock(home) as second:
        assert (first, second) == (True, False)
    with hold_lock(home) as again:
        assert again


def test_a_record_of_a_killed_supervisor_is_not_a_running_city(home: Home) -> None:
    write_city(home, City(state="running", processes={"supervisor": dead_mark()}))

    assert not is_supervised(home)
    with pytest.raises(CityError, match=r"The city at .* is not running; start it with `congvu up`\."):
        require_running(home)


def test_the_home_is_congvu_home_or_a_folder_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert home_from({"CONGVU_HOME": "/srv/hue"}).root == Path("/srv/hue")
    assert home_from({}).root == tmp_path / ".congvu"


def test_a_home_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(CityError, match=r"Cannot make .*; set CONGVU_HOME"):
        prepare(Home(root=tmp_path / "file"))
