"""What becomes of the lines of a CSV log."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from embedded.importer.report import Place, Reason
from runtime.errors import InvalidInput

GOOD = "A1,Lan,Land,2025-03-10T17:00:00Z,2025-03-01T08:00:00Z,2025-03-09T10:00:00Z,check,2025-03-02T09:00:00Z,Lan"
OTHER = "A2,Minh,Land,2025-03-20T17:00:00Z,2025-03-02T08:00:00Z,2025-03-19T10:00:00Z,check,2025-03-03T09:00:00Z,Minh"

Lines = Callable[..., str]


def test_a_row_becomes_an_assignment_and_a_completion(importing: Any, lines: Lines) -> None:
    done = importing(lines(GOOD))
    assert done.facts_of("A1") == [
        ("Assigned", datetime(2025, 3, 1, 8, tzinfo=UTC)),
        ("Completed", datetime(2025, 3, 9, 10, tzinfo=UTC)),
    ]
    assigned = done.events[0].fact
    assert (assigned.officer_id, assigned.unit_id) == ("TOWN-O-Lan", "TOWN-Land")
    assert (assigned.kind, assigned.product_code, assigned.standard_units) == ("DOSSIER", "permit", 1000)
    assert assigned.due_at == datetime(2025, 3, 10, 17, tzinfo=UTC)
    assert (done.report.rows, done.report.items, done.report.accepted) == (1, 1, 2)


def test_a_gzip_file_is_the_same_log(importing: Any, lines: Lines) -> None:
    plain = importing(lines(GOOD, OTHER)).events
    assert importing(gzip.compress(lines(GOOD, OTHER).encode()), name="log.csv.gz").events == plain


def test_progress_counts_the_bytes_on_disk(importing: Any, lines: Lines) -> None:
    packed = gzip.compress(lines(GOOD, OTHER).encode())
    reading, recording = importing(packed, name="log.csv.gz").progress.stages
    assert reading.total == len(packed)
    assert reading.done >= len(packed)
    assert (recording.total, recording.done) == (4, 4)


def test_a_line_with_a_column_too_many_is_left_out_and_named(importing: Any, lines: Lines) -> None:
    done = importing(lines(GOOD, OTHER + ",surplus"))
    assert done.finding(Reason.BROKEN_LINE).places == (Place(3, "10 columns instead of 9"),)
    assert (done.report.rows, done.report.items) == (2, 1)


def test_a_quote_that_is_never_closed_costs_its_lines_and_no_more(importing: Any, lines: Lines) -> None:
    done = importing(lines(GOOD, OTHER.replace("Minh,", '"Minh,', 1)))
    assert done.facts_of("A1")
    assert not done.facts_of("A2")
    assert done.finding(Reason.BROKEN_LINE).places[0].line == 3


def test_a_quoted_line_break_belongs_to_its_value(importing: Any, lines: Lines) -> None:
    done = importing(lines(GOOD.replace("check", '"check\nagain"'), OTHER + ",x"))
    assert done.report.items == 1
    assert done.finding(Reason.BROKEN_LINE).places[0].line == 4


def test_a_wrong_byte_is_named_by_line_and_place(importing: Any, lines: Lines) -> None:
    log = lines(GOOD, OTHER).encode().replace(b"Minh", b"M\xe9nh", 1)
    done = importing(log)
    assert done.finding(Reason.WRONG_ENCODING).places == (Place(3, f"byte {log.index(0xE9)}"),)
    assert done.report.items == 1


def test_another_encoding_is_read_when_the_mapping_says_so(importing: Any, lines: Lines) -> None:
    log = lines(GOOD.replace("Lan", "André")).encode("latin-1")
    done = importing(log, changes={"csv.encoding": "latin-1"})
    assert done.door.organizations[0].officers[0].full_name == "André"


def test_a_byte_order_mark_is_no_part_of_the_first_column(importing: Any, lines: Lines) -> None:
    assert importing(b"\xef\xbb\xbf" + lines(GOOD).encode()).report.items == 1


def test_another_delimiter(importing: Any, lines: Lines) -> None:
    done = importing(lines(GOOD).replace(",", ";"), changes={"csv.delimiter": ";"})
    assert done.report.items == 1


def test_an_unknown_column_stops_the_import_before_anything_is_written(importing: Any, lines: Lines, door: Any) -> None:
    with pytest.raises(InvalidInput, match=r"no column deadline.*at, by, due, end") as caught:
        importing(lines(GOOD), changes={"columns.due": "deadline"}, door=door)
    assert caught.value.field == "deadline"
    assert not door.organizations
    assert not door.events


def test_a_row_without_an_item_is_left_out(importing: Any, lines: Lines) -> None:
    done = importing(lines(GOOD, OTHER.replace("A2", "EMPTY")))
    assert done.finding(Reason.ROW_WITHOUT_ITEM).places == (Place(3),)
    assert done.report.items == 1


def test_blank_lines_are_nothing(importing: Any, lines: Lines) -> None:
    done = importing(lines(GOOD, "", OTHER))
    assert done.report.rows == 2
    assert not done.report.findings


def test_a_column_given_twice_is_an_error(importing: Any, lines: Lines) -> None:
    with pytest.raises(InvalidInput, match="column due is there twice"):
        importing(lines(GOOD).replace("start", "due", 1))


def test_an_empty_file_is_an_error(importing: Any) -> None:
    with pytest.raises(InvalidInput, match="is empty"):
        importing(b"")


def test_a_gzip_file_cut_short_is_an_error_and_nothing_is_written(importing: Any, lines: Lines, door: Any) -> None:
    packed = gzip.compress(lines(*[GOOD.replace("A1", f"A{number}") for number in range(500)]).encode())
    with pytest.raises(InvalidInput, match=r"gzip file is broken or incomplete"):
        importing(packed[:-20], door=door)
    assert not door.organizations


def test_only_the_first_places_are_kept_and_all_are_counted(importing: Any, lines: Lines) -> None:
    done = importing(lines(GOOD, *["short"] * 30))
    finding = done.finding(Reason.BROKEN_LINE)
    assert finding.count == 30
    assert [place.line for place in finding.places] == [3, 4, 5, 6, 7]
