"""Gathers what the rows of a log say about one item."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from embedded.importer.mapping import Field, LogMapping, Moment
from embedded.importer.mapping_checks import BASES, KINDS
from embedded.importer.report import Oddity, Reason
from embedded.importer.spill import SpilledRow
from embedded.importer.times import TimeReader, from_micros

LEFT_OUT_ITEM = "left out with its item"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that was done about an item; officer and unit as the log names them."""

    at: datetime
    name: str
    step_id: str
    officer: str
    unit: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item as the log tells it: names are the log's, times are UTC. `start` is None when the log does not say."""

    key: str
    line: int
    officer: str
    unit: str
    kind: str
    product_code: str
    standard_units: int
    basis: str
    title: str
    due: datetime | None
    start: datetime | None
    end: datetime | None
    cancelled: datetime | None
    steps: Sequence[Step]


class _LeftOut(Exception):  # noqa: N818  (no error: the way out of an item that cannot be read)
    def __init__(self, oddity: Oddity) -> None:
        super().__init__()
        self.oddity = oddity


class ItemReader:
    """Reads one item after the other."""

    def __init__(self, mapping: LogMapping, times: TimeReader) -> None:
        self._mapping = mapping
        self._names = mapping.column_names()
        self._times = times

    def read(self, rows: Sequence[SpilledRow]) -> tuple[Item | None, list[Oddity]]:
        """The item of these rows (they are in the order of time), and what was odd; None when it is left out."""
        values = [dict(zip(self._names, row.values, strict=True)) for row in rows]
        found = _Rows(self._mapping, self._times, rows, values)
        try:
            return found.item(), found.oddities
        except _LeftOut as left_out:
            return None, [left_out.oddity]


class _Rows:
    def __init__(
        self, mapping: LogMapping, times: TimeReader, rows: Sequence[SpilledRow], values: Sequence[Mapping[str, str]]
    ) -> None:
        self._mapping = mapping
        self._times = times
        self._rows = rows
        self._values = values
        self.line = min(row.line for row in rows)
        self.oddities: list[Oddity] = []

    def item(self) -> Item:
        columns, facts = self._mapping.columns, self._mapping.facts
        steps = list(self._steps())
        product_code = self._product()
        return Item(
            key=self._rows[0].item,
            line=self.line,
            officer=self._text("officer", columns.officer),
            unit=self._text("unit", columns.unit),
            kind=self._kind(),
            product_code=product_code,
            standard_units=self._standard_units(product_code),
            basis=self._basis(),
            title=self._text("title", columns.title) or self._rows[0].item,
            due=self._due(),
            start=self._moment(facts.assigned, steps),
            end=self._moment(facts.completed, steps),
            cancelled=self._moment(facts.cancelled, steps) if facts.cancelled else None,
            steps=steps,
        )

    def _steps(self) -> Iterator[Step]:
        columns = self._mapping.columns
        for row, values in zip(self._rows, self._values, strict=True):
            if row.at is not None:
                yield Step(
                    at=from_micros(row.at),
                    name=values.get(columns.step, ""),
                    step_id=values.get(columns.step_id, ""),
                    officer=values.get(columns.step_officer, ""),
                    unit=values.get(columns.step_unit, ""),
                    line=row.line,
                )

    def _text(self, label: str, field: Field | None) -> str:
        if field is None:
            return ""
        said = list(dict.fromkeys(value for row in self._values if (value := field.read(row))))
        if field.take == "last":
            return next((value for row in reversed(self._values) if (value := field.read(row))), "")
        if len(said) > 1 and field.take is None:
            self._note(Reason.ROWS_DISAGREE, f"{label}: {', '.join(said[:3])}")
        return said[0] if said else ""

    def _kind(self) -> str:
        kind = self._text("kind", self._mapping.columns.kind)
        if kind not in KINDS:
            raise _LeftOut(self._oddity(Reason.UNKNOWN_VALUE, f"kind: {kind or 'nothing'}", LEFT_OUT_ITEM))
        return kind

    def _basis(self) -> str:
        basis = self._text("basis", self._mapping.columns.basis)
        if basis in BASES:
            return basis
        self._note(Reason.UNKNOWN_VALUE, f"basis: {basis or 'nothing'}", "taken as OWN")
        return "OWN"

    def _product(self) -> str:
        code = self._text("product", self._mapping.columns.product)
        if not code or code in self._mapping.products:
            return code
        self._note(Reason.UNKNOWN_VALUE, f"product: {code}", "taken without a product")
        return ""

    def _standard_units(self, product_code: str) -> int:
        product = self._mapping.products.get(product_code)
        units = self._text("standard units", self._mapping.columns.standard_units)
        if product is None or not units:
            return product.standard_units if product else 0
        if units.isascii() and units.isdigit() and len(units) < 10:
            return int(units)
        self._note(Reason.UNKNOWN_VALUE, f"standard units: {units}", "taken from the catalogue")
        return product.standard_units

    def _due(self) -> datetime | None:
        columns = self._mapping.columns
        text = self._text("due", Field(columns=(columns.due,))) if columns.due else ""
        if not text:
            self._note(Reason.ITEM_WITHOUT_DUE)
            return None
        read = self._times.read_day_end(text) if columns.due_is_day else self._times.read(text)
        if read is None:
            self._note(Reason.UNPARSABLE_TIME, f"{columns.due}: {text}", "given the product's standard term")
            return None
        self._note_oddity(read.oddity, f"{columns.due}: {text}")
        return read.moment

    def _moment(self, moment: Moment, steps: Sequence[Step]) -> datetime | None:
        text = self._text(moment.at, Field(columns=(moment.at,))) if moment.at else ""
        if not text:
            matching = [step.at for step in steps if moment.steps.match(step.name)]
            return matching[0 if moment.which == "first" else -1] if matching else None
        read = self._times.read(text)
        if read is None:
            raise _LeftOut(self._oddity(Reason.UNPARSABLE_TIME, f"{moment.at}: {text}", LEFT_OUT_ITEM))
        self._note_oddity(read.oddity, f"{moment.at}: {text}")
        return read.moment

    def _note_oddity(self, reason: Reason | None, detail: str) -> None:
        if reason is not None:
            self._note(reason, detail)

    def _note(self, reason: Reason, detail: str = "", treatment: str = "") -> None:
        self.oddities.append(self._oddity(reason, detail, treatment))

    def _oddity(self, reason: Reason, detail: str, treatment: str) -> Oddity:
        named = f"{self._rows[0].item}, {detail}" if detail else self._rows[0].item
        return Oddity(reason=reason, line=self.line, detail=named, treatment=treatment)
