"""What can be excused: due times that were missed (L4) and failed reviews, out of the facts of an item."""

from collections.abc import Sequence
from datetime import datetime

from runtime.errors import InvalidInput
from work.domain.facts import DelayExcused, DueChangeCause, DueChanged, NumberedEvent, Reopened, Returned, ReviewExcused
from work.domain.items import Item, apply, has_missed
from work.domain.texts import check_text


def excuse_delay(
    events: Sequence[NumberedEvent],
    *,
    missed_due_at: datetime | None,
    due_at: datetime | None,
    reason: str,
    at: datetime,
) -> DelayExcused:
    """An objective cause takes away one missed due time; `events` are all of the item."""
    check_text(reason, "reason", required=True)
    missed = missed_due_times(events, at)
    if missed_due_at not in missed:
        known = ", ".join(moment.isoformat() for moment in missed) or "none"
        raise InvalidInput(f"missed_due_at is no due time that was missed; missed: {known}.", field="missed_due_at")
    if due_at is not None and due_at <= missed_due_at:
        raise InvalidInput("due_at must be later than the due time that was missed.", field="due_at")
    return DelayExcused(missed_due_at=missed_due_at, due_at=due_at, reason=reason)


def excuse_review(events: Sequence[NumberedEvent], *, review_event_id: str, reason: str) -> ReviewExcused:
    """An objective cause takes away one failed review; `events` are all of the item."""
    check_text(reason, "reason", required=True)
    failed = failed_reviews(events)
    if review_event_id not in failed:
        known = ", ".join(failed) or "none"
        raise InvalidInput(
            f"review_event_id is no failed review that counts; these are: {known}.", field="review_event_id"
        )
    return ReviewExcused(review_event_id=review_event_id, reason=reason)


def missed_due_times(events: Sequence[NumberedEvent], now: datetime) -> list[datetime]:
    """The due times in force that passed without a submission and are not taken away, in the order of time."""
    missed: list[datetime] = []
    item: Item | None = None
    for event in sorted(events, key=lambda event: (event.occurred_at, event.revision)):
        if item is not None:
            _note_miss(item, event.occurred_at, missed)
        item = apply(item or Item(work_id=event.work_id), event)
        if replaced := _taken_away(event):
            missed[:] = [due for due in missed if due != replaced]
    if item is not None:
        _note_miss(item, now, missed)
    return missed


def failed_reviews(events: Sequence[NumberedEvent]) -> list[str]:
    """The event ids of the failed reviews that count."""
    excused = {event.fact.review_event_id for event in events if isinstance(event.fact, ReviewExcused)}
    return [
        event.event_id
        for event in events
        if isinstance(event.fact, Returned | Reopened) and event.fact.grounds and event.event_id not in excused
    ]


def _note_miss(item: Item, until: datetime, missed: list[datetime]) -> None:
    waits = item.is_open or item.finished_at is not None
    if waits and item.due_at is not None and has_missed(item, until) and item.due_at not in missed:
        missed.append(item.due_at)


def _taken_away(event: NumberedEvent) -> datetime | None:
    match event.fact:
        case DelayExcused(missed_due_at=missed):
            return missed
        case DueChanged(cause=cause, replaces_due_at=replaced) if cause is not DueChangeCause.ASSIGNER:
            return replaced
    return None
