"""Builders for the pure tests: local instants, items and numbered events."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from work.domain.facts import Assigned, Basis, Fact, NumberedEvent, WorkKind
from work.domain.items import Item, WorkStatus
from working_calendar import load_calendar

CALENDAR = load_calendar()
LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")


def at(text: str) -> datetime:
    """A local instant such as "2026-03-20T17:00", or a local day's closing time."""
    moment = datetime.fromisoformat(text)
    if "T" not in text:
        moment = datetime.combine(moment.date(), time(17))
    return moment.replace(tzinfo=LOCAL).astimezone(UTC)


def assigned(due: str | None = "2026-03-20", *, officer_id: str = "an", kind: WorkKind = WorkKind.TASK) -> Assigned:
    """An assignment to an officer of SNV-CCVC."""
    return Assigned(
        officer_id=officer_id,
        unit_id="SNV-CCVC",
        kind=kind,
        product_code="P01",
        standard_units=1000,
        due_at=at(due) if due else None,
        basis=Basis.OWN,
        title="Draft a reply",
    )


def event(fact: Fact, when: str, revision: int) -> NumberedEvent:
    """A fact of task/1, recorded when it happened."""
    return NumberedEvent(
        event_id=f"e{revision}",
        work_id="task/1",
        revision=revision,
        occurred_at=at(when),
        recorded_at=at(when),
        actor_id="an",
        fact=fact,
    )


def events(*facts: tuple[str, Fact]) -> list[NumberedEvent]:
    """Facts of task/1 in the order of their revisions."""
    return [event(fact, when, revision) for revision, (when, fact) in enumerate(facts, start=1)]


def open_item(due: str = "2026-03-20", *, finished: str | None = None, kind: WorkKind = WorkKind.TASK) -> Item:
    """An item that is open, or handed in at `finished`."""
    return Item(
        work_id="task/1",
        status=WorkStatus.SUBMITTED if finished else WorkStatus.OPEN,
        kind=kind,
        officer_id="an",
        unit_id="SNV-CCVC",
        product_code="P01",
        standard_units=1000,
        assigned_at=at("2026-03-02T08:00"),
        held_since=at("2026-03-02T08:00"),
        due_at=at(due),
        finished_at=at(finished) if finished else None,
        revision=1,
    )
