"""Who may watch whom."""

from collections.abc import Sequence

from portal.clients import Doors, list_visible
from portal.store import Session
from runtime.errors import NotFound


def find_watchable(doors: Doors, session: Session, subjects: Sequence[str]) -> set[str]:
    """Those of the subjects whose scores are open to the caller. Raises NotFound when none is."""
    if "evaluator" in session.roles:
        return set(subjects)
    own = {session.officer_id} & set(subjects)
    found = own | list_visible(doors, sorted(set(subjects) - own))
    if not found:
        raise NotFound(f"There is no score of {min(subjects)} for you to watch.")
    return found
