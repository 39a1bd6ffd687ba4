"""Who sees whose scores: an officer their own, a head those of their units, evaluators all (by the tree of today)."""

import logging
from datetime import date

from evaluation.domain.organization import HEAD, Organization, in_force
from evaluation.domain.periods import Month
from runtime.auth import Caller
from runtime.errors import Denied

logger = logging.getLogger(__name__)

# An administrator keeps the organization and the catalogue; scores are none of that.
_SEE_ALL = frozenset({"evaluator", "service"})


def sees_all(caller: Caller) -> bool:
    """Whether every score is open to the caller."""
    return bool(caller.roles & _SEE_ALL)


def may_see(organization: Organization, caller: Caller, subject: str, today: date) -> bool:
    """Whether the caller may see the scores of a subject."""
    if sees_all(caller):
        return True
    own = caller.officer_id
    return bool(own) and (own == subject or own in organization.heads_above(subject, today))


def require_sight(organization: Organization, caller: Caller, subject: str, today: date) -> None:
    """Raises Denied unless the caller may see the subject; notes the reading of a person's score by another."""
    if not may_see(organization, caller, subject, today):
        raise Denied(f"You may not see the score of {subject}; it is open to themselves, their heads and evaluators.")
    if subject in organization.officers and subject != caller.officer_id:
        logger.info("%s reads the score of %s.", caller.subject, subject)


def visible_subjects(organization: Organization, caller: Caller, month: Month, today: date) -> frozenset[str]:
    """Of a caller who does not see all: themselves, and the units that they head today with those in and below them."""
    own = organization.officers.get(caller.officer_id)
    tree = organization.month(month)
    units = {
        unit
        for post in (own.posts if own else ())
        if post.role == HEAD and in_force(post, today)
        for unit in tree.below(post.unit_id)
    }
    officers = {officer for officer, post in tree.main_posts.items() if post.unit_id in units}
    return frozenset({caller.officer_id, *units, *officers} - {""})
