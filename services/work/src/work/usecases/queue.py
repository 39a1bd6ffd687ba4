"""Calls with few events share a transaction: one look at the city, one lock and one commit serve all of them."""

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event as Signal
from threading import Lock

from work.domain.facts import Event
from work.domain.intake import Refusal
from work.usecases.desk import Actor, Desk
from work.usecases.intake import Delivery, Outcome, delivery_of, record_deliveries

# A larger batch has a transaction of its own, so that nobody waits for it.
MOST_EVENTS = 20
MOST_CALLS = 100
# How long, in seconds, a transaction waits for the company that it may expect.
PATIENCE = 0.01

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Call:
    delivery: Delivery
    turn: Signal = field(default_factory=Signal)
    leads: bool = False
    outcome: Outcome | None = None


class IntakeQueue:
    """Takes in batches of systems outside, for many callers of a door at once.

    Calls that arrive while a transaction is under way share the next one, which the first of them leads for all; each
    is answered after the commit, with its own outcome. When a shared transaction fails, each of its calls has one of
    its own, so that nobody meets another's error. No more calls wait than the door has threads.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = Lock()
        self._waiting: deque[_Call] = deque()
        self._is_led = False
        self._expected = 1
        self._enough = Signal()

    def record(self, actor: Actor, batch: Sequence[Event | Refusal]) -> Outcome:
        """What became of the batch of at most 2,000 events, once that is durable."""
        delivery = delivery_of(actor, batch)
        if not 0 < len(delivery.events) <= MOST_EVENTS:
            return self._record_alone(delivery)
        call = _Call(delivery)
        self._enter(call)
        call.turn.wait()
        if call.leads:
            self._lead()
        return call.outcome or self._record_alone(delivery)

    @property
    def waiting(self) -> int:
        """How many calls wait for the next transaction."""
        return len(self._waiting)

    def _record_alone(self, delivery: Delivery) -> Outcome:
        return record_deliveries(self._desk, [delivery])[0]

    def _enter(self, call: _Call) -> None:
        with self._lock:
            self._waiting.append(call)
            if not self._is_led:
                self._hand_over()
            if len(self._waiting) >= self._expected:
                self._enough.set()

    def _hand_over(self) -> None:
        """Gives the lead to who waits longest, if anybody does."""
        self._is_led = bool(self._waiting)
        if self._waiting:
            self._waiting[0].leads = True
            self._waiting[0].turn.set()

    def _lead(self) -> None:
        calls = self._gather()
        try:
            self._record_together(calls)
        finally:
            with self._lock:
                # Who was answered may call again at once; who came meanwhile is there already.
                self._expected = len(calls) + len(self._waiting)
                self._enough.clear()
                self._hand_over()
            for call in calls:
                call.turn.set()

    def _gather(self) -> Sequence[_Call]:
        """As many calls as may be expected, or those that have come in time; one that is alone waits for nobody."""
        self._enough.wait(PATIENCE)
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_CALLS))]

    def _record_together(self, calls: Sequence[_Call]) -> None:
        try:
            outcomes = record_deliveries(self._desk, [call.delivery for call in calls])
        except Exception as error:
            if len(calls) == 1:
                raise
            logger.warning("A transaction of %d calls failed, so that each has its own: %s", len(calls), error)
            return
        for call, outcome in zip(calls, outcomes, strict=True):
            call.outcome = outcome
