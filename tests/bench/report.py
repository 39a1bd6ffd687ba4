"""The table of a run, on a console and in docs/performance.md."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.table import Table

from bench.rows import Row

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
_BEGIN, _END = "<!-- figures: written by make bench -->", "<!-- end of figures -->"


def to_table(columns: Mapping[str, Sequence[Row]]) -> Table:
    """Rows with the three figures of each engine of the log."""
    table = Table(show_lines=False)
    table.add_column("")
    for engine in columns:
        table.add_column(engine, justify="right")
        table.add_column("compared with")
        table.add_column("its figure", justify="right")
        table.add_column("ratio", justify="right")
    for line in _lines(columns):
        table.add_row(*line)
    return table


def to_markdown(columns: Mapping[str, Sequence[Row]], *, command: str, machine: Sequence[str]) -> str:
    """The command, the machine, the table, and what each row means."""
    heads = [cell for engine in columns for cell in (engine, "compared with", "its figure", "ratio")]
    marks = [mark for _ in columns for mark in ("---:", "---", "---:", "---:")]
    rows = [f"| {' | '.join(line)} |" for line in _lines(columns)]
    meanings = {row.meaning: _names(columns, row.meaning) for rows in columns.values() for row in rows}
    return "\n".join(
        [
            f"    {command}",
            "",
            *(f"- {line}" for line in machine),
            "",
            f"| | {' | '.join(heads)} |",
            f"| --- | {' | '.join(marks)} |",
            *rows,
            "",
            "A rate is that of the fastest third of its measurement, the one that other programs disturbed least,",
            "unless the row says otherwise. What the rows mean:",
            "",
            *(f"- **{'; '.join(names)}**: {meaning}" for meaning, names in meanings.items()),
        ]
    )


def write_page(text: str) -> None:
    """Puts the text between the two marks of the page; what people wrote around it stays."""
    before, _, rest = PAGE.read_text().partition(_BEGIN)
    _, found, after = rest.partition(_END)
    if not found:
        raise ValueError(f"{PAGE} has no place for figures; put {_BEGIN!r} and {_END!r} where they belong.")
    PAGE.write_text(f"{before}{_BEGIN}\n{text}\n{_END}{after}")


def _lines(columns: Mapping[str, Sequence[Row]]) -> list[list[str]]:
    """A line for each row that any engine has; an engine without it has empty cells."""
    names = list(dict.fromkeys(row.name for rows in columns.values() for row in rows))
    by_name = {engine: {row.name: row for row in rows} for engine, rows in columns.items()}
    return [[name, *(cell for rows in by_name.values() for cell in _cells(rows.get(name)))] for name in names]


def _cells(row: Row | None) -> list[str]:
    if row is None:
        return ["", "", "", ""]
    return [str(row.figure), row.compared_with, str(row.reference), f"{row.ratio:.2f}"]


def _names(columns: Mapping[str, Sequence[Row]], meaning: str) -> list[str]:
    return list(dict.fromkeys(row.name for rows in columns.values() for row in rows if row.meaning == meaning))
