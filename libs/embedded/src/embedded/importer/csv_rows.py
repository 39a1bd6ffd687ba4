"""Reads the rows of a CSV file one by one; a line that cannot be read costs that line, not the file."""

import codecs
import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from embedded.importer.mapping import CsvFormat
from embedded.importer.report import Oddity, Reason
from embedded.importer.rows import Row, require_columns
from runtime.errors import InvalidInput

Note = Callable[[Oddity], None]
Reader = Iterator[list[str]]


class _Lines:
    """The decoded lines of a file. Undecodable bytes are kept as surrogates, and their places remembered."""

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        self._stream = stream
        self._decode = codecs.lookup(encoding).decode
        self._at = 0
        self.line = 0
        self.undecodable: tuple[int, int] | None = None

    def __iter__(self) -> Iterator[str]:
        for line in self._stream:
            self.line += 1
            clean = line.removeprefix(codecs.BOM_UTF8) if self.line == 1 else line
            yield self._text(clean, self._at + len(line) - len(clean))
            self._at += len(line)

    def _text(self, line: bytes, at: int) -> str:
        try:
            return self._decode(line)[0]
        except UnicodeDecodeError as error:
            self.undecodable = self.undecodable or (self.line, at + error.start)
            return line.decode("ascii", "surrogateescape")

    def take_undecodable(self) -> tuple[int, int] | None:
        """Line and byte of the first undecodable place since the last call."""
        found, self.undecodable = self.undecodable, None
        return found


def read_csv(file: Path, stream: IO[bytes], form: CsvFormat, wanted: Sequence[str], note: Note) -> Iterator[Row]:
    """Yields the rows with the wanted columns. What cannot be read goes to `note`.

    Raises InvalidInput at once when the header cannot be read or lacks a wanted column.
    """
    lines = _Lines(stream, form.encoding)
    reader = csv.reader(iter(lines), delimiter=form.delimiter, quotechar=form.quote, strict=True)
    header = _header(file, reader, lines)
    require_columns(file, wanted, header)
    indexes = [header.index(name) for name in wanted]
    return _rows(reader, lines, len(header), indexes, note)


def _header(file: Path, reader: Reader, lines: _Lines) -> list[str]:
    try:
        header = [name.strip() for name in next(reader)]
    except (csv.Error, StopIteration) as error:
        raise InvalidInput(f"{file}, line 1: the header cannot be read: {error}.") from error
    if found := lines.take_undecodable():
        raise InvalidInput(f"{file}, line 1, byte {found[1]}: the header is not in the encoding of the mapping.")
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise InvalidInput(f"{file}, line 1: the column {twice} is there twice; rename one of them.")
    return header


def _rows(reader: Reader, lines: _Lines, width: int, indexes: Sequence[int], note: Note) -> Iterator[Row]:
    while True:
        first = lines.line + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lines.take_undecodable()
            note(Oddity(reason=Reason.BROKEN_LINE, line=first, detail=_span(str(error), first, lines.line)))
            continue
        if found := lines.take_undecodable():
            note(Oddity(reason=Reason.WRONG_ENCODING, line=found[0], detail=f"byte {found[1]}"))
        elif len(values) == width:
            yield Row(first, [values[index].strip() for index in indexes])
        elif values:
            detail = _span(f"{len(values)} columns instead of {width}", first, lines.line)
            note(Oddity(reason=Reason.BROKEN_LINE, line=first, detail=detail))


def _span(problem: str, first: int, last: int) -> str:
    return problem if last <= first else f"{problem}, with all lines up to {last}"
