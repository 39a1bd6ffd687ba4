"""Initiatives (L16): shares of the authors, and who may recognise them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum

from runtime.errors import InvalidInput
from work.domain.facts import Author
from work.domain.texts import check_id, check_text

WHOLE = 1_000
MOST_AUTHORS = 20


class InitiativeStatus(IntEnum):
    """Where an initiative stands; the numbers are those of the contract."""

    PROPOSED = 1
    RECOGNISED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Initiative:
    """A proposal for better work. The authors' shares add up to 1000 thousandths."""

    initiative_id: str
    title: str
    authors: tuple[Author, ...]
    proposed_at: datetime
    status: InitiativeStatus = InitiativeStatus.PROPOSED


def propose(*, initiative_id: str, title: str, authors: Sequence[Author], at: datetime) -> Initiative:
    """An initiative as it is proposed; shares left 0 are split evenly."""
    check_text(title, "title", required=True)
    if fault := find_wrong_authors(split_evenly(authors)):
        raise InvalidInput(f"The initiative {fault}.", field="authors")
    for author in authors:
        check_id(author.officer_id, "officer_id")
        check_id(author.unit_id, "unit_id")
    return Initiative(initiative_id=initiative_id, title=title, authors=split_evenly(authors), proposed_at=at)


def split_evenly(authors: Sequence[Author]) -> tuple[Author, ...]:
    """The authors with even shares where none is given; what is left over goes to the first named."""
    if not authors or any(author.share for author in authors):
        return tuple(authors)
    each, left = divmod(WHOLE, len(authors))
    return tuple(replace(author, share=each + (left if n == 0 else 0)) for n, author in enumerate(authors))


def find_wrong_authors(authors: Sequence[Author]) -> str:
    """What is wrong with authors and shares, or the empty string."""
    if not 1 <= len(authors) <= MOST_AUTHORS:
        return f"has {len(authors)} authors; give 1 to {MOST_AUTHORS}"
    if len({author.officer_id for author in authors}) < len(authors):
        return "names an author twice"
    if any(author.share <= 0 for author in authors) or sum(author.share for author in authors) != WHOLE:
        return f"has shares that do not add up to {WHOLE} thousandths, each more than 0"
    return ""


def heads_of_author(author: Author, heads: Mapping[str, int]) -> set[str]:
    """The head of an author: who heads the author's unit, or for its head the next one above.

    `heads`: officers who head the author's unit or a unit above, with the steps up to them.
    """
    others = {officer_id: steps for officer_id, steps in heads.items() if officer_id != author.officer_id}
    nearest = min(others.values(), default=0)
    return {officer_id for officer_id, steps in others.items() if steps == nearest}


def find_wrong_recogniser(recogniser_id: str, authors: Sequence[Author], heads: Mapping[str, Mapping[str, int]]) -> str:
    """Why they cannot recognise the initiative, or the empty string (L16). `heads`: by unit, see heads_of_author."""
    for author in authors:
        if recogniser_id == author.officer_id:
            return f"{recogniser_id} is an author of the initiative: someone else recognises it (L16)"
        if recogniser_id in heads_of_author(author, heads.get(author.unit_id, {})):
            return f"{recogniser_id} is the head of author {author.officer_id}: someone else recognises it (L16)"
    return ""
