"""What happens to work from its submission on: returned, accepted, reopened, cancelled, excused."""

from collections.abc import Sequence
from datetime import datetime

from runtime.errors import Denied
from runtime.postgres import Connection
from work.domain import excuses, transitions
from work.domain.facts import Assigned, Fact, InitiativeRecognised, NumberedEvent, Reassigned, ReviewGround
from work.domain.items import Item
from work.events.reading import decode_event
from work.store.events import load_values
from work.usecases.access import require_head, require_holder
from work.usecases.desk import Actor, Desk, retried, today
from work.usecases.tasks import change, other_head


@retried
def submit_task(desk: Desk, actor: Actor, *, work_id: str) -> Item:
    """The holder hands the work in."""
    return change(
        desk,
        actor,
        work_id,
        allow=lambda conn, item: require_holder(actor, item),
        act=lambda conn, item, at: transitions.submit(item),
    )


@retried
def return_task(
    desk: Desk, actor: Actor, *, work_id: str, grounds: Sequence[ReviewGround], due_at: datetime | None, note: str
) -> Item:
    """A head returns a submission; without a due time it is due two working days later (L7)."""
    return change(
        desk,
        actor,
        work_id,
        allow=other_head(desk, actor),
        act=lambda conn, item, at: transitions.return_work(
            desk.calendar, item, grounds=grounds, due_at=due_at, note=note, at=at
        ),
    )


@retried
def accept_task(desk: Desk, actor: Actor, *, work_id: str) -> Item:
    """A head accepts the work."""
    return change(
        desk,
        actor,
        work_id,
        allow=other_head(desk, actor),
        act=lambda conn, item, at: transitions.accept(item),
    )


@retried
def reopen_task(
    desk: Desk, actor: Actor, *, work_id: str, grounds: Sequence[ReviewGround], due_at: datetime | None, note: str
) -> Item:
    """A head opens accepted work again (L8)."""
    return change(
        desk,
        actor,
        work_id,
        allow=other_head(desk, actor),
        act=lambda conn, item, at: transitions.reopen(
            desk.calendar, item, grounds=grounds, due_at=due_at, note=note, at=at
        ),
    )


@retried
def cancel_task(desk: Desk, actor: Actor, *, work_id: str, reason: str) -> Item:
    """A head cancels the work, or its officer refuses it as misdirected within one working day (L10)."""

    def is_own(item: Item) -> bool:
        return bool(item.officer_id) and item.officer_id == actor.caller.officer_id

    def allow(conn: Connection, item: Item) -> None:
        if not is_own(item):
            require_head(conn, actor, item.unit_id, today(desk, actor))

    def act(conn: Connection, item: Item, at: datetime) -> Fact:
        if is_own(item):
            return transitions.refuse_misdirected(desk.calendar, item, reason=reason, at=at)
        return transitions.cancel(item, reason=reason)

    return change(desk, actor, work_id, allow=allow, act=act)


@retried
def excuse_delay(
    desk: Desk, actor: Actor, *, work_id: str, missed_due_at: datetime | None, due_at: datetime | None, reason: str
) -> Item:
    """A head takes away a delay that has an objective cause (L4); never their own."""

    def act(conn: Connection, item: Item, at: datetime) -> Fact:
        events = _history(conn, actor, item)
        return excuses.excuse_delay(events, missed_due_at=missed_due_at, due_at=due_at, reason=reason, at=at)

    return change(
        desk,
        actor,
        work_id,
        allow=other_head(desk, actor),
        act=act,
    )


@retried
def excuse_review(desk: Desk, actor: Actor, *, work_id: str, review_event_id: str, reason: str) -> Item:
    """A head takes away a failed review that has an objective cause; never their own."""

    def act(conn: Connection, item: Item, at: datetime) -> Fact:
        events = _history(conn, actor, item)
        return excuses.excuse_review(events, review_event_id=review_event_id, reason=reason)

    return change(
        desk,
        actor,
        work_id,
        allow=other_head(desk, actor),
        act=act,
    )


def holders_of(events: Sequence[NumberedEvent]) -> set[str]:
    """Everyone who ever held the item; of an initiative its authors."""
    held = {event.fact.officer_id for event in events if isinstance(event.fact, Assigned | Reassigned)}
    recognised = (event.fact for event in events if isinstance(event.fact, InitiativeRecognised))
    return (held | {author.officer_id for fact in recognised for author in fact.authors}) - {""}


def _history(conn: Connection, actor: Actor, item: Item) -> list[NumberedEvent]:
    events = [decode_event(value) for value in load_values(conn, [item.work_id])]
    if actor.caller.officer_id in holders_of(events):
        raise Denied(f"{item.work_id} was your own work: another head decides about it.")
    return events
