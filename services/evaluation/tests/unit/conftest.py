"""The story of one item, told in events of the contract and folded by the domain."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from congvu.work.v1 import events_pb2 as pb
from evaluation.domain.contributions import Contributions, Evaluated, evaluate
from evaluation.domain.facts import Fact
from evaluation.domain.periods import Instant, Periods, format_month, to_instant
from evaluation.events.work import read_fact
from testkit.facts import WorkEvents
from working_calendar import WorkingCalendar

CALENDAR = WorkingCalendar()
FAR_AHEAD = to_instant(datetime(2099, 1, 1, tzinfo=UTC))
PERIODS = Periods(zone=CALENDAR.timezone, cut_off=CALENDAR.cut_off)


class Story(WorkEvents):
    """Keeps what it tells. `adds`, `months` and `next_tick` say what an instant makes of it."""

    def __init__(self, work_id: str = "task/1", *, officer_id: str = "A", unit_id: str = "U") -> None:
        super().__init__(work_id, officer_id=officer_id, unit_id=unit_id)
        self.events: list[pb.WorkEvent] = []

    def event(self, at: datetime, *, recorded_at: datetime | None = None, **fact: Any) -> pb.WorkEvent:
        """The next event, which is kept."""
        self.events.append(super().event(at, recorded_at=recorded_at, **fact))
        return self.events[-1]

    @property
    def facts(self) -> list[Fact]:
        """What was told so far, as facts."""
        return [read_fact(event, received_at=FAR_AHEAD) for event in self.events]

    def at(self, moment: datetime | Instant) -> Evaluated:
        """What the facts that have occurred by then say."""
        instant = moment if isinstance(moment, int) else to_instant(moment)
        return evaluate([fact for fact in self.facts if fact.occurred_at <= instant], at=instant, periods=PERIODS)

    def months(self, moment: datetime) -> dict[tuple[str, str], dict[str, int]]:
        """(subject, "2026-03") → measures, where there are any."""
        return by_month(self.at(moment).contributions)

    def adds(self, moment: datetime, month: str = "2026-03", subject: str = "A") -> dict[str, int]:
        """The measures of a subject's month."""
        return self.months(moment).get((subject, month), {})

    def next_tick(self, moment: datetime) -> Instant | None:
        """When the clock alone changes something."""
        return self.at(moment).next_tick


def by_month(contributions: Contributions) -> dict[tuple[str, str], dict[str, int]]:
    """Rows without unit and class; those of two units are told apart by the subject in these tests."""
    return {(key.subject, format_month(key.month)): measures for key, measures in contributions.items() if measures}


@pytest.fixture
def story() -> Story:
    """An item of the officer A in the unit U."""
    return Story()


@pytest.fixture
def tell() -> Callable[..., Story]:
    """`tell(work_id, officer_id=…, unit_id=…)`: another item."""
    return Story


@pytest.fixture
def periods() -> Periods:
    """Hue's months and cut-offs."""
    return PERIODS
