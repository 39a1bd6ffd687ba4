"""For evaluators: what could not be applied, what came late, how far the log is read, policies, proposals."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response
from google.protobuf.json_format import Error as JsonError
from google.protobuf.json_format import MessageToJson, Parse, ParseError
from google.protobuf.message import DecodeError
from pydantic import BaseModel

from congvu.evaluation.v1 import resources_pb2 as evaluation_pb2
from congvu.work.v1 import events_pb2
from portal.clients import (
    declare_missing,
    drop_record,
    find_name,
    get_position,
    list_late_facts,
    list_parked,
    list_places,
    list_policies,
    replace_record,
)
from portal.domain.forms import read_whole
from portal.domain.months import months_until
from portal.domain.parking import explain
from portal.web.context import Signed, Visit
from portal.web.languages import Language
from portal.web.pages.account import FromForm
from portal.web.refusals import Refusal
from portal.web.words import MEASURES, fact_name
from runtime.errors import Conflict, InvalidInput, NotFound, ServiceError

MONTHS_OFFERED = 12
# Measures that count; all others are thousandths.
COUNTED = ("_items", "ratings", "rating_stars")
EVENT_INDENT = 2

router = APIRouter(include_in_schema=False)


class MendForm(BaseModel):
    """A mend of one parked record, as it was typed."""

    action: Literal["replace", "drop", "missing"] = "drop"
    work_id: str = ""
    offset: str = ""
    revision: str = ""
    event: str = ""
    reason: str = ""
    # The page of the list that it stood on.
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A parked record with what it says, as far as it can be read, and those that wait behind it."""

    record: evaluation_pb2.ParkedRecord
    event: str
    behind: Sequence[evaluation_pb2.ParkedRecord]


@router.get("/evaluation")
def show_first(visit: Signed) -> Response:
    """Leads to what waits."""
    visit.require_role("evaluator")
    return visit.back_to("/evaluation/parked")


@router.get("/evaluation/parked")
def show_parked(visit: Signed, after: Annotated[str, Query(max_length=100)] = "") -> Response:
    """What could not be applied, with forms to mend it."""
    visit.require_role("evaluator")
    return _parked_page(visit, after=after)


@router.post("/evaluation/parked")
def mend_parked(visit: FromForm, form: Annotated[MendForm, Form()]) -> Response:
    """Mends a record; a refusal is shown beside the form, which keeps what was typed."""
    visit.require_role("evaluator")
    try:
        _mend(visit, form)
    except (InvalidInput, Conflict, NotFound) as error:
        refusal = Refusal(message=_say(visit, str(error)), field=getattr(error, "field", ""), typed=form)
        return _parked_page(visit, after=form.after, refusal=refusal, status=_status_of(error))
    return visit.back_to("/evaluation/parked", done="mended")


@router.get("/evaluation/late")
def show_late_facts(
    visit: Signed,
    period: Annotated[str, Query(max_length=7)] = "",
    after: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """What was recorded after the cut-off of a month, and what that changed."""
    visit.require_role("evaluator")
    late = list_late_facts(visit.doors, period, after)
    officers = {fact.contribution.officer_id for fact in late.facts} - {""}
    today = visit.now.astimezone(visit.language.zone).date().isoformat()
    return visit.page(
        "evaluation_late.html",
        late=late,
        months=months_until(max(today[:7], late.period), MONTHS_OFFERED),
        places=list_places(visit.portal.own),
        names={one: find_name(visit.doors, one) for one in sorted(officers)},
        fact_name=fact_name,
        changes_of=lambda contribution: list(say_changes(contribution.measures, visit.language)),
    )


@router.get("/evaluation/log")
def show_log(visit: Signed) -> Response:
    """How far the log is read."""
    visit.require_role("evaluator")
    root = next((one.unit_id for one in list_places(visit.portal.own).values() if one.kind == "city"), "")
    return visit.page("evaluation_log.html", root=root, position=get_position(visit.doors))


@router.get("/parts/log-position")
def show_log_part(visit: Signed) -> Response:
    """The numbers alone."""
    visit.require_role("evaluator")
    return visit.page("parts/log_position.html", position=get_position(visit.doors))


@router.get("/evaluation/policies")
def show_policies(visit: Signed) -> Response:
    """Every version of every policy; they are changed in their files only."""
    visit.require_role("evaluator")
    return visit.page("evaluation_policies.html", policies=list_policies(visit.doors))


def read_event(text: str) -> events_pb2.WorkEvent:
    """An event as the contract writes it in JSON. Raises InvalidInput."""
    try:
        event = Parse(text, events_pb2.WorkEvent())
    except (ParseError, RecursionError) as error:
        raise InvalidInput(f"This is no WorkEvent of congvu.work.v1: {error}.", field="event") from None
    if event.WhichOneof("fact") is None:
        raise InvalidInput('The event has no fact, such as "completed": {}.', field="event")
    return event


def write_event(value: bytes) -> str:
    """What a record says, in JSON; empty for what is no event."""
    try:
        event = events_pb2.WorkEvent.FromString(value)
        return MessageToJson(event, preserving_proto_field_name=True, ensure_ascii=False, indent=EVENT_INDENT)
    except (DecodeError, JsonError):
        # A time outside the years of JSON, for one.
        return ""


def say_changes(measures: Mapping[str, int], language: Language) -> Iterator[str]:
    """What an item adds to each measure, as sentences, in the order of their names."""
    for name, amount in sorted(measures.items()):
        shown = language.number(abs(amount)) if name.endswith(COUNTED) else language.units(abs(amount))
        yield f"{'+' if amount > 0 else '−'}{shown} {language.say(MEASURES.get(name, name))}"


def group_parked(records: Sequence[evaluation_pb2.ParkedRecord]) -> list[Parked]:
    """Each record that stops its item, with those that wait for it; of an item with a gap the first that waits."""
    of_item: defaultdict[str, list[evaluation_pb2.ParkedRecord]] = defaultdict(list)
    for number, record in enumerate(records):
        of_item[record.work_id or str(number)].append(record)
    grouped = []
    for parked in of_item.values():
        ordered = sorted(parked, key=lambda record: (record.behind, record.offset))
        stops = [record for record in ordered if not record.behind] or ordered[:1]
        for record in stops:
            behind = [one for one in ordered if one.behind and one is not record] if record is stops[0] else []
            grouped.append(Parked(record=record, event=write_event(record.value), behind=behind))
    return grouped


def _say(visit: Visit, reason: str) -> str:
    sentence, values = explain(reason)
    return visit.language.say(sentence, **values)


def _mend(visit: Visit, form: MendForm) -> None:
    reason = form.reason.strip()
    if not reason:
        raise InvalidInput("Say why; the reason is kept with the mend.", field="reason")
    match form.action:
        case "replace":
            event = read_event(form.event)
            replace_record(visit.doors, form.work_id, read_whole(form.offset, "offset"), event=event, reason=reason)
        case "drop":
            drop_record(visit.doors, form.work_id, read_whole(form.offset, "offset"), reason=reason)
        case "missing":
            declare_missing(visit.doors, form.work_id, read_whole(form.revision, "revision"), reason=reason)


def _status_of(error: ServiceError) -> int:
    return 422 if isinstance(error, InvalidInput) else 409


def _parked_page(
    visit: Visit, *, after: str = "", refusal: Refusal[MendForm] | None = None, status: int = 200
) -> Response:
    waiting: Any = list_parked(visit.doors, after)
    return visit.page(
        "evaluation_parked.html",
        status=status,
        after=after,
        waiting=waiting,
        parked=group_parked(waiting.records),
        say_reason=lambda reason: _say(visit, reason),
        refusal=refusal,
    )
