"""Products that officers propose for the catalogue."""

from typing import Any

from runtime.postgres import Connection
from work.domain.proposals import ProductProposal, ProposalStatus

_COLUMNS = """
    proposal_id, officer_id, name, description, status, proposed_at, decided_at, decided_by, reason, product_code
"""


def lock_proposal(conn: Connection, proposal_id: str) -> ProductProposal | None:
    """One proposal, locked, or None."""
    query = f"SELECT {_COLUMNS} FROM product_proposals WHERE proposal_id = %s FOR UPDATE"  # noqa: S608
    row = conn.execute(query, [proposal_id]).fetchone()
    return _proposal(row) if row else None


def find_proposals(conn: Connection, *, officer_id: str, decided: bool, most: int) -> list[ProductProposal]:
    """Proposals of an officer, or with an empty id of all; at most so many, the latest first."""
    rows = conn.execute(
        f"""
        SELECT {_COLUMNS} FROM product_proposals
        WHERE (%(officer)s = '' OR officer_id = %(officer)s) AND (%(decided)s OR status = %(proposed)s)
        ORDER BY proposed_at DESC, proposal_id LIMIT %(most)s
        """,  # noqa: S608
        {"officer": officer_id, "decided": decided, "proposed": ProposalStatus.PROPOSED.value, "most": most},
    )
    return [_proposal(row) for row in rows]


def insert_proposal(conn: Connection, proposal: ProductProposal) -> bool:
    """Writes a new proposal; False when its id is taken."""
    cursor = conn.execute(
        f"""
        INSERT INTO product_proposals ({_COLUMNS})
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (proposal_id) DO NOTHING
        """,  # noqa: S608
        [
            proposal.proposal_id,
            proposal.officer_id,
            proposal.name,
            proposal.description,
            proposal.status.value,
            proposal.proposed_at,
            proposal.decided_at,
            proposal.decided_by,
            proposal.reason,
            proposal.product_code,
        ],
    )
    return cursor.rowcount == 1


def save_decision(conn: Connection, proposal: ProductProposal) -> None:
    """Writes what was decided about a proposal."""
    conn.execute(
        """
        UPDATE product_proposals SET status = %s, decided_at = %s, decided_by = %s, reason = %s, product_code = %s
        WHERE proposal_id = %s
        """,
        [
            proposal.status.value,
            proposal.decided_at,
            proposal.decided_by,
            proposal.reason,
            proposal.product_code,
            proposal.proposal_id,
        ],
    )


def _proposal(row: tuple[Any, ...]) -> ProductProposal:
    return ProductProposal(
        proposal_id=row[0],
        officer_id=row[1],
        name=row[2],
        description=row[3],
        status=ProposalStatus(row[4]),
        proposed_at=row[5],
        decided_at=row[6],
        decided_by=row[7],
        reason=row[8],
        product_code=row[9],
    )
