"""Reads a log onto disk, once: checks each row, reads the time of each step, remembers the last."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from embedded.doors import Progress
from embedded.importer.csv_rows import read_csv
from embedded.importer.files import OpenLog, open_log, size_of
from embedded.importer.mapping import LogMapping
from embedded.importer.report import Oddity, Reason, Tally
from embedded.importer.rows import Row
from embedded.importer.spill import Spill, SpilledRow
from embedded.importer.times import TimeReader, to_micros
from embedded.importer.xes_rows import read_xes


@dataclass(slots=True)
class LogReader:
    """Reads one log. Afterwards `rows` and `log_end` (its last time stamp, if it has any) are known."""

    mapping: LogMapping
    times: TimeReader
    tally: Tally
    rows: int = 0
    log_end: datetime | None = None
    _places: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self._places = {name: place for place, name in enumerate(self.mapping.column_names())}

    def read(self, file: Path, spill: Spill, progress: Progress) -> None:
        """Brings all usable rows onto disk. Raises InvalidInput for what is wrong with the log as a whole."""
        with (
            progress.stage(f"Reading {file.name} (bytes)", size_of(file)) as stage,
            open_log(file, stage.advance) as log,
        ):
            spill.add(self._checked(self._open_rows(log)))

    def _open_rows(self, log: OpenLog) -> Iterator[Row]:
        wanted = list(self._places)
        if log.kind == "xes":
            return read_xes(log.file, log.stream, wanted)
        return read_csv(log.file, log.stream, self.mapping.csv, wanted, self._note)

    def _note(self, oddity: Oddity) -> None:
        # A line that was no row was a row of the file all the same.
        self.rows += 1
        self.tally.add(oddity)

    def _checked(self, rows: Iterator[Row]) -> Iterator[SpilledRow]:
        nulls = self.mapping.nulls
        place = self._places[self.mapping.columns.item]
        for row in rows:
            self.rows += 1
            values = ["" if value in nulls else value for value in row.values]
            if values[place]:
                at = self._step_time(row.line, values)
                yield SpilledRow(item=values[place], at=at, line=row.line, values=values)
            else:
                self.tally.add(Oddity(reason=Reason.ROW_WITHOUT_ITEM, line=row.line))

    def _step_time(self, line: int, values: list[str]) -> int | None:
        columns = self.mapping.columns
        if not columns.step_at:
            self._see_moments(values)
            return None
        item = self._value(values, columns.item)
        if columns.lifecycle and self._value(values, columns.lifecycle).lower() not in columns.lifecycle_kept:
            detail = f"{item}, {self._value(values, columns.lifecycle) or 'none'}"
            self.tally.add(Oddity(reason=Reason.OTHER_TRANSITION, line=line, detail=detail))
            return None
        text = self._value(values, columns.step_at)
        read = self.times.read(text) if text else None
        if read is None:
            self._note_no_time(line, item, text, self._value(values, columns.step))
            return None
        if read.oddity is not None:
            self.tally.add(Oddity(reason=read.oddity, line=line, detail=f"{item}, {columns.step_at}: {text}"))
        self._see(read.moment)
        return to_micros(read.moment)

    def _note_no_time(self, line: int, item: str, text: str, step: str) -> None:
        if text:
            detail, treatment = f"{item}, {self.mapping.columns.step_at}: {text}", "left out the step"
            self.tally.add(Oddity(reason=Reason.UNPARSABLE_TIME, line=line, detail=detail, treatment=treatment))
        elif step:
            self.tally.add(Oddity(reason=Reason.STEP_WITHOUT_TIME, line=line, detail=f"{item}, {step}"))

    def _see_moments(self, values: list[str]) -> None:
        for moment in (self.mapping.facts.assigned, self.mapping.facts.completed):
            text = self._value(values, moment.at)
            read = self.times.read(text) if text else None
            if read is not None:
                self._see(read.moment)

    def _see(self, moment: datetime) -> None:
        self.log_end = moment if self.log_end is None else max(self.log_end, moment)

    def _value(self, values: list[str], name: str) -> str:
        return values[self._places[name]] if name else ""
