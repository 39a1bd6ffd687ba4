"""What comes in: instants, days, enums, shares and products out of proto, with a clear refusal of what is none."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import IntEnum
from typing import Any, TypeVar

from congvu.work.v1 import resources_pb2, service_pb2
from runtime.errors import InvalidInput
from work.domain.catalogue import Product
from work.domain.facts import Basis, ReviewGround, WorkKind
from work.domain.items import WorkStatus
from work.domain.planning import Share
from work.domain.selection import Selection
from work.domain.terms import Outage
from work.events.reading import read_instant
from work.usecases.requests import NewRequest
from work.usecases.tasks import NewTask

DEFAULT_PAGE = 100
LONGEST_PAGE = 500

E = TypeVar("E", bound=IntEnum)


def instant(message: Any, name: str) -> datetime | None:
    """An optional instant of a request."""
    return read_instant(getattr(message, name), name) if message.HasField(name) else None


def required_instant(message: Any, name: str) -> datetime:
    """An instant that a request must have."""
    moment = instant(message, name)
    if moment is None:
        raise InvalidInput(f"{name} is missing.", field=name)
    return moment


def grounds_of(numbers: Sequence[int]) -> list[ReviewGround]:
    """Grounds of a failed review."""
    return [_member(ReviewGround, number, "grounds") for number in numbers]


def task_of(request: service_pb2.AssignTaskRequest) -> NewTask:
    """A task as it is to be assigned; kind and basis left out are a task of one's own."""
    return NewTask(
        task_id=request.task_id,
        title=request.title,
        product_code=request.product_code,
        kind=_member(WorkKind, request.kind or WorkKind.TASK, "kind"),
        basis=_member(Basis, request.basis or Basis.OWN, "basis"),
        basis_reason=request.basis_reason,
        urgent_reason=request.urgent_reason,
        shares=[
            Share(
                officer_id=share.officer_id,
                unit_id=share.unit_id,
                standard_units=share.standard_units,
                due_at=instant(share, "due_at"),
            )
            for share in request.shares
        ],
    )


def request_of(request: service_pb2.SendRequestRequest) -> NewRequest:
    """A request of another unit as it is to be sent."""
    return NewRequest(
        request_id=request.request_id,
        title=request.title,
        product_code=request.product_code,
        answering_unit_id=request.answering_unit_id,
        answering_officer_id=request.answering_officer_id,
        waiting_work_id=request.waiting_work_id,
        due_at=instant(request, "due_at"),
    )


def selection_of(request: service_pb2.ListWorkRequest) -> Selection:
    """Which items a list is to show."""
    return Selection(
        officer_id=request.officer_id,
        unit_id=request.unit_id,
        below=request.below,
        sent=request.sent,
        unheld=request.unheld,
        include_finished=request.include_finished,
        statuses=frozenset(_member(WorkStatus, number, "statuses") for number in request.statuses),
        due_before=instant(request, "due_before"),
    )


def outage_of(request: service_pb2.RecordOutageRequest) -> Outage:
    """An outage as it is to be recorded."""
    return Outage(
        outage_id=request.outage_id,
        # `from` is a keyword of Python.
        began_at=required_instant(request, "from"),
        ended_at=required_instant(request, "to"),
        reason=request.reason,
    )


def product_of(message: resources_pb2.Product) -> Product:
    """A version of a product."""
    return Product(
        product_code=message.product_code,
        name=message.name,
        complexity_group=message.complexity_group,
        standard_units=message.standard_units,
        standard_term_hours=message.standard_term_hours,
        recurring=message.recurring,
        leading=message.leading,
        valid_from=_day(message.valid_from, "valid_from"),
        valid_to=_day(message.valid_to, "valid_to") if message.valid_to else None,
    )


def decision_of(request: service_pb2.DecideProductProposalRequest) -> Product | str:
    """The product as which a proposal is accepted, or the reason why it is declined."""
    match request.WhichOneof("decision"):
        case "accepted":
            return product_of(request.accepted)
        case "declined":
            return request.declined
    raise InvalidInput("decision is missing: accept it as a product, or decline it with a reason.", field="decision")


def page_size_of(size: int) -> int:
    """1 to 500; 100 when left out."""
    if not 0 <= size <= LONGEST_PAGE:
        raise InvalidInput(f"page_size is {size}: give 1 to {LONGEST_PAGE}.", field="page_size")
    return size or DEFAULT_PAGE


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{field} is {text!r}: give a day such as 2026-07-01.", field=field) from None


def _member(kind: type[E], number: int, field: str) -> E:
    try:
        return kind(number)
    except ValueError:
        raise InvalidInput(f"{field} is {number}, which the contract does not know.", field=field) from None
