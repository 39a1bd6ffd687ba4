"""An officer's own tasks: take, hand back, finish, ask another unit, propose."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Form
from fastapi.responses import Response
from pydantic import BaseModel

from portal.clients import propose_product
from portal.domain.commands import Command
from portal.domain.refusals import plain_words
from portal.usecases.tasks import FreeWork, propose, read_free_work, read_proposals, read_tasks
from portal.usecases.work import take_work
from portal.web.context import Signed, Visit
from portal.web.pages.account import FromForm
from portal.web.words import PROPOSALS, RECOGNISED, REQUEST_KIND, status_name
from runtime.errors import Conflict, Denied, InvalidInput, NotFound

CO_AUTHORS = 4
WORDS: Mapping[str, Any] = {
    "request_kind": REQUEST_KIND,
    "recognised": RECOGNISED,
    "proposal_names": PROPOSALS,
    "status_name": status_name,
}

router = APIRouter(include_in_schema=False)


class InitiativeForm(BaseModel):
    """A proposed initiative; `others` are labels of co-authors."""

    id: str = ""
    title: str = ""
    others: list[str] = []


class ProductForm(BaseModel):
    """A product that the catalogue lacks."""

    id: str = ""
    name: str = ""
    description: str = ""


@router.get("/tasks")
def show_tasks(visit: Signed) -> Response:
    """What is open, what can be taken, what is finished, and what one proposed."""
    return _page(visit)


@router.get("/parts/tasks")
def show_task_lists(visit: Signed) -> Response:
    """The part of the page that a new fact changes."""
    return visit.page("parts/task_lists.html", fresh_id=uuid4().hex, **_read_lists(visit))


@router.get("/parts/tasks/free")
def show_free_work(visit: Signed) -> Response:
    """The part with what nobody holds."""
    return visit.page("parts/free_work.html", free=_read_free(visit))


@router.post("/tasks/take")
def take_task(visit: FromForm, work_id: Annotated[str, Form()]) -> Response:
    """Takes work that nobody holds."""
    try:
        concerned = take_work(visit.doors, work_id)
    except (Conflict, Denied, InvalidInput, NotFound) as error:
        return _page(visit, refused="take", error=error)
    visit.portal.hub.tell(sorted(concerned))
    return visit.back_to("/tasks", done=Command.TAKE)


@router.post("/tasks/initiatives")
def propose_own_initiative(visit: FromForm, form: Annotated[InitiativeForm, Form()]) -> Response:
    """Proposes an initiative, alone or with others."""
    try:
        propose(
            visit.doors,
            _own_id(visit),
            initiative_id=form.id,
            title=form.title,
            others=form.others,
            now=visit.now,
            zone=visit.language.zone,
        )
    except (Conflict, Denied, InvalidInput) as error:
        return _page(visit, refused="initiative", error=error, typed=form)
    return visit.back_to("/tasks", done="initiative-proposed")


@router.post("/tasks/products")
def propose_own_product(visit: FromForm, form: Annotated[ProductForm, Form()]) -> Response:
    """Proposes a product for the catalogue."""
    try:
        propose_product(visit.doors, proposal_id=form.id, name=form.name, description=form.description)
    except (Conflict, Denied, InvalidInput) as error:
        return _page(visit, refused="product", error=error, typed=form)
    return visit.back_to("/tasks", done="product-proposed")


def _page(
    visit: Visit,
    *,
    refused: str = "",
    error: Conflict | Denied | InvalidInput | NotFound | None = None,
    typed: InitiativeForm | ProductForm | None = None,
) -> Response:
    lists = _read_lists(visit)
    tree, today = lists["tasks"].tree, visit.portal.calendar.local_day(visit.now)
    return visit.page(
        "tasks.html",
        status=200 if error is None else 422,
        proposals=read_proposals(visit.doors, _own_id(visit), tree, today),
        refused=refused,
        problem=plain_words(str(error)) if error else "",
        field=getattr(error, "field", ""),
        typed=typed,
        fresh_id=uuid4().hex,
        is_mendable=isinstance(error, InvalidInput),
        co_authors=CO_AUTHORS,
        **lists,
    )


def _read_lists(visit: Visit) -> Mapping[str, Any]:
    tasks = read_tasks(visit.doors, _own_id(visit), now=visit.now, calendar=visit.portal.calendar)
    return {"tasks": tasks, "free": _read_free(visit), **WORDS}


def _read_free(visit: Visit) -> FreeWork:
    return read_free_work(visit.doors, _own_id(visit), visit.portal.calendar.local_day(visit.now))


def _own_id(visit: Visit) -> str:
    if not visit.session.officer_id:
        raise NotFound(visit.language.say("Your account is no officer's; it has no tasks of its own."))
    return visit.session.officer_id
