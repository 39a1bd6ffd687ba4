"""The tables of a run, on a console and in docs/performance.md."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.table import Table

from bench.rows import Found, Row

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
_BEGIN, _END = "<!-- figures: written by make bench -->", "<!-- end of figures -->"
_HEADS = ("", "figure", "compared with", "its figure", "ratio", "aim", "at least", "met")
_FURTHER = _HEADS[:5]
_STAGES = ("stage", "µs a fact", "of it the consumer computes", "PostgreSQL computes")
_TEXTS = ("", "compared with", "stage")


@dataclass(slots=True, kw_only=True)
class Report:
    """What a run found: the rows with aims, further ones by engine, and where and how."""

    command: str
    machine: list[str]
    found: list[Found] = field(default_factory=list)
    further: dict[str, list[Found]] = field(default_factory=dict)

    def every(self) -> Iterator[Found]:
        """All, whatever table they are in."""
        yield from self.found
        for found in self.further.values():
            yield from found

    def has_failed(self) -> bool:
        """Whether any row has."""
        return any(found.failure for found in self.every())


def to_tables(report: Report) -> list[Table]:
    """For a console."""
    tables = [_table("On Apache Kafka", _HEADS, _lines(report.found))]
    tables += [_table("A fact in the fold", _STAGES, _stage_lines(report.found))]
    tables += [_table(f"Further, {engine}", _FURTHER, _lines(found)) for engine, found in report.further.items()]
    return [table for table in tables if table.row_count]


def to_markdown(report: Report) -> str:
    """The command, the machine, the tables, and what each row means."""
    parts = [f"    {report.command}", "", *(f"- {line}" for line in [*report.machine, *_sittings(report)]), ""]
    parts += _markdown(_HEADS, _lines(report.found))
    if stages := _stage_lines(report.found):
        parts += ["", "What a fact costs in the fold, by stage:", "", *_markdown(_STAGES, stages)]
    for engine, found in report.further.items():
        parts += ["", f"Further figures, {engine}:", "", *_markdown(_FURTHER, _lines(found))]
    return "\n".join([*parts, "", "What the rows mean:", "", *_meanings(report)])


def write_page(text: str) -> None:
    """Puts the text between the two marks of the page; what people wrote around it stays."""
    before, _, rest = PAGE.read_text().partition(_BEGIN)
    _, found, after = rest.partition(_END)
    if not found:
        raise ValueError(f"{PAGE} has no place for figures; put {_BEGIN!r} and {_END!r} where they belong.")
    PAGE.write_text(f"{before}{_BEGIN}\n{text}\n{_END}{after}")


def _table(title: str, heads: Sequence[str], lines: Sequence[Sequence[str]]) -> Table:
    table = Table(title=title)
    for head in heads:
        table.add_column(head, justify="left" if head in _TEXTS else "right")
    for line in lines:
        table.add_row(*line[: len(heads)])
    return table


def _markdown(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    marks = ["---" if head in _TEXTS else "---:" for head in heads]
    return [f"| {' | '.join(line[: len(heads)])} |" for line in (heads, marks, *lines)]


def _lines(found: Sequence[Found]) -> list[list[str]]:
    return [line for each in found for line in ([_failed(each)] if each.failure else map(_cells, each.rows))]


def _cells(row: Row) -> list[str]:
    return [
        row.name,
        str(row.figure),
        row.compared_with,
        str(row.reference) if row.reference else "",
        f"{row.ratio:.2f}" if row.ratio is not None else "",
        row.aim.text(row) if row.aim else "",
        row.least.text(row) if row.least else "",
        row.met,
    ]


def _failed(found: Found) -> list[str]:
    return [f"{found.key}: failed", "", found.failure.replace("|", "/"), "", "", "", "", "no"]


def _stage_lines(found: Sequence[Found]) -> list[list[str]]:
    stages = [stage for each in found for stage in each.stages]
    return [[one.name, f"{one.wall:.1f}", f"{one.python:.1f}", f"{one.postgres:.1f}"] for one in stages]


def _meanings(report: Report) -> list[str]:
    names: dict[str, list[str]] = {}
    for row in (row for found in report.every() for row in found.rows):
        if row.name not in names.setdefault(row.meaning, []):
            names[row.meaning].append(row.name)
    remarks = [f"- {remark}" for found in report.every() for remark in found.remarks]
    return [f"- **{'; '.join(called)}**: {meaning}" for meaning, called in names.items()] + remarks


def _sittings(report: Report) -> list[str]:
    """When each row was taken, rows of one sitting together, and how long it took."""
    sittings: dict[str, list[str]] = {}
    for found in report.every():
        sittings.setdefault(found.taken, []).append(f"{found.key} {found.seconds / 60:.1f} min")
    return [f"{taken}: {', '.join(keys)}" for taken, keys in sittings.items() if taken]
