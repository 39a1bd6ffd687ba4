"""Products that officers miss in the catalogue: proposed, then accepted or declined (Decree 335/2025, Article 13.3)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum

from runtime.errors import Conflict
from work.domain.texts import check_text


class ProposalStatus(IntEnum):
    """Where a proposal stands; the numbers are those of the contract."""

    PROPOSED = 1
    ACCEPTED = 2
    DECLINED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductProposal:
    """What an officer proposes. `reason` is that of a declined one, `product_code` the product of an accepted one."""

    proposal_id: str
    officer_id: str
    name: str
    description: str
    proposed_at: datetime
    status: ProposalStatus = ProposalStatus.PROPOSED
    decided_at: datetime | None = None
    decided_by: str = ""
    reason: str = ""
    product_code: str = ""


def propose(*, proposal_id: str, officer_id: str, name: str, description: str, at: datetime) -> ProductProposal:
    """A proposal with a name, and with what the work is."""
    check_text(name, "name", required=True)
    check_text(description, "description", required=True)
    return ProductProposal(
        proposal_id=proposal_id, officer_id=officer_id, name=name, description=description, proposed_at=at
    )


def accept(proposal: ProductProposal, *, product_code: str, decider_id: str, at: datetime) -> ProductProposal:
    """It is in the catalogue as this product."""
    _require_undecided(proposal)
    return replace(
        proposal, status=ProposalStatus.ACCEPTED, product_code=product_code, decided_by=decider_id, decided_at=at
    )


def decline(proposal: ProductProposal, *, reason: str, decider_id: str, at: datetime) -> ProductProposal:
    """It is no product of the catalogue, for this reason."""
    _require_undecided(proposal)
    check_text(reason, "declined", required=True)
    return replace(proposal, status=ProposalStatus.DECLINED, reason=reason, decided_by=decider_id, decided_at=at)


def _require_undecided(proposal: ProductProposal) -> None:
    if proposal.status is not ProposalStatus.PROPOSED:
        raise Conflict(
            f"Proposal {proposal.proposal_id} was {proposal.status.name.lower()} by {proposal.decided_by} already."
        )
