"""Reads the events of an IEEE XES (1849) log one by one, in memory that does not grow with the log."""

from collections.abc import Iterator, Mapping, Sequence
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


class _Trace:
    """The trace that is being read: its attributes under the names that a mapping gives them."""

    def __init__(self, element: etree._Element) -> None:
        self.element = element
        before = takewhile(lambda child: _name(child) != "event", element)
        self.values = {TRACE_PREFIX + key: value for key, value in _attributes(before).items()}
        self.length = sum(1 for _ in takewhile(lambda child: _name(child) != "event", element))
        self.events = 0

    def require_order(self, file: Path) -> None:
        """Attributes of a trace stand before its events (IEEE 1849); later ones would not have reached the events."""
        if self.events and len(self.element) > self.length:
            line = self.element[self.length].sourceline
            raise InvalidInput(
                f"{file}, line {line}: an attribute of a trace stands after its events; IEEE 1849 wants it before them."
            )


def read_xes(file: Path, stream: IO[bytes], wanted: Sequence[str]) -> Iterator[Row]:
    """Yields the events with the wanted attributes, those of the trace as case:NAME; a trace without events once.

    Raises InvalidInput for what is no XES, and, at the end, when no event or trace had a wanted attribute.
    """
    context = etree.iterparse(
        stream, events=("end",), tag=("{*}event", "{*}trace"), resolve_entities=False, no_network=True, load_dtd=False
    )
    names: dict[str, None] = {}
    try:
        yield from _rows(file, context, wanted, names)
    except etree.XMLSyntaxError as error:
        raise _broken(file, error) from error
    if _name(context.root) != "log":
        raise InvalidInput(f"{file} is no XES log: its root element is {_name(context.root)}, not log.")
    require_columns(file, wanted, names)


def _rows(file: Path, context: etree.iterparse, wanted: Sequence[str], names: dict[str, None]) -> Iterator[Row]:
    trace: _Trace | None = None
    for _, element in context:
        if _name(element) == "event":
            parent = element.getparent()
            if trace is None or trace.element is not parent:
                trace = _Trace(parent)
                _remember(names, trace.values)
            values = _attributes(element)
            _remember(names, values)
            trace.events += 1
            yield _row(element, {**trace.values, **values}, wanted)
            element.clear()
            parent.remove(element)
        else:
            whole = trace if trace is not None and trace.element is element else _Trace(element)
            whole.require_order(file)
            if not whole.events:
                _remember(names, whole.values)
                yield _row(element, whole.values, wanted)
            trace = None
            _forget(element)


def _row(element: etree._Element, values: Mapping[str, str], wanted: Sequence[str]) -> Row:
    return Row(element.sourceline or 1, [values.get(name, "").strip() for name in wanted])


def _attributes(elements: "etree._Element | takewhile[etree._Element]") -> dict[str, str]:
    found: dict[str, str] = {}
    for child in elements:
        key = child.get("key")
        if key is not None and _name(child) not in NOT_ATTRIBUTES:
            found.setdefault(key, child.get("value", ""))
    return found


def _name(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _remember(names: dict[str, None], values: Mapping[str, str]) -> None:
    if len(names) < NAMES_KEPT:
        names.update(dict.fromkeys(values))


def _forget(trace: etree._Element) -> None:
    trace.clear()
    parent = trace.getparent()
    if parent is not None:
        parent.remove(trace)


def _broken(file: Path, error: etree.XMLSyntaxError) -> InvalidInput:
    line = error.lineno or 1
    with open_log(file, lambda _: None) as log:
        undecodable = find_undecodable(log.stream, "utf-8") if "ncod" in (error.msg or "") else None
    if undecodable is not None:
        at, line = undecodable
        return InvalidInput(f"{file}, line {line}, byte {at}: this is not the encoding that the file declares (UTF-8).")
    return InvalidInput(f"{file}, line {line}: the XML is broken: {error.msg}. Nothing was imported.")
