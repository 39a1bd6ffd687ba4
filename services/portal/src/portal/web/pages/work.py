"""One item of work: what it is, its history, and what the visitor may do to it."""

import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Form
from fastapi.responses import Response
from pydantic import BaseModel

from congvu.work.v1 import events_pb2
from portal.clients import Order, read_tree
from portal.domain.commands import Command
from portal.domain.forms import read_moment
from portal.domain.refusals import plain_words
from portal.domain.tree import find_by_label
from portal.usecases.work import WorkView, give_command, read_work
from portal.web.context import Signed, Visit
from portal.web.pages.account import FromForm
from portal.web.refusals import Refusal
from portal.web.words import BASES, CAUSES, COMMANDS, GROUNDS, KINDS, OF_DOSSIERS, STATUSES, fact_name
from runtime.errors import Conflict, Denied, InvalidInput, ServiceError

# The contract's names of fields, where the form has another.
_FIELDS = {"answering_unit_id": "unit", "officer_id": "holder", "unit_id": "holder"}
_ANSWERS: Mapping[type[ServiceError], int] = {InvalidInput: 422, Conflict: 409, Denied: 403}

# Pages with lists, which have forms of their items in them.
_BACK = re.compile(r"/tasks|/units/[A-Za-z0-9._-]+(/monday)?")

# A fact recorded so much later than it happened is shown as late.
LATE_SECONDS = 300

router = APIRouter(include_in_schema=False)


class WorkForm(BaseModel):
    """What the forms of an item send, as it was typed; `back` is the page of ours that sent it, or the item's own."""

    do: Command
    back: str = ""
    reason: str = ""
    note: str = ""
    grounds: list[str] = []
    due_at: str = ""
    missed_due_at: str = ""
    review_event_id: str = ""
    holder: str = ""
    unit: str = ""
    product_code: str = ""
    title: str = ""
    request_id: str = ""


@router.get("/work/{work_id:path}")
def show_work(visit: Signed, work_id: str) -> Response:
    """The item; 404 for what does not exist or is not open to the caller."""
    return _page(visit, work_id, refusal=None)


@router.get("/parts/work/{work_id:path}")
def show_work_part(visit: Signed, work_id: str) -> Response:
    """The part of the page that a new fact changes."""
    return _page(visit, work_id, template="parts/work.html", refusal=None)


@router.post("/work/{work_id:path}")
def act_on_work(visit: FromForm, work_id: str, form: Annotated[WorkForm, Form()]) -> Response:
    """Gives the command of a form; a refusal is shown beside the form, which keeps what was typed."""
    try:
        concerned = give_command(visit.doors, _order_of(visit, work_id, form))
    except (InvalidInput, Conflict, Denied) as error:
        return _page(visit, work_id, refusal=_refusal_of(error, form), status=_ANSWERS[type(error)])
    visit.portal.hub.tell(sorted(concerned))
    return visit.back_to(form.back if _BACK.fullmatch(form.back) else f"/work/{quote(work_id)}", done=form.do)


def grounds_for(kind: int) -> dict[int, str]:
    """The grounds that work of a kind can have (L17)."""
    is_dossier = kind == events_pb2.WORK_KIND_DOSSIER
    withdrawn = events_pb2.REVIEW_GROUND_WITHDRAWN_AFTER_ISSUE
    return {
        int(ground): said
        for ground, said in GROUNDS.items()
        if (is_dossier or ground not in OF_DOSSIERS) and not (is_dossier and ground == withdrawn)
    }


def _page(
    visit: Visit, work_id: str, *, refusal: Refusal[WorkForm] | None, status: int = 200, template: str = "work.html"
) -> Response:
    view = read_work(visit.doors, visit.session, work_id, now=visit.now, calendar=visit.portal.calendar)
    return visit.page(
        template,
        status=status,
        item=view,
        moved=_moved_with(visit, view),
        refusal=refusal,
        # What was refused for a field is the same request when it is sent again; a conflict needs another id.
        fresh_id=(refusal.typed.request_id if refusal and refusal.is_mendable else "") or uuid4().hex,
        back=refusal.typed.back if refusal else "",
        grounds=grounds_for(view.work.kind),
        all_grounds=GROUNDS,
        late_seconds=LATE_SECONDS,
        statuses=STATUSES,
        kinds=KINDS,
        bases=BASES,
        causes=CAUSES,
        command_names=COMMANDS,
        fact_name=fact_name,
    )


def _moved_with(visit: Visit, view: WorkView) -> str:
    """Whose score moves when something happens to the item, if that score is open to the visitor."""
    subject = view.work.officer_id or view.work.unit_id
    is_theirs = subject == visit.session.officer_id or view.tree.is_in(view.work.unit_id, visit.session.headed)
    return str(subject) if is_theirs or visit.is_evaluator() else ""


def _order_of(visit: Visit, work_id: str, form: WorkForm) -> Order:
    if form.do is Command.RETURN and not form.note.strip():
        # Whoever has to do it again must be told what is wrong.
        raise InvalidInput("note is missing.", field="note")
    zone = visit.language.zone
    is_asking = form.do is Command.ASK
    unit_id, _, officer_id = form.holder.partition("/")
    return Order(
        command=form.do,
        work_id=work_id,
        reason=form.reason,
        note=form.note,
        grounds=[_read_ground(ground) for ground in form.grounds],
        due_at=read_moment(form.due_at, zone, "due_at"),
        missed_due_at=read_moment(form.missed_due_at, zone, "missed_due_at"),
        review_event_id=form.review_event_id,
        officer_id=officer_id,
        unit_id=find_by_label(form.unit, read_tree(visit.doors).labels()) if is_asking else unit_id,
        product_code=form.product_code,
        title=form.title,
        request_id=form.request_id,
    )


def _read_ground(text: str) -> int:
    if text not in map(str, GROUNDS):
        raise InvalidInput("Tick grounds of the list.", field="grounds")
    return int(text)


def _refusal_of(error: ServiceError, form: WorkForm) -> Refusal[WorkForm]:
    field = getattr(error, "field", "")
    return Refusal(
        message=plain_words(str(error)),
        field=_FIELDS.get(field, field),
        typed=form,
        is_mendable=isinstance(error, InvalidInput),
    )
