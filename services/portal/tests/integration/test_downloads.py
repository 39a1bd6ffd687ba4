"""The files have what the page has."""

import csv
from collections.abc import Callable
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook

from .accounts import DEPARTMENT_HEAD, EVALUATOR
from .conftest import Web
from .tables import read_units

Sessions = Callable[[str], Web]
QUERIES = ["", "?kind=commune&sort=name", "?parent=SNV", "?q=so&policy=decree-335"]


@pytest.mark.parametrize("query", QUERIES)
def test_csv_has_the_rows_of_the_page_in_their_order(web: Sessions, query: str) -> None:
    session = web(EVALUATOR)
    lines = read_units(session.get(f"/city{query}").text)
    answer = session.get(f"/city.csv{query}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    [head, *rows] = csv.reader(StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=";")
    assert (head[0], head[4], head[-1]) == ("Hạng", "Điểm", "Tính đến")
    assert len(rows) > 1
    found = [(row[1], row[0], row[4] or "–") for row in rows]
    assert found == [(line.unit_id, line.rank, line.points) for line in lines]
    # The page has the reason of a band below it, the file among the remarks.
    for row, line in zip(rows, lines, strict=True):
        band, reason = row[5], line.cells[4].removeprefix(row[5]).strip()
        assert (line.cells[4].startswith(band), reason in row[-4]) == (True, True)
    assert all(all(row[-3:]) for row in rows)


@pytest.mark.parametrize("query", QUERIES)
def test_a_workbook_has_the_rows_of_the_page_in_their_order(web: Sessions, query: str) -> None:
    session = web(EVALUATOR)
    lines = read_units(session.get(f"/city{query}").text)
    page = load_workbook(BytesIO(session.get(f"/city.xlsx{query}").content)).worksheets[0]
    rows = list(page.iter_rows(min_row=5, values_only=True))
    found = [(row[1], row[2], "–" if row[4] is None else f"{row[4]:.2f}".replace(".", ",")) for row in rows]
    names = [line.name.removesuffix(" ít việc, không xếp hạng") for line in lines]
    assert found == [(line.unit_id, name, line.points) for line, name in zip(lines, names, strict=True)]
    assert str(page["A2"].value).startswith("Bộ tiêu chí: ")


def test_the_files_are_in_the_language_of_the_visitor(web: Sessions) -> None:
    session = web(EVALUATOR)
    cookies = f"{session.client.headers['cookie']}; congvu-language=en"
    answer = session.client.get("/city.csv", headers={"cookie": cookies})
    assert "Points" in answer.content.decode("utf-8-sig").splitlines()[0]


def test_files_have_only_what_one_may_see(web: Sessions) -> None:
    session = web(DEPARTMENT_HEAD)
    rows = list(csv.reader(StringIO(session.get("/city.csv").text, newline=""), delimiter=";"))[1:]
    assert {row[1].partition("-")[0] for row in rows} == {"SNV"}
    assert session.get("/city.csv?parent=19753").status_code == 404
    assert session.get("/city.xlsx?parent=HUE").status_code == 404
