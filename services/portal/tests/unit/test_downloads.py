"""Files that spreadsheets open: nothing in them is a formula, and numbers are numbers."""

import csv
from datetime import UTC, datetime
from io import BytesIO, StringIO
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from portal.domain.city import Place, UnitRow
from portal.web.downloads import Sheet, defuse, write_csv, write_xlsx
from portal.web.languages import Language

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
VIETNAMESE, ENGLISH = Language("vi", ZONE), Language("en", ZONE)
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")']


def sheet(name: str = "Sở Y tế", *, change: int | None = -325) -> Sheet:
    row = UnitRow(
        place=Place(unit_id="SYT", name=name, kind="department", parent_id="HUE", has_units=True),
        period="2026-11",
        points=7611,
        band=3,
        points_later=None,
        band_later=0,
        due=1200,
        overdue=150,
        small_sample=False,
        change=change,
        trend=(7611,),
    )
    return Sheet(
        name="congvu",
        title="Thành phố Huế: [1/2]",
        period="2026-11",
        policy="Thí điểm",
        as_of=datetime(2026, 11, 22, 8, 45, tzinfo=UTC),
        rows=[row],
        ranks={"SYT": 1},
        kind_names={"department": "Departments"},
    )


def read_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_csv_has_a_byte_order_mark_semicolons_and_decimal_commas() -> None:
    content = write_csv(sheet(), VIETNAMESE)
    assert content.startswith(b"\xef\xbb\xbf")
    [row] = read_csv(content)
    assert (row["Đơn vị"], row["Điểm"], row["Quá hạn"]) == ("Sở Y tế", "76,11", "12,50%")
    assert (row["So với tháng trước"], row["Việc đến hạn"]) == ("-3,25", "1200")
    assert (row["Tháng"], row["Bộ tiêu chí"], row["Tính đến"]) == ("2026-11", "Thí điểm", "15:45 22/11/2026")


def test_csv_in_english_has_decimal_points() -> None:
    [row] = read_csv(write_csv(sheet(), ENGLISH))
    assert (row["Points"], row["Kind"]) == ("76.11", "Departments")


@pytest.mark.parametrize("name", FORMULAS)
def test_no_name_becomes_a_formula_in_csv(name: str) -> None:
    [row] = read_csv(write_csv(sheet(name), VIETNAMESE))
    assert row["Đơn vị"] == f"'{name}"


@pytest.mark.parametrize("name", FORMULAS)
def test_no_name_becomes_a_formula_in_a_workbook(name: str) -> None:
    page = load_workbook(BytesIO(write_xlsx(sheet(name), VIETNAMESE))).worksheets[0]
    cell = page["C5"]
    assert cell.data_type == "s"
    assert cell.value.strip() == name.strip()


def test_text_that_is_no_formula_stays_as_it_is() -> None:
    assert defuse("Sở Y tế = 1") == "Sở Y tế = 1"
    assert defuse("") == ""
    assert all(defuse(sign + "1") == f"'{sign}1" for sign in ("=", " =", "\n=", "＝", "@"))


def test_a_workbook_has_numbers_a_frozen_head_and_says_what_it_is() -> None:
    page = load_workbook(BytesIO(write_xlsx(sheet(), VIETNAMESE))).worksheets[0]
    said = [page.cell(line, 1).value for line in (1, 2, 3)]
    assert said == [
        "Thành phố Huế: [1/2], tháng 11/2026",
        "Bộ tiêu chí: Thí điểm",
        "Tính đến: 15:45 22/11/2026",
    ]
    assert page.freeze_panes == "D5"
    values = {page.cell(4, place).value: page.cell(5, place).value for place in range(1, page.max_column + 1)}
    assert (values["Hạng"], values["Điểm"], values["Quá hạn"]) == (1, 76.11, 0.125)
    assert values["So với tháng trước"] == -3.25
    assert values["Nếu không làm thêm việc nào"] is None
    assert page.column_dimensions["C"].width == 48


def test_signs_that_no_workbook_may_have_are_left_out() -> None:
    page = load_workbook(BytesIO(write_xlsx(sheet("Sở\x00 Y\x0b tế"), ENGLISH))).worksheets[0]
    assert page["C5"].value == "Sở Y tế"
