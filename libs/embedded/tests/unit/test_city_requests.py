"""What the command line makes of its arguments."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import typer

from congvu.organization.v1 import resources_pb2
from embedded.child import last_sentence
from embedded.commands.mending import mend_request, read_event
from embedded.databases import with_role
from embedded.errors import CityError
from embedded.proof import held_post, last_month
from embedded.queries import check_period


@pytest.mark.parametrize("period", ["2026-13", "2026-1", "November", "2026-11-01", "٢٠٢٦-11"])
def test_what_is_not_a_month_is_refused(period: str) -> None:
    with pytest.raises(CityError, match="is not a month; write it as in 2026-11"):
        check_period(period)


@pytest.mark.parametrize("period", ["", "2026-11", "2025-01"])
def test_a_month_or_none_is_taken(period: str) -> None:
    assert check_period(period) == period


def test_a_mend_is_exactly_one_action() -> None:
    dropped = mend_request("task/1", "twice", offset=7, drop=True, replace=None, revision_missing=0)
    missing = mend_request("task/1", "lost", offset=-1, drop=False, replace=None, revision_missing=3)

    assert (dropped.dropped.offset, missing.revision_missing.revision) == (7, 3)
    for drop, revision in ((True, 3), (False, 0)):
        with pytest.raises(typer.BadParameter, match="exactly one"):
            mend_request("task/1", "why", offset=7, drop=drop, replace=None, revision_missing=revision)


def test_dropping_needs_an_offset() -> None:
    with pytest.raises(typer.BadParameter, match="--offset"):
        mend_request("task/1", "why", offset=-1, drop=True, replace=None, revision_missing=0)


def test_a_replacement_is_read_from_json(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text('{"eventId": "e1", "workId": "task/1", "revision": "2", "completed": {}}')

    request = mend_request("task/1", "garbled", offset=4, drop=False, replace=path, revision_missing=0)

    assert request.replacement.offset == 4
    assert request.replacement.event == read_event(path)
    assert request.replacement.event.WhichOneof("fact") == "completed"


@pytest.mark.parametrize("text", ["{", '{"colour": "red"}', "[]"])
def test_what_is_no_event_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "event.json"
    path.write_text(text)

    with pytest.raises(CityError, match="is not a WorkEvent"):
        read_event(path)
    with pytest.raises(CityError, match="Cannot read"):
        read_event(tmp_path / "absent.json")


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["Traceback (most recent call last):", "  File", "KeyError: 'x'"], "KeyError: 'x'"),
        (['{"level": "error", "message": "The port is taken."}'], "The port is taken."),
        (["SyntaxError: wrong", "    leading bool", "    ^"], "SyntaxError: wrong"),
        (["/city/policy.yaml:13: the weights add up to 101."], "/city/policy.yaml:13: the weights add up to 101."),
        (["{"], "its log says nothing"),
        ([], "its log says nothing"),
    ],
)
def test_the_last_words_of_a_service_are_a_sentence(lines: list[str], sentence: str) -> None:
    assert last_sentence(lines) == sentence


def test_an_address_is_given_to_another_role() -> None:
    socket_url = "postgresql://postgres@/work?host=%2Fsrv%2Fsocket&port=5432"

    assert with_role(socket_url, "work") == "postgresql://work@/work?host=%2Fsrv%2Fsocket&port=5432"
    assert with_role("postgresql://me:secret@127.0.0.1:5433/work", "work") == "postgresql://work@127.0.0.1:5433/work"


def test_last_month_is_that_of_the_citys_time() -> None:
    # 18:00 UTC on the last of October is already November in Huế.
    assert last_month(datetime(2026, 10, 31, 18, tzinfo=UTC)) == (date(2026, 10, 1), date(2026, 11, 1))
    assert last_month(datetime(2026, 1, 15, tzinfo=UTC)) == (date(2025, 12, 1), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "held"),
    [
        ("2026-10-31", "", True),
        ("2026-11-01", "", False),
        ("2025-01-01", "2026-10-01", False),
        ("2025-01-01", "2026-10-02", True),
    ],
)
def test_a_post_is_held_on_at_least_one_day(valid_from: str, valid_to: str, held: bool) -> None:
    officer = resources_pb2.Officer(posts=[resources_pb2.Post(valid_from=valid_from, valid_to=valid_to)])

    assert held_post(officer, date(2026, 10, 1), date(2026, 11, 1)) is held
