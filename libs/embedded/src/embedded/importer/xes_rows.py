"""Reads the events of an IEEE XES (1849) log one by one, in memory that does not grow with the log."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import IO

from lxml import etree  # type: ignore[import-untyped]

from embedded.importer.files import find_undecodable, open_log
from embedded.importer.rows import Row, require_columns
from runtime.errors import InvalidInput

TRACE_PREFIX = "case:"
NAMES_KEPT = 1000
NOT_ATTRIBUTES = frozenset({"event", "list", "container"})


class _Lines:
    """A file that is read line by line: then an element that was just met stands on the last line read.

    The line that libxml2 keeps with an element ends at 65,535.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.line = 0
        self._inside = False

    def read(self, size: int) -> bytes:
        """At most the rest of a line."""
        part = self._stream.readline(size)
        self.line += not self._inside
        self._inside = not part.endswith(b"\n")
        return part


class _Trace:
    """The trace that is being read: its attributes under the names that a mapping gives them."""

    def __init__(self, element: etree._Element) -> None:
        self.element = element
        before = list(takewhile(lambda child: _name(child) != "event", element))
        # An event outside of all traces has a log above it, whose attributes are those of no item.
        own = before if _name(element) == "trace" else []
        self.values = {TRACE_PREFIX + key: value for key, value in _attributes(own).items()}
        self.length = len(before)
        self.events = 0


class _Reader:
    """Walks through a log once. `names` are the attributes met, up to a thousand."""

    def __init__(self, file: Path, lines: _Lines, wanted: Sequence[str]) -> None:
        self._file = file
        self._lines = lines
        self._wanted = wanted
        self._begun: dict[str, int] = {}
        self._trace: _Trace | None = None
        self.names: dict[str, None] = {}

    def rows(self, context: etree.iterparse) -> Iterator[Row]:
        for action, element in context:
            name = _name(element)
            if action == "start":
                self._begun[name] = self._lines.line
            elif name == "event":
                yield self._event(element)
            else:
                yield from self._end_of_trace(element)

    def _event(self, element: etree._Element) -> Row:
        parent = element.getparent()
        if self._trace is None or self._trace.element is not parent:
            self._trace = _Trace(parent)
            self._remember(self._trace.values)
        values = _attributes(element)
        self._remember(values)
        self._trace.events += 1
        _drop(element)
        return self._row("event", {**self._trace.values, **values})

    def _end_of_trace(self, element: etree._Element) -> Iterator[Row]:
        trace = self._trace if self._trace is not None and self._trace.element is element else _Trace(element)
        if trace.events and len(element) > trace.length:
            raise InvalidInput(
                f"{self._file}, line {self._begun['trace']}: an attribute of this trace stands after its events; "
                "IEEE 1849 wants it before them."
            )
        if not trace.events:
            self._remember(trace.values)
            yield self._row("trace", trace.values)
        self._trace = None
        _drop(element)

    def _row(self, name: str, values: Mapping[str, str]) -> Row:
        return Row(self._begun[name], [values.get(column, "").strip() for column in self._wanted])

    def _remember(self, values: Mapping[str, str]) -> None:
        if len(self.names) < NAMES_KEPT:
            self.names.update(dict.fromkeys(values))


def read_xes(file: Path, stream: IO[bytes], wanted: Sequence[str]) -> Iterator[Row]:
    """Yields the events with the wanted attributes, those of the trace as case:NAME; a trace without events once.

    Raises InvalidInput for what is no XES, and, at the end, when no event or trace had a wanted attribute.
    """
    lines = _Lines(stream)
    reader = _Reader(file, lines, wanted)
    tags = ("{*}event", "{*}trace")
    safely = {"resolve_entities": False, "no_network": True, "load_dtd": False}
    try:
        context = etree.iterparse(lines, events=("start", "end"), tag=tags, **safely)
        yield from reader.rows(context)
    except etree.XMLSyntaxError as error:
        raise _broken(file, error) from error
    if _name(context.root) != "log":
        raise InvalidInput(f"{file} is no XES log: its root element is {_name(context.root)}, not log.")
    require_columns(file, wanted, reader.names)


def _attributes(elements: Iterable[etree._Element]) -> dict[str, str]:
    found: dict[str, str] = {}
    for child in elements:
        key = child.get("key")
        if key is not None and _name(child) not in NOT_ATTRIBUTES:
            found.setdefault(key, child.get("value", ""))
    return found


def _name(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _drop(element: etree._Element) -> None:
    parent = element.getparent()
    element.clear()
    if parent is not None:
        parent.remove(element)


def _broken(file: Path, error: etree.XMLSyntaxError) -> InvalidInput:
    line = error.lineno or 1
    with open_log(file, lambda _: None) as log:
        undecodable = find_undecodable(log.stream, "utf-8") if "ncod" in (error.msg or "") else None
    if undecodable is not None:
        at, line = undecodable
        return InvalidInput(f"{file}, line {line}, byte {at}: this is not the encoding that the file declares (UTF-8).")
    return InvalidInput(f"{file}, line {line}: the XML is broken: {error.msg}. Nothing was imported.")
