"""Products that officers propose, so that work that leaves no trace gets one (Decree 335/2025, Article 13.3)."""

from uuid import uuid4

from runtime.errors import Conflict, Denied, NotFound
from runtime.postgres import Connection
from work.domain import proposals
from work.domain.catalogue import Product
from work.domain.proposals import ProductProposal
from work.domain.texts import check_own_id
from work.store.catalogue import become_only_writer, load_products
from work.store.proposals import find_proposals, insert_proposal, lock_proposal, save_decision
from work.usecases.desk import Actor, Desk
from work.usecases.products import keep_products

DECIDERS = frozenset({"evaluator", "administrator"})
MOST_LISTED = 200


def propose_product(desk: Desk, actor: Actor, *, proposal_id: str, name: str, description: str) -> ProductProposal:
    """An officer proposes a product. The same again changes nothing and gives the proposal as it stands."""
    if not actor.caller.officer_id:
        raise Denied("Only an officer proposes a product.")
    if proposal_id:
        check_own_id(proposal_id, "proposal_id")
    proposal = proposals.propose(
        proposal_id=proposal_id or uuid4().hex,
        officer_id=actor.caller.officer_id,
        name=name,
        description=description,
        at=actor.now,
    )
    with desk.pool.connection() as conn, conn.transaction():
        if insert_proposal(conn, proposal):
            return proposal
        known = lock_proposal(conn, proposal.proposal_id)
    if known is None or _content_of(known) != _content_of(proposal):
        raise Conflict(f"Proposal {proposal_id} is there already with other content: choose another id.")
    return known


def _content_of(proposal: ProductProposal) -> tuple[str, str, str]:
    return proposal.officer_id, proposal.name, proposal.description


def list_proposals(desk: Desk, actor: Actor, *, officer_id: str, decided: bool) -> list[ProductProposal]:
    """Proposals of an officer, or of all, with those that are decided or without; the latest first."""
    own = bool(officer_id) and officer_id == actor.caller.officer_id
    if not own and not actor.caller.roles & DECIDERS:
        raise Denied("Officers see what they proposed themselves, evaluators and administrators everything.")
    with desk.pool.connection() as conn:
        return find_proposals(conn, officer_id=officer_id, decided=decided, most=MOST_LISTED)


def accept_proposal(desk: Desk, actor: Actor, *, proposal_id: str, product: Product) -> ProductProposal:
    """Puts what is proposed into the catalogue as a product of its own, or finds it there just so."""
    with desk.pool.connection() as conn, conn.transaction():
        proposal = _lock_others(conn, actor, proposal_id)
        decided = proposals.accept(proposal, product_code=product.product_code, decider_id=actor.actor_id, at=actor.now)
        _add_product(conn, product)
        save_decision(conn, decided)
    return decided


def _add_product(conn: Connection, product: Product) -> None:
    # Whoever decides may add to the catalogue, and change nothing in it.
    become_only_writer(conn)
    known = load_products(conn, [product.product_code])
    if known and product not in known:
        raise Conflict(f"Product {product.product_code} is in the catalogue already: choose another code.")
    keep_products(conn, [product])


def decline_proposal(desk: Desk, actor: Actor, *, proposal_id: str, reason: str) -> ProductProposal:
    """Declines what is proposed, with the reason."""
    with desk.pool.connection() as conn, conn.transaction():
        proposal = _lock_others(conn, actor, proposal_id)
        decided = proposals.decline(proposal, reason=reason, decider_id=actor.actor_id, at=actor.now)
        save_decision(conn, decided)
    return decided


def _lock_others(conn: Connection, actor: Actor, proposal_id: str) -> ProductProposal:
    """The proposal, locked; nobody decides about their own. Raises NotFound."""
    proposal = lock_proposal(conn, proposal_id)
    if proposal is None:
        raise NotFound(f"There is no proposal {proposal_id!r}: look up its id.")
    if actor.caller.officer_id == proposal.officer_id:
        raise Denied(f"Proposal {proposal_id} is your own: someone else decides about it.")
    return proposal
