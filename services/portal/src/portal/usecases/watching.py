"""Who may watch whom."""

from collections.abc import Sequence

from portal.clients import Doors, list_visible
from portal.store import Session
from runtime.errors import NotFound


def require_all_visible(doors: Doors, session: Session, subjects: Sequence[str]) -> None:
    """Raises NotFound unless the scores of all of them are open to the caller."""
    if "evaluator" in session.roles:
        return
    hidden = set(subjects) - {session.officer_id}
    if hidden:
        hidden -= list_visible(doors, sorted(hidden))
    if hidden:
        raise NotFound(f"There is no score of {min(hidden)} for you to watch.")
