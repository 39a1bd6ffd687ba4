"""One item of work being lived through: its state, and the facts it leaves, in the order of time."""

import random
from collections.abc import Sequence
from hashlib import blake2b

from congvu.work.v1 import events_pb2 as work
from embedded.demo.hours import Frame, Hours
from embedded.demo.town import Worker

SYSTEM = "congvu"


class Sheet:
    """The facts made so far: (second of recording, running number, event). What would come after today is left out.

    Ids come from the seed, the day and a running number: the same sheet is made again with the same ids.
    """

    def __init__(self, *, frame: Frame, seed: int) -> None:
        self.frame = frame
        digest = blake2b(f"{seed}/{frame.today}".encode(), digest_size=12).hexdigest()
        self._prefix = digest
        self.tag = digest[:6]
        self.facts: list[tuple[int, int, work.WorkEvent]] = []
        self._events = 0
        self._items = 0

    def next_item(self) -> int:
        """The number of a new item."""
        self._items += 1
        return self._items

    def next_event_id(self) -> str:
        """The id of a new event."""
        self._events += 1
        return f"{self._prefix}{self._events:08x}"

    def count_before_today(self) -> int:
        """How many facts there are whatever the time of day."""
        midnight = self.frame.midnight
        return sum(recorded < midnight for recorded, _, _ in self.facts)


class Life:
    """An item and the mark it has reached. Each verb adds one fact at a mark that is never before the last one."""

    __slots__ = (
        "at", "done", "due", "excusable", "holder", "hours", "is_over", "kind", "recorded", "reviews", "rng", "sheet",
        "unit_id", "units", "work_id",
    )  # fmt: skip

    def __init__(self, *, sheet: Sheet, rng: random.Random, work_id: str, unit_id: str, start: int) -> None:
        self.sheet = sheet
        self.rng = rng
        self.hours: Hours = sheet.frame.hours
        self.work_id = work_id
        self.unit_id = unit_id
        self.holder: Worker | None = None
        self.at = start - 1
        # The mark of the first completion.
        self.done: int | None = None
        self.due = start
        self.units = 0
        self.kind = work.WORK_KIND_UNSPECIFIED
        self.recorded = 0
        self.is_over = False
        # Misses and failed reviews that somebody may still excuse.
        self.excusable = 0
        self.reviews: list[str] = []

    def say(self, mark: int, actor_id: str) -> work.WorkEvent:
        """An event without its fact; when it lies after today it is kept nowhere."""
        self.at = mark = max(mark, self.at + 1)
        event = work.WorkEvent(event_id=self.sheet.next_event_id(), work_id=self.work_id, actor_id=actor_id)
        if mark >= self.sheet.frame.horizon:
            self.is_over = True
            return event
        occurred = self.hours.instant(mark)
        self.recorded = max(self.recorded, occurred + 1 + int(self.rng.random() * 40))
        event.occurred_at.seconds = occurred
        event.recorded_at.seconds = self.recorded
        facts = self.sheet.facts
        facts.append((self.recorded, len(facts), event))
        return event

    def is_missed(self, mark: int) -> bool:
        """Whether the due time in force has passed at this mark."""
        return mark > self.due

    def evening(self, mark: int, days: int) -> int:
        """Closing time of the day so many working days after the mark's."""
        return self.hours.closing(mark) + days * self.hours.day

    def assign(self, *, mark: int, actor_id: str, holder: Worker | None, due: int, fact: work.Assigned) -> None:
        """The first fact; holder and due time are filled in here."""
        self.holder, self.due, self.units, self.kind = holder, due, fact.standard_units, fact.kind
        event = self.say(mark, actor_id)
        fact.officer_id = holder.officer_id if holder else ""
        fact.unit_id = self.unit_id
        fact.due_at.seconds = self.hours.due_instant(due)
        event.assigned.CopyFrom(fact)

    def reassign(self, mark: int, actor_id: str, holder: Worker, unit_id: str, *, days: int = 4) -> None:
        """Another holder or unit; after a missed due time with a new one, so many working days ahead."""
        mark = max(mark, self.at + 1)
        event = self.say(mark, actor_id)
        fact = event.reassigned
        fact.officer_id, fact.unit_id = holder.officer_id, unit_id
        if self.is_missed(mark):
            self.due = self.evening(mark, days)
            fact.due_at.seconds = self.hours.due_instant(self.due)
        self.holder, self.unit_id = holder, unit_id

    def change_due(self, mark: int, actor_id: str, due: int, cause: work.DueChangeCause.ValueType, reason: str) -> None:
        """Another due time; causes but the assigner's name the one replaced."""
        fact = self.say(mark, actor_id).due_changed
        fact.cause, fact.reason = cause, reason
        if cause != work.DUE_CHANGE_CAUSE_ASSIGNER:
            fact.replaces_due_at.seconds = self.hours.due_instant(self.due)
        self.due = due
        fact.due_at.seconds = self.hours.due_instant(due)

    def excuse_delay(self, mark: int, actor_id: str, reason: str, *, missed: int, due: int | None) -> None:
        """Takes a delay away; a due time given is in force from then on."""
        fact = self.say(mark, actor_id).delay_excused
        fact.reason = reason
        fact.missed_due_at.seconds = self.hours.due_instant(missed)
        if due is not None:
            fact.due_at.seconds = self.hours.due_instant(due)

    def hand_in(self, mark: int) -> None:
        """Submitted by its holder."""
        holder = self.holder
        self.say(mark, holder.officer_id if holder else SYSTEM).submitted.SetInParent()

    def complete(self, mark: int, actor_id: str) -> None:
        """Completed, or the submission accepted."""
        self.say(mark, actor_id).completed.SetInParent()
        self.done = self.done or self.at

    def send_back(
        self, mark: int, actor_id: str, grounds: Sequence[work.ReviewGround.ValueType], note: str, *, reopened: bool
    ) -> None:
        """Returned, or reopened: with a new due time two working days ahead, never before the old one."""
        mark = max(mark, self.at + 1)
        event = self.say(mark, actor_id)
        fact = event.reopened if reopened else event.returned
        fact.grounds.extend(grounds)
        fact.note = note
        self.due = max(self.due, self.evening(mark, 2))
        fact.due_at.seconds = self.hours.due_instant(self.due)
        if grounds:
            self.reviews.append(event.event_id)
