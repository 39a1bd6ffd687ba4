"""One subject's score by every policy in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.clients import Doors, get_scorecard, is_officer_card, policies_in_force


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The scorecards of a subject and month, the first policy's first. They are messages of the contract."""

    subject: str
    period: str
    cards: Sequence[Any]

    @property
    def first(self) -> Any:
        """The scorecard that the page leads with."""
        return self.cards[0]

    @property
    def is_officer(self) -> bool:
        """Whether the subject is a person."""
        return is_officer_card(self.first)


def read_score(doors: Doors, subject: str, *, period: str) -> Score:
    """The score of a month ("" is the current one). NotFound; Denied when it is not theirs to see."""
    found = get_scorecard(doors, subject, period=period, policy="")
    known = {found.policy: found}
    policies = policies_in_force(doors, found.period)
    for policy in policies:
        if policy not in known:
            known[policy] = get_scorecard(doors, subject, period=found.period, policy=policy)
    return Score(subject=subject, period=found.period, cards=[known[policy] for policy in policies])
