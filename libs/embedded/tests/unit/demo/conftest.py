"""A checker of the lives of items, by the contract alone, and demo cities to look at."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache

import pytest

from congvu.work.v1 import events_pb2 as work
from embedded.demo.hours import Frame, frame_of
from embedded.demo.months import make_facts
from embedded.demo.population import City, populate
from working_calendar import load_calendar

NOW = datetime(2026, 4, 16, 8, 30, tzinfo=UTC)
AFTER_THE_END = {"reopened", "review_excused", "delay_excused", "citizen_rated"}


class Checker:
    """Lives one item again from its facts alone and says what the contract does not allow."""

    def __init__(self, events: Sequence[work.WorkEvent]) -> None:
        self.events = events
        self.state = ""
        self.officer = ""
        self.product = ""
        self.due = 0
        self.missed: set[int] = set()
        self.grounds: set[str] = set()
        self.last = (0, 0)

    def faults(self) -> Iterator[str]:
        for place, event in enumerate(self.events):
            kind = event.WhichOneof("fact") or "nothing"
            fault = self._check_order(place, kind, event) or getattr(self, f"_{kind}")(event)
            if fault:
                yield f"{event.work_id}, fact {place + 1} ({kind}): {fault}"

    def _check_order(self, place: int, kind: str, event: work.WorkEvent) -> str:
        at = (event.occurred_at.seconds, event.recorded_at.seconds)
        before, self.last = self.last, at
        if (place == 0) != (kind in ("assigned", "initiative_recognised")):
            return "an item begins with its assignment and has one only"
        if at[0] <= before[0] or at[1] < before[1]:
            return "not after the fact before"
        if at[1] < at[0]:
            return "recorded before it occurred"
        if self.state in ("completed", "cancelled") and kind not in AFTER_THE_END:
            return f"after {self.state}"
        if self.state == "open" and self.due and at[0] > self.due and not _re_dates(event, self.due):
            self.missed.add(self.due)
        return ""

    def _set_due(self, event: work.WorkEvent, due: int) -> str:
        self.due = due
        return "" if due > event.occurred_at.seconds else "due before it is said"

    def _assigned(self, event: work.WorkEvent) -> str:
        fact = event.assigned
        self.state, self.officer, self.product = "open", fact.officer_id, fact.product_code
        if not (fact.unit_id and fact.kind and fact.basis and fact.title):
            return "unit, kind, basis or title is missing"
        if bool(fact.product_code) != bool(fact.standard_units):
            return "units without product or the other way round"
        if (fact.basis == work.BASIS_EXTRA) != bool(fact.basis_reason):
            return "extra without reason"
        return self._set_due(event, fact.due_at.seconds)

    def _reassigned(self, event: work.WorkEvent) -> str:
        fact = event.reassigned
        self.officer = fact.officer_id
        if self.state != "open" or not fact.unit_id:
            return f"reassigned while {self.state}"
        if fact.HasField("due_at"):
            return self._set_due(event, fact.due_at.seconds)
        return "no due time after a missed one" if event.occurred_at.seconds > self.due else ""

    def _handed_back(self, _: work.WorkEvent) -> str:
        before, self.officer = self.officer, ""
        return "" if before and self.state == "open" else "nobody to hand it back"

    def _due_changed(self, event: work.WorkEvent) -> str:
        fact = event.due_changed
        if self.state != "open":
            return f"re-dated while {self.state}"
        if fact.cause != work.DUE_CHANGE_CAUSE_ASSIGNER and fact.replaces_due_at.seconds != self.due:
            return "replaces a due time that is not in force"
        if fact.due_at.seconds <= self.due:
            return "takes time away"
        return self._set_due(event, fact.due_at.seconds)

    def _submitted(self, event: work.WorkEvent) -> str:
        before, self.state = self.state, "submitted"
        return "" if before == "open" and event.actor_id == self.officer else f"submitted while {before}"

    def _returned(self, event: work.WorkEvent) -> str:
        before, self.state = self.state, "open"
        return self._sent_back(event, event.returned) if before == "submitted" else f"returned while {before}"

    def _reopened(self, event: work.WorkEvent) -> str:
        before, self.state = self.state, "open"
        return self._sent_back(event, event.reopened) if before == "completed" else f"reopened while {before}"

    def _sent_back(self, event: work.WorkEvent, fact: work.Returned | work.Reopened) -> str:
        if fact.grounds:
            self.grounds.add(event.event_id)
        if fact.due_at.seconds < self.due:
            return "due before the old due time"
        return self._set_due(event, fact.due_at.seconds)

    def _completed(self, _: work.WorkEvent) -> str:
        before, self.state = self.state, "completed"
        return "" if before in ("open", "submitted") and self.officer else f"completed while {before}"

    def _cancelled(self, event: work.WorkEvent) -> str:
        before, self.state = self.state, "cancelled"
        return "" if before == "open" and event.cancelled.reason else f"cancelled while {before}"

    def _delay_excused(self, event: work.WorkEvent) -> str:
        fact = event.delay_excused
        if fact.missed_due_at.seconds not in self.missed:
            return "excuses a due time that was not missed"
        if fact.HasField("due_at"):
            return self._set_due(event, fact.due_at.seconds)
        return ""

    def _review_excused(self, event: work.WorkEvent) -> str:
        return "" if event.review_excused.review_event_id in self.grounds else "excuses no failed review"

    def _product_decided(self, event: work.WorkEvent) -> str:
        before, self.product = self.product, event.product_decided.product_code
        return "" if not before and event.product_decided.standard_units > 0 else "decided already"

    def _citizen_rated(self, event: work.WorkEvent) -> str:
        return "" if 1 <= event.citizen_rated.stars <= 5 and self.state == "completed" else "no stars"

    def _initiative_recognised(self, event: work.WorkEvent) -> str:
        fact = event.initiative_recognised
        authors = {author.officer_id for author in fact.authors}
        self.state = "completed"
        shares = sum(author.share for author in fact.authors)
        return "" if shares == 1000 and event.actor_id not in authors and len(self.events) == 1 else "wrong authors"


def _re_dates(event: work.WorkEvent, due: int) -> bool:
    fact = event.due_changed
    return event.HasField("due_changed") and fact.replaces_due_at.seconds == due


@pytest.fixture(scope="session")
def frame_at() -> Callable[[datetime], Frame]:
    return lambda now: frame_of(load_calendar(), now)


@pytest.fixture(scope="session")
def city_of() -> Callable[..., City]:
    def populated(seed: int, *, now: datetime = NOW) -> City:
        return populate(rng=random.Random(seed), frame=frame_of(load_calendar(), now))

    return populated


@pytest.fixture(scope="session")
def facts_of(city_of: Callable[..., City]) -> Callable[..., list[work.WorkEvent]]:
    # Nobody changes them, and making them takes longer than looking at them.
    @cache
    def made(seed: int, *, now: datetime = NOW, facts: int = 30_000) -> list[work.WorkEvent]:
        frame = frame_of(load_calendar(), now)
        return make_facts(city=city_of(seed, now=now), frame=frame, seed=seed, facts=facts, now=now)

    return made


@pytest.fixture(scope="session")
def by_item() -> Callable[[Sequence[work.WorkEvent]], dict[str, list[work.WorkEvent]]]:
    def grouped(events: Sequence[work.WorkEvent]) -> dict[str, list[work.WorkEvent]]:
        items: dict[str, list[work.WorkEvent]] = defaultdict(list)
        for event in events:
            items[event.work_id].append(event)
        return items

    return grouped


@pytest.fixture(scope="session")
def faults_of() -> Callable[[Sequence[work.WorkEvent]], list[str]]:
    """What the contract does not allow in the facts of one item."""
    return lambda events: list(Checker(events).faults())
