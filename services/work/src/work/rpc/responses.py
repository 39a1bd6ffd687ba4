"""What goes out: items, products and initiatives as the contract writes them."""

from collections.abc import Sequence
from typing import Any

from congvu.work.v1 import resources_pb2, service_pb2
from runtime.timestamps import to_timestamp
from work.domain.catalogue import Product
from work.domain.initiatives import Initiative
from work.domain.intake import Refusal
from work.domain.items import Item
from work.domain.loads import Load
from work.domain.proposals import ProductProposal
from work.events.writing import write_author


def work_message(item: Item, awaited_unit_ids: Sequence[str] = ()) -> resources_pb2.Work:
    """An item as its owner sees it; lists and single looks say also whose answer it waits for."""
    return resources_pb2.Work(
        work_id=item.work_id,
        status=_number(item.status),
        kind=_number(item.kind),
        title=item.title,
        officer_id=item.officer_id,
        unit_id=item.unit_id,
        product_code=item.product_code,
        standard_units=item.standard_units,
        assigned_at=to_timestamp(item.assigned_at),
        due_at=to_timestamp(item.due_at),
        revision=item.revision,
        whole_id=item.whole_id,
        requesting_unit_id=item.requesting_unit_id,
        waiting_work_id=item.waiting_work_id,
        submitted_at=to_timestamp(item.submitted_at),
        awaited_unit_ids=awaited_unit_ids,
        assigner_id=item.assigner_id,
    )


def load_message(load: Load) -> service_pb2.Load:
    """How much an officer or a unit holds."""
    return service_pb2.Load(
        officer_id=load.officer_id,
        unit_id=load.unit_id,
        open=load.open,
        overdue=load.overdue,
        due_soon=load.due_soon,
        submitted=load.submitted,
        waiting=load.waiting,
        standard_units=load.standard_units,
        absent=load.absent,
    )


def product_message(product: Product) -> resources_pb2.Product:
    """A version of a product."""
    return resources_pb2.Product(
        product_code=product.product_code,
        name=product.name,
        complexity_group=product.complexity_group,
        standard_units=product.standard_units,
        standard_term_hours=product.standard_term_hours,
        recurring=product.recurring,
        leading=product.leading,
        valid_from=product.valid_from.isoformat(),
        valid_to=product.valid_to.isoformat() if product.valid_to else "",
    )


def initiative_message(initiative: Initiative) -> resources_pb2.Initiative:
    """An initiative with its authors' shares."""
    return resources_pb2.Initiative(
        initiative_id=initiative.initiative_id,
        title=initiative.title,
        authors=[write_author(author) for author in initiative.authors],
        status=_number(initiative.status),
        proposed_at=to_timestamp(initiative.proposed_at),
    )


def proposal_message(proposal: ProductProposal) -> resources_pb2.ProductProposal:
    """A proposed product, and what was decided about it."""
    return resources_pb2.ProductProposal(
        proposal_id=proposal.proposal_id,
        officer_id=proposal.officer_id,
        name=proposal.name,
        description=proposal.description,
        status=_number(proposal.status),
        proposed_at=to_timestamp(proposal.proposed_at),
        decided_at=to_timestamp(proposal.decided_at),
        decided_by=proposal.decided_by,
        reason=proposal.reason,
        product_code=proposal.product_code,
    )


def refusal_message(refusal: Refusal) -> service_pb2.RefusedEvent:
    """An event that was not taken, and why."""
    return service_pb2.RefusedEvent(
        index=refusal.index, event_id=refusal.event_id, field=refusal.field, reason=refusal.reason
    )


def _number(member: int) -> Any:
    # The domain's enumerations have the numbers of the contract.
    return int(member)
