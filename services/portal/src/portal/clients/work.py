"""What the portal asks work."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from congvu.work.v1 import events_pb2, resources_pb2
from congvu.work.v1 import service_pb2 as work_rpc
from portal.clients.doors import Doors
from portal.domain.assigning import Assignment
from portal.domain.commands import Status
from portal.domain.desk import DeskItem
from portal.domain.history import Happening
from portal.domain.people import Load
from runtime.timestamps import from_timestamp, to_timestamp

STATUSES = {
    resources_pb2.WORK_STATUS_UNSPECIFIED: Status.ANNOUNCED,
    resources_pb2.WORK_STATUS_ANNOUNCED: Status.ANNOUNCED,
    resources_pb2.WORK_STATUS_OPEN: Status.OPEN,
    resources_pb2.WORK_STATUS_SUBMITTED: Status.SUBMITTED,
    resources_pb2.WORK_STATUS_COMPLETED: Status.COMPLETED,
    resources_pb2.WORK_STATUS_CANCELLED: Status.CANCELLED,
}


def get_work(doors: Doors, work_id: str) -> work_rpc.GetWorkResponse:
    """An item with all its facts. NotFound; Denied when it is not theirs to see."""
    return doors.work.GetWork(work_rpc.GetWorkRequest(work_id=work_id))


def list_work(doors: Doors, **asked: Any) -> Iterator[resources_pb2.Work]:
    """The items that ListWorkRequest asks for, page by page."""
    request = work_rpc.ListWorkRequest(page_size=500, **asked)
    while True:
        answer = doors.work.ListWork(request)
        yield from answer.works
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


def status_of(work: resources_pb2.Work) -> Status:
    """Where an item stands."""
    return STATUSES[work.status]


def is_request(work: resources_pb2.Work) -> bool:
    """Whether another unit asked for it (L15)."""
    return work.kind == events_pb2.WORK_KIND_REQUEST


def is_assigned(work: resources_pb2.Work) -> bool:
    """Whether it was assigned: initiatives never are, and what is only announced not yet."""
    return work.kind != events_pb2.WORK_KIND_UNSPECIFIED


def read_past(events: Sequence[events_pb2.WorkEvent]) -> list[Happening]:
    """The facts as the portal's own rules take them."""
    return [_read_happening(event) for event in events]


def list_products(doors: Doors, day: date) -> list[resources_pb2.Product]:
    """The products that are valid on a day, by name."""
    answer = doors.work.ListProducts(work_rpc.ListProductsRequest())
    today = day.isoformat()
    valid = (one for one in answer.products if one.valid_from <= today and (not one.valid_to or today < one.valid_to))
    return sorted(valid, key=lambda one: one.name)


def find_product_names(doors: Doors) -> Mapping[str, str]:
    """The names of all products, by code; the last version's."""
    answer = doors.work.ListProducts(work_rpc.ListProductsRequest())
    return {one.product_code: one.name for one in sorted(answer.products, key=lambda one: one.valid_from)}


def list_own_initiatives(doors: Doors, officer_id: str) -> Sequence[resources_pb2.Initiative]:
    """The initiatives of an author, the latest first."""
    return doors.work.ListInitiatives(work_rpc.ListInitiativesRequest(officer_id=officer_id)).initiatives


def list_own_proposals(doors: Doors, officer_id: str) -> Sequence[resources_pb2.ProductProposal]:
    """The products that an officer proposed, the latest first."""
    request = work_rpc.ListProductProposalsRequest(officer_id=officer_id, include_decided=True)
    return doors.work.ListProductProposals(request).proposals


def propose_initiative(doors: Doors, *, initiative_id: str, title: str, authors: Sequence[tuple[str, str]]) -> None:
    """Proposes it in the name of authors, each with a unit of theirs, with even shares."""
    named = [events_pb2.InitiativeAuthor(officer_id=officer_id, unit_id=unit_id) for officer_id, unit_id in authors]
    request = work_rpc.ProposeInitiativeRequest(initiative_id=initiative_id, title=title, authors=named)
    doors.work.ProposeInitiative(request)


def propose_product(doors: Doors, *, proposal_id: str, name: str, description: str) -> None:
    """Proposes a product that the catalogue lacks."""
    request = work_rpc.ProposeProductRequest(proposal_id=proposal_id, name=name, description=description)
    doors.work.ProposeProduct(request)


def _read_happening(event: events_pb2.WorkEvent) -> Happening:
    name = event.WhichOneof("fact") or ""
    fact = getattr(event, name, None)
    replaces = {"due_changed": "replaces_due_at", "delay_excused": "missed_due_at"}.get(name, "")
    return Happening(
        event_id=event.event_id,
        fact=name,
        occurred_at=from_timestamp(event.occurred_at),
        due_at=_moment(fact, "due_at"),
        replaces=_moment(fact, replaces),
        officer_id=getattr(fact, "officer_id", ""),
        has_grounds=bool(getattr(fact, "grounds", ())),
        excuses=getattr(fact, "review_event_id", ""),
    )


def _moment(fact: Any, field: str) -> datetime | None:
    stamp = getattr(fact, field, None)
    return from_timestamp(stamp) if stamp is not None and stamp.seconds else None


def list_desk(doors: Doors, unit_id: str, *, below: bool) -> list[DeskItem]:
    """What is not finished in a unit, and, with `below`, in the units below it. Denied, NotFound."""
    works = list_work(doors, unit_id=unit_id, below=below)
    return [_read_desk_item(work) for work in works if work.status != resources_pb2.WORK_STATUS_ANNOUNCED]


def _read_desk_item(work: resources_pb2.Work) -> DeskItem:
    is_submitted = work.status == resources_pb2.WORK_STATUS_SUBMITTED
    return DeskItem(
        work_id=work.work_id,
        title=work.title or work.work_id,
        officer_id=work.officer_id,
        unit_id=work.unit_id,
        units=work.standard_units,
        due_at=_moment(work, "due_at"),
        submitted_at=_moment(work, "submitted_at") if is_submitted else None,
        awaited=tuple(work.awaited_unit_ids),
        asking=work.requesting_unit_id,
        assigner_id=work.assigner_id,
        has_product=bool(work.product_code),
    )


def list_loads(doors: Doors, unit_id: str, *, below: bool) -> dict[str, Load]:
    """What the officers of a unit and, with `below`, of the units below hold, by officer. Denied, NotFound."""
    request = work_rpc.ListLoadsRequest(unit_id=unit_id, own_only=not below)
    return {one.officer_id: _read_load(one) for one in doors.work.ListLoads(request).loads if one.officer_id}


def find_load(doors: Doors, officer_id: str) -> Load | None:
    """What an officer holds; None for who has no post today. Denied, NotFound."""
    request = work_rpc.ListLoadsRequest(officer_id=officer_id)
    return next(map(_read_load, doors.work.ListLoads(request).loads), None)


def _read_load(load: work_rpc.Load) -> Load:
    return Load(
        officer_id=load.officer_id,
        unit_id=load.unit_id,
        open=load.open,
        overdue=load.overdue,
        due_soon=load.due_soon,
        submitted=load.submitted,
        waiting=load.waiting,
        units=load.standard_units,
        absent=load.absent,
    )


def assign_task(doors: Doors, wanted: Assignment) -> None:
    """Assigns the work, one item for each share. InvalidInput naming the field, Conflict, Denied."""
    due_at = to_timestamp(wanted.due_at)
    shares = [
        work_rpc.Share(unit_id=one.unit_id, officer_id=one.officer_id, standard_units=one.units, due_at=due_at)
        for one in wanted.shares
    ]
    doors.work.AssignTask(
        work_rpc.AssignTaskRequest(
            task_id=wanted.task_id,
            title=wanted.title,
            product_code=wanted.product_code,
            kind=events_pb2.WORK_KIND_TASK,
            basis=events_pb2.BASIS_EXTRA if wanted.is_extra else events_pb2.BASIS_OWN,
            basis_reason=wanted.extra_reason,
            urgent_reason=wanted.urgent_reason,
            shares=shares,
        )
    )


def list_proposed_initiatives(doors: Doors, unit_id: str) -> list[resources_pb2.Initiative]:
    """The initiatives of a unit's officers that nobody has recognised yet, the latest first."""
    found = doors.work.ListInitiatives(work_rpc.ListInitiativesRequest(unit_id=unit_id)).initiatives
    return [one for one in found if one.status == resources_pb2.INITIATIVE_STATUS_PROPOSED]


def recognise_initiative(doors: Doors, initiative_id: str) -> None:
    """Recognises it. Conflict when it is recognised already; Denied for authors and their own head (L16)."""
    doors.work.RecogniseInitiative(work_rpc.RecogniseInitiativeRequest(initiative_id=initiative_id))


def list_all_proposals(doors: Doors, *, include_decided: bool) -> Sequence[resources_pb2.ProductProposal]:
    """The products that officers proposed, the latest first. For those who decide."""
    request = work_rpc.ListProductProposalsRequest(include_decided=include_decided)
    return doors.work.ListProductProposals(request).proposals


def accept_proposal(doors: Doors, proposal_id: str, product: resources_pb2.Product) -> None:
    """Puts what is proposed into the catalogue as this product. InvalidInput, Conflict, Denied."""
    doors.work.DecideProductProposal(work_rpc.DecideProductProposalRequest(proposal_id=proposal_id, accepted=product))


def decline_proposal(doors: Doors, proposal_id: str, reason: str) -> None:
    """Declines what is proposed. InvalidInput, Conflict, Denied."""
    doors.work.DecideProductProposal(work_rpc.DecideProductProposalRequest(proposal_id=proposal_id, declined=reason))
