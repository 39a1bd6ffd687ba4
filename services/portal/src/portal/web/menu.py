"""The menu of each role, and the notices after forms. Names are English sentences, to be said in a language."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from portal.store import Session


class Entry(NamedTuple):
    """A page in the menu."""

    name: str
    path: str
    here: bool


MENU_NAMES = ("My score", "My tasks", "My unit", "Monday morning", "City", "Evaluation")
"""In the order of the menu."""

NOTICES: Mapping[str, str] = {
    "take": "The work is yours now.",
    "submit": "The work is handed in for review.",
    "answer": "The request is answered.",
    "ask": "The request is sent.",
    "hand-back": "The work is handed back; its unit holds it.",
    "refuse": "The work is refused as misdirected.",
    "accept": "The work is accepted.",
    "return": "The work is returned for rework.",
    "reassign": "The work has another holder.",
    "change-due": "The due time is changed.",
    "decide-product": "The product is decided.",
    "excuse-delay": "The delay is excused.",
    "excuse-review": "The failed review is excused.",
    "reopen": "The work is open again.",
    "cancel": "The work is cancelled.",
    "initiative-proposed": "The initiative is proposed.",
    "product-proposed": "The product is proposed.",
    "mended": "The mend is recorded; the record leaves the list as soon as the log has been read up to it.",
    "assigned": "The work is assigned.",
    "recognised": "The initiative is recognised.",
    "proposal-accept": "The product is in the catalogue.",
    "proposal-decline": "The proposal is declined.",
}
"""What a form has done, by the key that the address carries."""


def menu_of(session: Session, path: str) -> Sequence[Entry]:
    """The pages for the roles of a session, in order."""
    pages: list[tuple[str, str]] = []
    if session.officer_id:
        pages += [("My score", "/me"), ("My tasks", "/tasks")]
    if session.headed:
        unit = session.headed[0]
        pages += [("My unit", f"/units/{unit}"), ("Monday morning", f"/units/{unit}/monday")]
    if session.headed or "evaluator" in session.roles:
        pages.append(("City", "/city"))
    if "evaluator" in session.roles:
        pages.append(("Evaluation", "/evaluation"))
    return [Entry(name, page, _is_here(page, path)) for name, page in pages]


def _is_here(page: str, path: str) -> bool:
    return path == page or (page.count("/") == 1 and path.startswith(f"{page}/"))
