"""What an assignment has to satisfy: planned or not (L6), units and shares (L13, L19)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from runtime.errors import InvalidInput
from work.domain.catalogue import MOST_UNITS, Product
from work.domain.facts import Assigned, Basis, WorkKind
from work.domain.texts import check_text

MOST_SHARES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One holder's part of a product (L13). Units in thousandths; 0 with a single share = all of them."""

    officer_id: str
    unit_id: str
    standard_units: int = 0
    due_at: datetime | None = None


def find_unplanned_fault(*, kind: WorkKind, basis: Basis, reason: str, product: Product | None) -> str:
    """Why the work cannot be outside the plan, or the empty string (L6)."""
    if basis is not Basis.EXTRA:
        return ""
    if not reason.strip():
        return "is extra work without a reason; give it in basis_reason (L6)"
    if kind in (WorkKind.DOSSIER, WorkKind.INCOMING_DOCUMENT):
        return "cannot be extra: dossiers and incoming documents are always planned (L6)"
    if product is not None and product.recurring:
        return f"cannot be extra: product {product.product_code} is recurring and always planned (L6)"
    return ""


def check_planning(*, kind: WorkKind, basis: Basis, reason: str, product: Product | None) -> None:
    """Refuses extra work without a reason, or of a kind or product that is always planned (L6)."""
    check_text(reason, "basis_reason")
    if fault := find_unplanned_fault(kind=kind, basis=basis, reason=reason, product=product):
        raise InvalidInput(f"The work {fault}.", field="basis_reason" if not reason.strip() else "basis")


def units_of_shares(shares: Sequence[Share], product: Product | None) -> list[int]:
    """The units of each share; they add up to the product's (L13). Without a product: one share, no units (L19)."""
    if not 1 <= len(shares) <= MOST_SHARES:
        raise InvalidInput(f"The task has {len(shares)} shares: give 1 to {MOST_SHARES}.", field="shares")
    given = [share.standard_units for share in shares]
    if any(not 0 <= units <= MOST_UNITS for units in given):
        raise InvalidInput(f"Each share must have 0 to {MOST_UNITS} thousandths of a unit.", field="standard_units")
    if product is None:
        return _units_without_product(given)
    if len(given) == 1:
        given = [given[0] or product.standard_units]
    if 0 in given or sum(given) != product.standard_units:
        raise InvalidInput(
            f"The shares add up to {sum(given)} thousandths of a unit: let each have some and all together "
            f"the {product.standard_units} of product {product.product_code} (L13).",
            field="standard_units",
        )
    return given


def asks_the_same(asked: Assigned, known: Assigned) -> bool:
    """Whether asking so again assigns nothing else than what is known: units and a due time that were not given, or
    one before the end of the standard term (L5), were filled in then."""
    due_at, units = asked.due_at, asked.standard_units or known.standard_units
    if due_at is None or (known.product_code and known.due_at and due_at < known.due_at):
        due_at = known.due_at
    return replace(asked, due_at=due_at, standard_units=units) == known


def _units_without_product(given: list[int]) -> list[int]:
    if len(given) > 1 or given[0]:
        raise InvalidInput(
            "Work without a decided product has one share and 0 units: name the product to give them (L19).",
            field="product_code",
        )
    return given
