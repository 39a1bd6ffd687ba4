"""The pages of the bench read what the portal sends, however it is cut, and count what its fragments show."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bench.browsers import COUNTS, Part, Plan, find_delays
from bench.http2 import Call
from bench.streams import Page, Stream
from congvu.evaluation.v1 import resources_pb2
from portal.domain.city import Place, UnitRow
from portal.domain.people import Load, PersonRow
from portal.usecases.scores import Score
from portal.web.context import make_templates
from portal.web.languages import LANGUAGES, Language

PAGE = Page(kind="own", secret="s", watch=["score:A"])


def render(view: str, code: str, **values: Any) -> str:
    lang = Language(code, ZoneInfo("Asia/Ho_Chi_Minh"))
    return make_templates().get_template(f"fragments/{view}.html").render(lang=lang, t=lang.say, **values)


def score(items: int) -> Score:
    indicator = resources_pb2.Indicator(indicator_id="overdue", name_vi="Quá hạn", name_en="Overdue", weight=10)
    indicator.numerator, indicator.denominator = items - 1, items
    card = resources_pb2.Scorecard(subject_id="A", now=resources_pb2.Result(points=80_00, indicators=[indicator]))
    return Score(subject="A", period="2026-11", cards=[card])


def row(items: int) -> UnitRow:
    place = Place(unit_id="A", name="A", kind="department", parent_id="", has_units=False)
    return UnitRow(
        place=place,
        period="2026-11",
        points=80_00,
        band=0,
        points_later=None,
        band_later=0,
        due=items,
        overdue=1,
        small_sample=False,
        change=None,
        trend=(80_00,),
    )


def person(opened: int) -> PersonRow:
    return PersonRow(
        officer_id="A",
        name="A",
        unit_id="B",
        unit_name="B",
        leads=False,
        points=80_00,
        band=0,
        points_later=None,
        band_later=0,
        small_sample=False,
        trend=(80_00,),
        load=Load(officer_id="A", unit_id="B", open=opened, overdue=1, due_soon=2, submitted=3, waiting=4),
    )


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_a_page_counts_is_what_the_portal_shows(code: str) -> None:
    assert COUNTS["score"](render("score", code, score=score(1_234))) == 1_234
    assert COUNTS["row"](render("row", code, row=row(1_234))) == 1_234
    assert COUNTS["person"](render("person", code, person=person(1_234))) == -1_234


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_a_stream_is_read_however_it_is_cut(size: int) -> None:
    events: list[tuple[str, Any]] = [
        ("retry: 1000\n\n", None),
        ('event: moved\ndata: ["Á"]\n\n', ["Á"]),
        ("event: beat\ndata: {}\n\n", {}),
    ]
    chunks = [f"{len(text.encode()):x}\r\n{text}\r\n" for text, _ in events]
    sent = ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + "".join(chunks)).encode()
    taken: list[tuple[str, Any]] = []
    stream = Stream("host", PAGE, lambda name, data: taken.append((name, data)))
    for begin in range(0, len(sent), size):
        stream.data_received(sent[begin : begin + size])
    assert (taken, stream.lost) == ([("moved", ["Á"]), ("beat", {})], "")


def test_a_page_that_is_refused_is_lost() -> None:
    stream = Stream("host", PAGE, lambda name, data: None)
    stream.data_received(b"HTTP/1.1 404 Not Found\r\n\r\n" + json.dumps({"title": "NotFound"}).encode())
    assert stream.lost == "HTTP/1.1 404 Not Found"


def test_a_fact_is_shown_when_so_many_more_are_counted_as_were_accepted_before_it() -> None:
    plan = Plan(
        portal="",
        work="",
        redis="",
        token="",
        pages=[PAGE],
        officers=[("A", ["U"])],
        first=0,
        facts_per_second=1,
        warm_up=0,
        seconds=4,
    )
    facts = [Call("A", due=number, request=b"", answered=number + 0.25) for number in range(4)]
    shown = {Part(0, "score", "A"): [(-5.0, 10), (1.0, 11), (2.5, 13)]}
    found = find_delays(plan, shown, {"A": facts}, begin=1.0)
    assert found == {"delays": {"own": [1.25, 0.25]}, "never": 1}
