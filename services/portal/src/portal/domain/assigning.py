"""The form by which a head assigns work: what was typed, what is wrong with it, and what it means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.domain.forms import read_units
from runtime.errors import InvalidInput

MOST_UNITS = 1_000_000

NO_TITLE = "Fill this in."
NO_DUE_TIME = "Give a due time, or a product with a standard term."
NO_EXTRA_REASON = "Say why it is outside the plan."
NO_URGENT_REASON = "Say why it is urgent."
NOT_TICKED = "Tick this as well, or leave the reason empty."
UNKNOWN_PRODUCT = "Choose a product that is in force."
NO_PRODUCT = "Several people share a product: choose it."
NO_HOLDER = "Choose who gets the work."
SAME_HOLDER = "Name each person once."
WRONG_SHARE = "Give each a share, such as 0.5, or leave all shares empty for even ones."
WRONG_SUM = "The shares do not add up to the units of the product."
SENTENCES = (
    NO_TITLE,
    NO_DUE_TIME,
    NO_EXTRA_REASON,
    NO_URGENT_REASON,
    NOT_TICKED,
    UNKNOWN_PRODUCT,
    NO_PRODUCT,
    NO_HOLDER,
    SAME_HOLDER,
    WRONG_SHARE,
    WRONG_SUM,
)
"""What can be wrong, to be said in a language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Who gets how much: thousandths of a unit, 0 for all of it. Without an officer the unit holds it."""

    unit_id: str
    officer_id: str
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Work to be assigned. Without a product there is one share of 0 units, and a due time."""

    task_id: str
    title: str
    product_code: str
    shares: Sequence[Share]
    due_at: datetime | None
    is_extra: bool
    extra_reason: str
    urgent_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The form as it was typed. Holders are "unit/officer", or "unit/" for the unit; each has its share beside it."""

    task_id: str
    title: str = ""
    product_code: str = ""
    holders: Sequence[str] = ()
    shares: Sequence[str] = ()
    is_extra: bool = False
    extra_reason: str = ""
    is_urgent: bool = False
    urgent_reason: str = ""

    def rows(self) -> list[tuple[str, str]]:
        """The holders that were chosen, with their shares."""
        padded = [*self.shares, *[""] * len(self.holders)]
        return [(holder, share.strip()) for holder, share in zip(self.holders, padded, strict=False) if holder]


def find_faults(typed: Typed, *, due_at: datetime | None, products: Mapping[str, int]) -> dict[str, str]:
    """What is wrong, by field, as English sentences to be said. `products`: thousandths of a unit by code."""
    rows = typed.rows()
    faults = {
        "title": NO_TITLE if not typed.title.strip() else "",
        "product_code": _fault_of_product(typed.product_code, products, len(rows)),
        "holders": _fault_of_holders([holder for holder, _ in rows]),
        "shares": _fault_of_shares(rows, products.get(typed.product_code, 0)),
        "due_at": NO_DUE_TIME if not (due_at or typed.product_code) else "",
        "extra_reason": _fault_of_reason(typed.is_extra, typed.extra_reason, NO_EXTRA_REASON),
        "urgent_reason": _fault_of_reason(typed.is_urgent, typed.urgent_reason, NO_URGENT_REASON),
    }
    return {field: fault for field, fault in faults.items() if fault}


def read_assignment(typed: Typed, *, due_at: datetime | None, products: Mapping[str, int]) -> Assignment:
    """The work to be assigned, of a form without faults."""
    rows = typed.rows()
    units = _units_of([share for _, share in rows], products.get(typed.product_code, 0))
    places = [holder.partition("/") for holder, _ in rows]
    return Assignment(
        task_id=typed.task_id,
        title=typed.title.strip(),
        product_code=typed.product_code,
        shares=[
            Share(unit_id=unit_id, officer_id=officer_id, units=own)
            for (unit_id, _, officer_id), own in zip(places, units, strict=True)
        ],
        due_at=due_at,
        is_extra=typed.is_extra,
        extra_reason=typed.extra_reason.strip() if typed.is_extra else "",
        urgent_reason=typed.urgent_reason.strip() if typed.is_urgent else "",
    )


def read_share(text: str) -> int | None:
    """Standard units as people type them, in thousandths; None when it is no share."""
    try:
        thousandths = read_units(text, "share")
    except InvalidInput:
        return None
    return thousandths if 0 < thousandths <= MOST_UNITS else None


def _fault_of_reason(is_ticked: bool, reason: str, missing: str) -> str:
    if is_ticked == bool(reason.strip()):
        return ""
    return missing if is_ticked else NOT_TICKED


def _fault_of_product(code: str, products: Mapping[str, int], holders: int) -> str:
    if code and code not in products:
        return UNKNOWN_PRODUCT
    return NO_PRODUCT if holders > 1 and not code else ""


def _fault_of_holders(holders: Sequence[str]) -> str:
    if not holders:
        return NO_HOLDER
    return SAME_HOLDER if len(set(holders)) < len(holders) else ""


def _fault_of_shares(rows: Sequence[tuple[str, str]], whole: int) -> str:
    given = [share for _, share in rows]
    if len(rows) < 2 or not any(given) or not whole:
        return ""
    units = [read_share(share) for share in given]
    if None in units:
        return WRONG_SHARE
    total = sum(one for one in units if one)
    return WRONG_SUM if total != whole else ""


def _units_of(shares: Sequence[str], whole: int) -> list[int]:
    """The share of each; what is left of even shares goes to the first."""
    if len(shares) == 1:
        return [0]
    if any(shares):
        return [read_share(share) or 0 for share in shares]
    even, rest = divmod(whole, len(shares))
    return [even + rest, *[even] * (len(shares) - 1)]
