"""What becomes of the traces and events of an XES log."""

import gzip
from typing import Any

import pytest

from embedded.importer.report import Reason
from runtime.errors import InvalidInput

CHANGES = {
    "columns.item": "case:concept:name",
    "columns.officer": "case:responsible",
    "columns.unit": "case:group",
    "columns.due": "case:due",
    "columns.step": "concept:name",
    "columns.step_at": "time:timestamp",
    "columns.step_officer": "org:resource",
    "facts.assigned": {"at": "case:start"},
    "facts.completed": {"steps": ["decide"]},
}


def event(step: str, at: str, by: str) -> str:
    return (
        f'<event><string key="concept:name" value="{step}"/><date key="time:timestamp" value="{at}"/>'
        f'<string key="org:resource" value="{by}"/><list key="notes"><string key="concept:name" value="inner"/></list>'
        "</event>\n"
    )


def trace(name: str, *events: str) -> str:
    return (
        f'<trace>\n<string key="concept:name" value="{name}"/><string key="responsible" value="Lan"/>'
        '<string key="group" value="Land"/><date key="due" value="2025-03-10T17:00:00.000+07:00"/>'
        f'<date key="start" value="2025-03-01T08:00:00.000+07:00"/>\n{"".join(events)}</trace>\n'
    )


def log(*traces: str, start: str = '<log xes.version="1849.2016" xmlns="http://www.xes-standard.org/">') -> str:
    head = (
        '<extension name="Concept" prefix="concept" uri="u"/><global scope="trace"><string key="x" value="y"/></global>'
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{start}\n{head}\n{"".join(traces)}</log>\n'


TWO = (
    trace(
        "B1", event("check", "2025-03-02T09:00:00+07:00", "Minh"), event("decide", "2025-03-03T09:00:00+07:00", "Lan")
    ),
    trace("B2", event("check", "2025-03-04T09:00:00+07:00", "Lan")),
)


def test_attributes_of_the_trace_are_the_items_and_those_of_events_the_steps(importing: Any) -> None:
    done = importing(log(*TWO), changes=CHANGES)
    assert [kind for kind, _ in done.facts_of("B1")] == ["Assigned", "Completed"]
    assert [kind for kind, _ in done.facts_of("B2")] == ["Assigned", "Cancelled"]
    assert (done.report.rows, done.report.items, done.report.names) == (3, 2, 2)


def test_gzip_and_a_log_without_a_namespace_are_read_alike(importing: Any) -> None:
    plain = importing(log(*TWO), changes=CHANGES).events
    assert importing(gzip.compress(log(*TWO, start="<log>").encode()), changes=CHANGES).events == plain


def test_the_file_tells_what_it_is_whatever_its_name(importing: Any) -> None:
    assert importing(log(*TWO), name="log.csv", changes=CHANGES).report.items == 2


def test_a_trace_without_events_is_an_item_all_the_same(importing: Any) -> None:
    done = importing(log(*TWO, trace("B3")), changes=CHANGES)
    assert [kind for kind, _ in done.facts_of("B3")] == ["Assigned", "Cancelled"]


def test_a_step_after_the_65536th_line_is_named_by_its_line(importing: Any) -> None:
    filler = "\n" * 70_000
    late = trace("B3", event("check", "nonsense", "Lan"))
    text = log(*TWO, filler, late)
    done = importing(text, changes=CHANGES)
    assert done.finding(Reason.UNPARSABLE_TIME).places[0].line == text[: text.index("nonsense")].count("\n") + 1


def test_an_attribute_that_nothing_has_stops_the_import(importing: Any, door: Any) -> None:
    with pytest.raises(InvalidInput, match=r"no column case:deadline.*case:concept:name, case:due"):
        importing(log(*TWO), changes=CHANGES | {"columns.due": "case:deadline"}, door=door)
    assert not door.organizations


def test_broken_xml_is_an_error_with_its_line_and_nothing_is_written(importing: Any, door: Any) -> None:
    with pytest.raises(InvalidInput, match=r"line 1\d: the XML is broken"):
        importing(log(*TWO).replace("</log>", ""), changes=CHANGES, door=door)
    assert not door.organizations


def test_a_wrong_byte_is_named_by_line_and_place(importing: Any) -> None:
    text = log(*TWO).encode().replace(b"Minh", b"M\xe9nh", 1)
    line = text[: text.index(0xE9)].count(b"\n") + 1
    with pytest.raises(InvalidInput, match=rf"line {line}, byte {text.index(0xE9)}: this is not the encoding"):
        importing(text, changes=CHANGES)


def test_another_xml_file_is_no_log(importing: Any) -> None:
    with pytest.raises(InvalidInput, match="root element is html"):
        importing("<html><body/></html>", changes=CHANGES)


def test_attributes_after_the_events_are_refused_as_the_standard_says(importing: Any) -> None:
    late = TWO[0].replace("</trace>", '<string key="late" value="x"/></trace>')
    with pytest.raises(InvalidInput, match="stands after its events"):
        importing(log(late), changes=CHANGES)


def test_entities_are_not_expanded_without_end(importing: Any) -> None:
    bomb = '<!DOCTYPE log [<!ENTITY a "0123456789">' + "".join(
        f'<!ENTITY {chr(98 + depth)} "{f"&{chr(97 + depth)};" * 10}">' for depth in range(9)
    )
    text = log(*TWO).replace("<log ", f"{bomb}]><log ").replace('value="Minh"', 'value="&j;"')
    with pytest.raises(InvalidInput, match="the XML is broken"):
        importing(text, changes=CHANGES)


def test_other_life_cycle_transitions_are_no_steps(importing: Any) -> None:
    started = event("decide", "2025-03-02T10:00:00+07:00", "Lan").replace(
        "</event>", '<string key="lifecycle:transition" value="START"/></event>'
    )
    done = importing(
        log(trace("B1", started.replace("START", "Complete").replace("T10", "T11"), started)),
        changes=CHANGES | {"columns.lifecycle": {"column": "lifecycle:transition", "keep": ["complete"]}},
    )
    assert done.facts_of("B1")[-1][1].hour == 4
    assert done.finding(Reason.OTHER_TRANSITION).count == 1
