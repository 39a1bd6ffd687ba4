"""What is taken of the records of one item, and what is parked (a bad or missing one makes only its item wait)."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from evaluation.domain.facts import Fact, check_facts, check_next
from evaluation.domain.periods import Instant

_WAITS: Final = "It waits for an earlier record of the same item."


class Received(NamedTuple):
    """One record of the log for an item. Without a fact, `reason` says why none could be read from it."""

    offset: int
    received_at: Instant
    value: bytes
    fact: Fact | None = None
    event_id: str = ""
    # 0 when not even the revision could be read.
    revision: int = 0
    reason: str = ""
    # Waits for an earlier record only; nothing is wrong with it.
    behind: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """Mend: this fact in the place of the record at the offset, or of the applied fact with its revision."""

    offset: int
    fact: Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Mend: the parked record at the offset is forgotten; its revision counts as used."""

    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareMissing:
    """Mend: this revision will never come."""

    revision: int


Mending = Replace | Drop | DeclareMissing


@dataclass(slots=True, kw_only=True)
class Ledger:
    """The facts of an item in order, the last revision taken, and its parked records by offset."""

    work_id: str
    facts: list[Fact] = field(default_factory=list)
    last_revision: int = 0
    parked: dict[int, Received] = field(default_factory=dict)
    facts_changed: bool = False
    parked_changed: bool = False

    def receive(self, record: Received) -> None:
        """Takes the record's fact, skips a repeat, or parks it."""
        if self._is_repeat(record.fact) or (self.parked and self._is_parked(record)):
            return
        if self.parked and self._must_wait(record):
            self._park(record if record.fact is None else record._replace(reason=_WAITS, behind=True))
            return
        reason, behind = self._refusal(record)
        if reason:
            self._park(record._replace(reason=reason, behind=behind))
        else:
            self._take(record.fact)
            self._retry()

    def mend(self, mending: Mending) -> bool:
        """Applies a mend; False when there is nothing that it could mend (any more)."""
        if isinstance(mending, Replace):
            mended = self._replace(mending)
        elif isinstance(mending, Drop):
            mended = self._drop(mending.offset)
        else:
            mended = self._skip(mending.revision)
        if mended:
            self._retry()
        return mended

    def _is_repeat(self, fact: Fact | None) -> bool:
        # No fact that was taken has a revision above the last one.
        if fact is None or fact.revision > self.last_revision:
            return False
        return any(known.revision == fact.revision and known.event_id == fact.event_id for known in self.facts)

    def _is_parked(self, record: Received) -> bool:
        return any(parked.value == record.value for parked in self.parked.values())

    def _must_wait(self, record: Received) -> bool:
        fills_the_gap = record.fact is not None and record.fact.revision == self.last_revision + 1
        return not (fills_the_gap and all(parked.behind for parked in self.parked.values()))

    def _refusal(self, record: Received) -> tuple[str, bool]:
        """Why the record cannot be taken now, and whether it only waits for another one."""
        fact = record.fact
        if fact is None:
            return record.reason, False
        if fact.revision <= self.last_revision:
            return f"Its revision {fact.revision} was used before by another event; drop or replace this record.", False
        if fact.revision > self.last_revision + 1:
            missing = self.last_revision + 1
            return f"Revision {missing} of the item is missing; send it, or declare it missing.", True
        return check_next(self.facts, fact), False

    def _take(self, fact: Fact | None) -> None:
        assert fact is not None
        self.facts.append(fact)
        self.last_revision = fact.revision
        self.facts_changed = True

    def _park(self, record: Received) -> None:
        self.parked[record.offset] = record
        self.parked_changed = True

    def _unpark(self, offset: int) -> Received:
        self.parked_changed = True
        return self.parked.pop(offset)

    def _retry(self) -> None:
        while self.parked and self._take_one_parked():
            pass

    def _take_one_parked(self) -> bool:
        """Takes the first parked record that can be taken; a bad one holds up all behind it."""
        for offset, record in sorted(self.parked.items()):
            reason, behind = self._refusal(record)
            if self._is_repeat(record.fact) or not reason:
                taken = self._unpark(offset)
                if not reason:
                    self._take(taken.fact)
                return True
            if reason != record.reason:
                self._park(record._replace(reason=reason, behind=behind))
            if not behind:
                return False
        return False

    def _replace(self, mending: Replace) -> bool:
        if mending.offset in self.parked:
            fact = mending.fact
            record = self.parked[mending.offset]._replace(fact=fact, event_id=fact.event_id, revision=fact.revision)
            self._park(record._replace(reason=_WAITS, behind=True))
            return True
        others = [fact for fact in self.facts if fact.revision != mending.fact.revision]
        if len(others) == len(self.facts) or check_facts(sorted([*others, mending.fact])):
            return False
        self.facts = [*others, mending.fact]
        self.facts_changed = True
        return True

    def _drop(self, offset: int) -> bool:
        if offset not in self.parked:
            return False
        is_first = offset == min(self.parked)
        revision = self._unpark(offset).revision
        # Of a record that cannot be read at all, the revision is the one that its place asks for.
        if revision == self.last_revision + 1 or (revision == 0 and is_first):
            self._use_next_revision()
        return True

    def _skip(self, revision: int) -> bool:
        held_up = bool(self.parked) and not self.parked[min(self.parked)].behind
        if held_up or revision != self.last_revision + 1:
            return False
        self._use_next_revision()
        return True

    def _use_next_revision(self) -> None:
        self.last_revision += 1
        self.facts_changed = True
