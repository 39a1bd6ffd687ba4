"""Who may watch whom."""

from collections.abc import Collection, Sequence
from datetime import date

from portal.clients import Doors, list_visible
from portal.store import Session
from portal.usecases.tasks import list_places_to_take
from runtime.errors import NotFound

Watched = tuple[str, str]
"""A view and the subject that it shows; "moves" shows nothing, and tells only that something has happened."""


def find_watchable(doors: Doors, session: Session, watched: Collection[Watched], today: date) -> frozenset[Watched]:
    """Those that the caller may watch. Raises NotFound when there is none.

    Subjects whose scores are open to them; the moves of the units whose free work they may take.
    """
    if "evaluator" in session.roles:
        return frozenset(watched)
    subjects = {subject for _, subject in watched}
    own = {session.officer_id} & subjects
    visible = own | list_visible(doors, sorted(subjects - own))
    hidden_moves = {subject for view, subject in watched if view == "moves" and subject not in visible}
    places = _places(doors, session, today) if hidden_moves else ()
    found = {one for one in watched if one[1] in visible or (one[0] == "moves" and one[1] in places)}
    if not found:
        raise NotFound(f"There is no score of {min(subjects)} for you to watch.")
    return frozenset(found)


def _places(doors: Doors, session: Session, today: date) -> Sequence[str]:
    return list_places_to_take(doors, session.officer_id, today) if session.officer_id else ()
