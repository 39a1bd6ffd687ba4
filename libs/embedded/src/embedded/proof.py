"""What `congvu demo --check` proves of a loaded city."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain

from congvu.evaluation.v1 import resources_pb2
from congvu.organization.v1 import resources_pb2 as organization_pb2
from congvu.organization.v1 import service_pb2 as organization_service_pb2
from embedded.doors import Doors
from embedded.queries import Question, list_scorecards
from embedded.render.numbers import LOCAL

PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Who should have a score of a month, and who has none: neither points nor a reason why not."""

    officers: int
    units: int
    scores: int
    missing: list[str]


def last_month(now: datetime) -> tuple[date, date]:
    """The first day of the month before, and of this one, in the city's time."""
    this = now.astimezone(LOCAL).date().replace(day=1)
    return (this - timedelta(days=1)).replace(day=1), this


def check_coverage(doors: Doors, now: datetime) -> Coverage:
    """Asks for every officer with a post and every unit in force in the last month."""
    first, end = last_month(now)
    last = end - timedelta(days=1)
    listed = chain(_officers(doors, first), _officers(doors, last))
    officers = {officer.officer_id for officer in listed if held_post(officer, first, end)}
    units = {unit.unit_id for unit in _units(doors, last)}
    question = Question(period=f"{first:%Y-%m}")
    scored = [card for card in list_scorecards(doors.evaluation, question) if is_scored(card)]
    missing = (officers | units) - {card.subject_id for card in scored}
    return Coverage(officers=len(officers), units=len(units), scores=len(scored), missing=sorted(missing))


def is_scored(card: resources_pb2.Scorecard) -> bool:
    """Whether the card has points, or says why it has none."""
    return card.now.HasField("points") or bool(card.now.reason)


def held_post(officer: organization_pb2.Officer, first: date, end: date) -> bool:
    """Whether any post of the officer was in force on a day from `first` to before `end`."""
    return any(_overlaps(post.valid_from, post.valid_to, first, end) for post in officer.posts)


def _overlaps(valid_from: str, valid_to: str, first: date, end: date) -> bool:
    return date.fromisoformat(valid_from) < end and (not valid_to or date.fromisoformat(valid_to) > first)


def _officers(doors: Doors, day: date) -> Iterator[organization_pb2.Officer]:
    request = organization_service_pb2.ListOfficersRequest(as_of=day.isoformat(), page_size=PAGE)
    while True:
        answer = doors.organization.ListOfficers(request)
        yield from answer.officers
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


def _units(doors: Doors, day: date) -> Iterable[organization_service_pb2.TreeUnit]:
    return doors.organization.GetTree(organization_service_pb2.GetTreeRequest(as_of=day.isoformat())).units
