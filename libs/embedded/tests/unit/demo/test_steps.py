"""The living demo makes one valid fact after the other."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from congvu.work.v1 import events_pb2 as work
from embedded.demo.catalogue import read_products
from embedded.demo.steps import Crew, OpenItem, Steps
from working_calendar import load_calendar

NOW = datetime(2026, 4, 16, 8, 30, tzinfo=UTC)
CREW = Crew(
    officers={"SNV-CCVC": ["HUE-2", "HUE-3"], "SNV": ["HUE-1"]},
    heads={"SNV-CCVC": "HUE-2", "SNV": "HUE-1", "HUE": ""},
    parents={"SNV-CCVC": "SNV", "SNV": "HUE", "HUE": ""},
)
Faults = Callable[[Sequence[work.WorkEvent]], list[str]]


def steps(seed: int) -> Steps:
    ids = count()
    return Steps(
        rng=random.Random(seed),
        crew=CREW,
        products=read_products(),
        calendar=load_calendar(),
        new_id=lambda: f"id-{next(ids)}",
    )


def live_through(seed: int, pause: timedelta) -> list[work.WorkEvent]:
    now, living = NOW, steps(seed)
    event, item = living.begin(now)
    events = [event]
    while not item.is_finished:
        now += pause
        events.append(living.go_on(item, now))
    for event in events:
        event.recorded_at.CopyFrom(event.occurred_at)
    return events


def test_every_life_is_valid_and_ends(faults_of: Faults) -> None:
    for seed in range(300):
        for pause in (timedelta(minutes=20), timedelta(days=9)):
            assert faults_of(live_through(seed, pause)) == []


def test_all_steps_occur() -> None:
    seen = {event.WhichOneof("fact") for seed in range(300) for event in live_through(seed, timedelta(hours=30))}
    assert seen == {"assigned", "submitted", "returned", "completed", "handed_back", "reassigned", "due_changed"}


def test_work_that_a_unit_holds_is_given_to_one_of_its_officers() -> None:
    item = OpenItem(work_id="task/1", kind=work.WORK_KIND_TASK, officer_id="", unit_id="SNV-CCVC", due_at=NOW)
    event = steps(1).go_on(item, NOW + timedelta(days=1))
    assert event.reassigned.officer_id in CREW.officers["SNV-CCVC"]
    assert event.reassigned.due_at.ToDatetime(UTC) > NOW + timedelta(days=1)


def test_the_head_reviews_others_and_the_one_above_reviews_the_head() -> None:
    assert CREW.reviewer_of("SNV-CCVC", "HUE-3") == "HUE-2"
    assert CREW.reviewer_of("SNV-CCVC", "HUE-2") == "HUE-1"
    assert CREW.reviewer_of("SNV", "HUE-1") == "HUE-1"
