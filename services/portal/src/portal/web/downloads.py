"""Tables as files: CSV as Vietnamese spreadsheets read it, and workbooks with numbers as numbers."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from io import BytesIO, StringIO

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from portal.domain.city import UnitRow
from portal.web.filters import band_name
from portal.web.languages import Language

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Spreadsheets take such a field for a formula.
FORMULA_SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
# A workbook's sheets have names of at most so many signs, without these.
SHEET_NAME, NOT_IN_SHEET_NAME = 31, str.maketrans("", "", r"[]:*?/\'")

_WRAPPED = Alignment(wrap_text=True, vertical="top")

Value = str | int | Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Rows in their order, with what they are: `name` is for the file, `title` for people."""

    name: str
    title: str
    period: str
    policy: str
    as_of: datetime
    rows: Sequence[UnitRow]
    ranks: Mapping[str, int]
    kind_names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Column:
    """A heading to be said, how wide it is, what a row has there, and how a spreadsheet shows it."""

    heading: str
    width: int
    value_of: Callable[[Sheet, UnitRow, Language], Value]
    number_format: str = "General"


COLUMNS = (
    Column("Rank", 8, lambda sheet, row, _: sheet.ranks.get(row.place.unit_id)),
    Column("Code", 12, lambda _sheet, row, _: row.place.unit_id),
    Column("Unit", 48, lambda _sheet, row, _: row.place.name),
    Column("Kind", 20, lambda sheet, row, language: language.say(sheet.kind_names[row.place.kind])),
    Column("Points", 10, lambda _sheet, row, _: _points(row.points), "0.00"),
    Column("Band", 28, lambda _sheet, row, language: language.say(band_name(row.band))),
    Column("If nothing more is done", 14, lambda _sheet, row, _: _points(row.points_later), "0.00"),
    Column("Band then", 28, lambda _sheet, row, language: language.say(band_name(row.band_later))),
    Column("Items due", 12, lambda _sheet, row, _: row.due, "0"),
    Column("Items overdue", 12, lambda _sheet, row, _: row.overdue, "0"),
    Column("Overdue", 12, lambda _sheet, row, _: row.overdue_share, "0.0%"),
    Column("To last month", 14, lambda _sheet, row, _: _points(row.change), "+0.00;-0.00;0.00"),
    Column("Remark", 28, lambda _sheet, row, language: _remark(row, language)),
)


def write_csv(sheet: Sheet, language: Language) -> bytes:
    """UTF-8 with a byte order mark, semicolons, decimals as the language has them; what it is stands in each line."""
    out = StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    ends = ("Month", "Policy", "As of")
    writer.writerow([language.say(heading) for heading in (*(column.heading for column in COLUMNS), *ends)])
    known = [defuse(sheet.period), defuse(sheet.policy), language.moment(sheet.as_of)]
    for row in sheet.rows:
        writer.writerow([*(_plain(column, sheet, row, language) for column in COLUMNS), *known])
    return out.getvalue().encode("utf-8-sig")


def write_xlsx(sheet: Sheet, language: Language) -> bytes:
    """A workbook: what it is in the first lines, then headings that stay in sight, then the rows."""
    book = Workbook()
    page = book.worksheets[0]
    page.title = sheet.title.translate(NOT_IN_SHEET_NAME)[:SHEET_NAME] or "CongVu"
    for line in _preamble(sheet, language):
        page.append([_cell(page, line, font=Font(bold=page.max_row == 1))])
    headings = [language.say(column.heading) for column in COLUMNS]
    page.append([_cell(page, heading, font=Font(bold=True), alignment=_WRAPPED) for heading in headings])
    top = page.max_row
    for row in sheet.rows:
        values = ((column, column.value_of(sheet, row, language)) for column in COLUMNS)
        page.append([_cell(page, value, number_format=column.number_format) for column, value in values])
    for place, column in enumerate(COLUMNS, start=1):
        page.column_dimensions[get_column_letter(place)].width = column.width
    page.freeze_panes = f"D{top + 1}"
    page.auto_filter.ref = f"A{top}:{get_column_letter(len(COLUMNS))}{page.max_row}"
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def defuse(text: str) -> str:
    """The text, with a mark before it where a spreadsheet would take it for a formula."""
    is_formula = text.startswith(FORMULA_SIGNS) or text.lstrip().startswith(FORMULA_SIGNS)
    return f"'{text}" if is_formula else text


def _preamble(sheet: Sheet, language: Language) -> Iterator[str]:
    yield f"{sheet.title}, {language.month(sheet.period)}"
    yield f"{language.say('Policy')}: {sheet.policy}"
    yield f"{language.say('As of')}: {language.moment(sheet.as_of)}"


def _cell(page: Worksheet, value: Value, **style: object) -> Cell:
    """Text stays text, also where it looks like a formula."""
    cell = Cell(page, row=1, column=1)
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
        cell.data_type = "s"
    elif value is not None:
        cell.value = float(value) if isinstance(value, Fraction) else value
    for name, given in style.items():
        setattr(cell, name, given)
    return cell


def _plain(column: Column, sheet: Sheet, row: UnitRow, language: Language) -> str:
    value = column.value_of(sheet, row, language)
    if isinstance(value, str):
        return defuse(value)
    if isinstance(value, Fraction):
        return _number(value * 100, language) + "%" if "%" in column.number_format else _number(value, language)
    return "" if value is None else str(value)


def _number(value: Fraction, language: Language) -> str:
    """With two decimals and without groups, as spreadsheets of the language read numbers."""
    text = f"{float(value):.2f}"
    return text.replace(".", ",") if language.code == "vi" else text


def _points(hundredths: int | None) -> Fraction | None:
    return None if hundredths is None else Fraction(hundredths, 100)


def _remark(row: UnitRow, language: Language) -> str:
    few = language.say("few items, not ranked") if row.small_sample else ""
    none = language.say("no points") if row.points is None and not row.small_sample else ""
    return "; ".join(filter(None, (few or none, language.either(*row.reason))))
