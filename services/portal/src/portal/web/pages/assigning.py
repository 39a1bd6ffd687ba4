"""Assigning work to the people of a unit."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Form
from fastapi.responses import Response
from pydantic import BaseModel

from portal.clients import assign_task, list_people, list_products, read_tree
from portal.domain.assigning import Assignment, Typed, find_faults, read_assignment
from portal.domain.forms import read_moment
from portal.domain.refusals import plain_words
from portal.domain.sorting import name_key
from portal.domain.tree import Tree, read_label
from portal.web.context import Signed, Visit
from portal.web.pages.account import FromForm
from portal.web.pages.units import may_assign
from runtime.errors import Conflict, Denied, InvalidInput, NotFound

FIRST_ROWS, MORE_ROWS, MOST_ROWS = 1, 3, 50
# The contract's names of fields, where the form has another.
_FIELDS = {"officer_id": "holders", "unit_id": "holders", "standard_units": "shares", "basis_reason": "extra_reason"}
_FIELDS |= {"basis": "extra_reason"}
FIELDS = ("title", "product_code", "holders", "shares", "due_at", "extra_reason", "urgent_reason")

router = APIRouter(include_in_schema=False)


class AssignForm(BaseModel):
    """The form as it was typed; `more` asks for more rows of people instead of sending it."""

    task_id: str = ""
    title: str = ""
    product: str = ""
    holder: list[str] = []
    share: list[str] = []
    due_at: str = ""
    is_extra: bool = False
    extra_reason: str = ""
    is_urgent: bool = False
    urgent_reason: str = ""
    more: str = ""

    def typed(self) -> Typed:
        """What the rules look at."""
        return Typed(
            task_id=self.task_id,
            title=self.title,
            product_code=read_label(self.product),
            holders=self.holder[:MOST_ROWS],
            shares=self.share[:MOST_ROWS],
            is_extra=self.is_extra,
            extra_reason=self.extra_reason,
            is_urgent=self.is_urgent,
            urgent_reason=self.urgent_reason,
        )


@router.get("/units/{unit_id}/assign")
def show_form(visit: Signed, unit_id: str) -> Response:
    """The empty form; 404 for who does not head the unit or one above it."""
    return _page(visit, unit_id, AssignForm(task_id=uuid4().hex), faults={}, rows=FIRST_ROWS)


@router.post("/units/{unit_id}/assign")
def assign(visit: FromForm, unit_id: str, form: Annotated[AssignForm, Form()]) -> Response:
    """Assigns the work; what is wrong is told beside its field, and what was typed stays."""
    rows = max(len(form.holder), FIRST_ROWS)
    if form.more:
        return _page(visit, unit_id, form, faults={}, rows=min(rows + MORE_ROWS, MOST_ROWS))
    if faults := _try(visit, form):
        return _page(visit, unit_id, form, faults=faults, rows=rows, status=422)
    return visit.back_to(f"/units/{unit_id}", done="assigned")


def _try(visit: Visit, form: AssignForm) -> dict[str, str]:
    """Assigns the work, or tells by field what is wrong; "" is the whole form."""
    typed, today = form.typed(), visit.portal.calendar.local_day(visit.now)
    products = {one.product_code: one.standard_units for one in list_products(visit.doors, today)}
    try:
        due_at = read_moment(form.due_at, visit.language.zone, "due_at")
        if faults := find_faults(typed, due_at=due_at, products=products):
            return faults
        assignment = read_assignment(typed, due_at=due_at, products=products)
        tree = read_tree(visit.doors)
        assign_task(visit.doors, assignment)
        _tell(visit, tree, assignment)
    except InvalidInput as error:
        field = _FIELDS.get(error.field, error.field)
        return {field if field in FIELDS else "": plain_words(str(error))}
    except (Conflict, Denied, NotFound) as error:
        return {"": plain_words(str(error))}
    return {}


def _tell(visit: Visit, tree: Tree, assignment: Assignment) -> None:
    """Open pages show the work at once: the scores of those concerned need not move by what is due in a later month."""
    units = {above for share in assignment.shares for above in tree.above(share.unit_id)}
    visit.portal.hub.tell(sorted(units | {share.officer_id for share in assignment.shares if share.officer_id}))


def _page(
    visit: Visit, unit_id: str, form: AssignForm, *, faults: Mapping[str, str], rows: int, status: int = 200
) -> Response:
    if not may_assign(visit, unit_id):
        raise NotFound(f"There is no unit {unit_id} for you to assign work in.")
    tree, today = read_tree(visit.doors), visit.portal.calendar.local_day(visit.now)
    pairs = [*zip(form.holder, [*form.share, *[""] * len(form.holder)], strict=False)]
    return visit.page(
        "assign.html",
        status=status,
        unit_id=unit_id,
        unit_name=tree.name_of(unit_id),
        form=form,
        faults=faults,
        rows=[*pairs, *[("", "")] * (rows - len(pairs))],
        holders=_holders(visit, unit_id, tree),
        products=list_products(visit.doors, today),
    )


def _holders(visit: Visit, unit_id: str, tree: Tree) -> Sequence[tuple[str, Sequence[tuple[str, str]]]]:
    """Who can be chosen, by the name of their unit: value and name; the unit itself first of all."""
    named: dict[str, list[Any]] = {unit_id: []}
    for person in list_people(visit.doors, unit_id, visit.portal.calendar.local_day(visit.now)):
        for own in person.unit_ids:
            if tree.is_in(own, [unit_id]):
                named.setdefault(own, []).append(person)
    return [
        (
            tree.name_of(own),
            [(f"{own}/{one.officer_id}", one.name) for one in sorted(people, key=lambda one: name_key(one.name))],
        )
        for own, people in named.items()
    ]
