"""For evaluators: products that officers propose for the catalogue, and the decision about them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form
from fastapi.responses import Response
from pydantic import BaseModel

from congvu.work.v1 import resources_pb2
from portal.clients import accept_proposal, decline_proposal, list_all_proposals
from portal.domain.forms import MOST_INT32, read_units, read_whole
from portal.domain.refusals import plain_words
from portal.web.context import Signed, Visit
from portal.web.pages.account import FromForm
from portal.web.refusals import Refusal
from portal.web.words import PROPOSALS
from runtime.errors import Conflict, Denied, InvalidInput, NotFound

COMPLEXITY_GROUPS = range(1, 6)
PROPOSED = resources_pb2.PROPOSAL_STATUS_PROPOSED

router = APIRouter(include_in_schema=False)


class DecisionForm(BaseModel):
    """A decision about one proposal, as it was typed; `units` are standard units with a comma or a point."""

    action: Literal["accept", "decline"] = "decline"
    proposal_id: str = ""
    reason: str = ""
    code: str = ""
    name: str = ""
    group: str = ""
    units: str = ""
    hours: str = ""
    recurring: bool = False
    leading: bool = False


# The contract's names of fields, where the form has another.
_FIELDS = {
    "product_code": "code",
    "complexity_group": "group",
    "standard_units": "units",
    "standard_term_hours": "hours",
    "declined": "reason",
}


@router.get("/evaluation/proposals")
def show_proposals(visit: Signed) -> Response:
    """What is proposed, and what was decided lately."""
    visit.require_role("evaluator")
    return _page(visit)


@router.post("/evaluation/proposals")
def decide_proposal(visit: FromForm, form: Annotated[DecisionForm, Form()]) -> Response:
    """Decides; a refusal is shown beside the form, which keeps what was typed."""
    visit.require_role("evaluator")
    try:
        if form.action == "accept":
            accept_proposal(visit.doors, form.proposal_id, read_product(form, _today(visit)))
        else:
            decline_proposal(visit.doors, form.proposal_id, form.reason.strip())
    except (InvalidInput, Conflict, Denied, NotFound) as error:
        field = getattr(error, "field", "").rpartition(".")[2]
        refusal = Refusal(message=plain_words(str(error)), field=_FIELDS.get(field, field), typed=form)
        return _page(visit, refusal=refusal, status=422 if isinstance(error, InvalidInput) else 409)
    return visit.back_to("/evaluation/proposals", done=f"proposal-{form.action}")


def read_product(form: DecisionForm, today: str) -> resources_pb2.Product:
    """The product that the form describes, in force from today. Raises InvalidInput."""
    return resources_pb2.Product(
        product_code=form.code.strip(),
        name=form.name.strip(),
        complexity_group=read_whole(form.group, "group", most=MOST_INT32),
        standard_units=read_units(form.units, "units"),
        standard_term_hours=read_whole(form.hours, "hours", most=MOST_INT32),
        recurring=form.recurring,
        leading=form.leading,
        valid_from=today,
    )


def _today(visit: Visit) -> str:
    return visit.now.astimezone(visit.language.zone).date().isoformat()


def _page(visit: Visit, *, refusal: Refusal[DecisionForm] | None = None, status: int = 200) -> Response:
    proposals = list_all_proposals(visit.doors, include_decided=True)
    return visit.page(
        "evaluation_proposals.html",
        status=status,
        waiting=[one for one in proposals if one.status == PROPOSED],
        decided=[one for one in proposals if one.status != PROPOSED],
        refusal=refusal,
        status_names=PROPOSALS,
        groups=COMPLEXITY_GROUPS,
    )
