"""Makes facts of an item as the mapping says. Pure: the same item gives the same facts."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from embedded.importer.facts import (
    ORDER,
    Assigned,
    Cancelled,
    Completed,
    Event,
    Fact,
    Reassigned,
    Submitted,
    event_id_of,
)
from embedded.importer.items import LEFT_OUT_ITEM, Item, Step
from embedded.importer.mapping import LogMapping
from embedded.importer.names import Holder, Names
from embedded.importer.report import Oddity, Reason
from embedded.importer.reviews import Found, find_returns

UNDECIDED = "undecided when the log was taken"
AT_START = "taken at the start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """One holder's part of an item, by the log's names; officer "" while the unit held it."""

    officer: str
    unit: str
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What came of one item: no events when it was left out."""

    events: Sequence[Event] = ()
    spells: Sequence[Spell] = ()
    oddities: Sequence[Oddity] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """A fact to be: when, by whom, and the step or place that it is made of."""

    at: datetime
    fact: Fact
    line: int
    place: str = ""
    actor: str = ""


@dataclass(slots=True)
class _Course:
    """The way of one item from its start to its end."""

    start: datetime
    end: datetime | None
    closing: Fact | None
    marks: list[_Mark] = field(default_factory=list)


class FactMaker:
    """Makes the facts of one log. `log_end` is its last time stamp, `now` the time of the import."""

    def __init__(self, *, mapping: LogMapping, names: Names, log_end: datetime | None, now: datetime) -> None:
        self._mapping = mapping
        self._rules = mapping.facts
        self._names = names
        self._log_end = log_end
        self._now = now

    def make(self, item: Item) -> Made:
        """The facts of an item in their order, who held it when, and what was odd."""
        oddities: list[Oddity] = []
        holder = self._names.holder(item.officer)
        if item.start is None:
            return Made(oddities=[_note(item, Reason.ITEM_WITHOUT_START)])
        if holder.oddity is not None:
            oddities.append(_note(item, holder.oddity, item.officer, _holder_treatment(holder)))
        checked = self._check_times(item, item.start, oddities)
        if holder.left_out or checked is None:
            return Made(oddities=oddities)
        if not item.unit:
            oddities.append(_note(item, Reason.ITEM_WITHOUT_UNIT))
        course = self._course(checked, item.start, oddities)
        steps = self._usable_steps(checked, course, oddities)
        course.marks.append(_Mark(at=course.start, fact=self._assigned(checked, holder), line=item.line))
        spells = self._hold(checked, steps, course)
        self._review(checked, steps, course, oddities)
        return Made(events=self._events(checked, course), spells=spells, oddities=oddities)

    def _check_times(self, item: Item, start: datetime, oddities: list[Oddity]) -> Item | None:
        first = item.steps[0].at if item.steps else None
        end = item.end
        if item.due is not None and first is not None and item.due < first:
            oddities.append(_note(item, Reason.DUE_BEFORE_FIRST_STEP))
        if end is not None and first is not None and end < first:
            oddities.append(_note(item, Reason.END_BEFORE_FIRST_STEP))
        checked: Item | None = item
        if item.due is not None and item.due < start:
            treatment = {"standard_term": "given the product's standard term", "keep": "kept"}
            rule = self._rules.due_before_start
            oddities.append(_note(item, Reason.DUE_BEFORE_START, "", treatment.get(rule, LEFT_OUT_ITEM)))
            checked = _checked(checked, rule, due=None if rule == "standard_term" else item.due)
        if end is not None and end < start:
            treatment = {"at_start": AT_START, "leave_out_end": "left out the end"}
            late_rule = self._rules.end_before_start
            oddities.append(_note(item, Reason.END_BEFORE_START, "", treatment.get(late_rule, LEFT_OUT_ITEM)))
            checked = _checked(checked, late_rule, end=start if late_rule == "at_start" else None)
        return checked

    def _course(self, item: Item, start: datetime, oddities: list[Oddity]) -> _Course:
        cancelled = item.cancelled
        if item.end is not None and (cancelled is None or item.end <= cancelled):
            return _Course(start=start, end=item.end, closing=Completed())
        if cancelled is not None:
            reason = self._rules.cancelled_reason
            return _Course(start=start, end=max(start, cancelled), closing=Cancelled(reason=reason))
        if not self._rules.close_at_log_end:
            oddities.append(_note(item, Reason.UNDECIDED_OPEN))
            return _Course(start=start, end=None, closing=None)
        oddities.append(_note(item, Reason.UNDECIDED_CLOSED))
        return _Course(start=start, end=max(start, self._log_end or start), closing=Cancelled(reason=UNDECIDED))

    def _usable_steps(self, item: Item, course: _Course, oddities: list[Oddity]) -> list[Step]:
        usable = []
        keep = self._rules.keep_steps_after_end
        for step in item.steps:
            holder = self._names.holder(step.officer)
            after = course.end is not None and step.at > course.end
            if after:
                treatment = "read like any step" if keep else ""
                oddities.append(_note_step(item, step, Reason.STEP_AFTER_END, treatment))
            if step.at < course.start:
                oddities.append(_note_step(item, step, Reason.STEP_BEFORE_START))
            elif holder.left_out:
                oddities.append(_note_step(item, step, Reason.LEFT_OUT_STEP))
            elif keep or not after:
                usable.append(step)
        return usable

    def _assigned(self, item: Item, holder: Holder) -> Assigned:
        return Assigned(
            officer_id=holder.officer_id,
            unit_id=self._names.unit_id(item.unit),
            kind=item.kind,
            product_code=item.product_code,
            standard_units=item.standard_units,
            due_at=item.due,
            basis=item.basis,
            title=item.title,
        )

    def _hold(self, item: Item, steps: Sequence[Step], course: _Course) -> list[Spell]:
        last = self._answers_until(item, course)
        spells = [Spell(officer=item.officer, unit=item.unit, first=course.start, last=last)]
        for step in steps:
            held = spells[-1]
            unit = step.unit or held.unit
            if self._rules.reassigned.match(step.name) and (step.officer, unit) != (held.officer, held.unit):
                spells[-1] = replace(held, last=step.at)
                spells.append(Spell(officer=step.officer, unit=unit, first=step.at, last=max(last, step.at)))
                holder = self._names.holder(step.officer)
                fact = Reassigned(officer_id=holder.officer_id, unit_id=self._names.unit_id(unit))
                course.marks.append(_of_step(step, fact))
        return spells

    def _answers_until(self, item: Item, course: _Course) -> datetime:
        last = max(filter(None, (course.start, course.end)))
        if self._mapping.officers.posts_until_due and item.due and not isinstance(course.closing, Cancelled):
            return max(last, item.due)
        return last

    def _review(self, item: Item, steps: Sequence[Step], course: _Course, oddities: list[Oddity]) -> None:
        for step in steps:
            if self._rules.submitted.match(step.name):
                course.marks.append(_of_step(step, Submitted()))
        found, odd = find_returns(item, steps, self._rules)
        oddities.extend(odd)
        before = course.start
        for each in found:
            self._add_return(each, before, course)
            before = each.review.at
        if found and isinstance(course.closing, Completed) and course.end is not None:
            self._hand_in_again(item, before, course)

    def _add_return(self, found: Found, before: datetime, course: _Course) -> None:
        review = found.review
        if not _has_hand_in(course, before, review.at):
            inside = before < found.submitted_at
            at, line = (found.submitted_at, found.submitted_line) if inside else (review.at, review.line)
            course.marks.append(_Mark(at=at, fact=Submitted(), line=line, place=f"before {review.step_id}"))
        course.marks.append(_of_step(review, found.returned))

    def _hand_in_again(self, item: Item, after: datetime, course: _Course) -> None:
        """Returned work is completed when it is handed in again: with the end, unless the log says when."""
        end = course.end
        if end is not None and after <= end and not _has_hand_in(course, after, end):
            course.marks.append(_Mark(at=end, fact=Submitted(), line=item.line, place="with the end"))

    def _events(self, item: Item, course: _Course) -> list[Event]:
        if course.closing is not None and course.end is not None:
            course.marks.append(_Mark(at=course.end, fact=course.closing, line=item.line))
        marks = sorted(course.marks, key=lambda mark: (mark.at, ORDER.index(type(mark.fact)), mark.place))
        return [self._event(item, mark, place) for mark, place in _placed(marks)]

    def _event(self, item: Item, mark: _Mark, place: str) -> Event:
        kind = type(mark.fact).__name__
        return Event(
            event_id=event_id_of(source=self._mapping.source, item=item.key, kind=kind, place=place),
            work_id=self._names.work_id(item.key),
            occurred_at=mark.at,
            recorded_at=mark.at if self._rules.recorded_as_occurred else max(self._now, mark.at),
            actor_id=self._names.holder(mark.actor).officer_id or self._names.system_id(),
            fact=mark.fact,
            line=mark.line,
        )


def _of_step(step: Step, fact: Fact) -> _Mark:
    return _Mark(at=step.at, fact=fact, line=step.line, place=step.step_id, actor=step.officer)


def _placed(marks: Sequence[_Mark]) -> Iterator[tuple[_Mark, str]]:
    seen: Counter[tuple[str, str]] = Counter()
    for mark in marks:
        key = (type(mark.fact).__name__, mark.place)
        seen[key] += 1
        yield mark, f"{mark.place}#{seen[key]}"


def _has_hand_in(course: _Course, after: datetime, until: datetime) -> bool:
    return any(isinstance(mark.fact, Submitted) and after < mark.at <= until for mark in course.marks)


def _checked(item: Item | None, rule: str, **changes: datetime | None) -> Item | None:
    return None if item is None or rule == "leave_out_item" else replace(item, **changes)  # type: ignore[arg-type]


def _holder_treatment(holder: Holder) -> str:
    if holder.oddity is not Reason.UNKNOWN_OFFICER:
        return ""
    return LEFT_OUT_ITEM if holder.left_out else "held by the unit"


def _note(item: Item, reason: Reason, detail: str = "", treatment: str = "") -> Oddity:
    named = f"{item.key}, {detail}" if detail else item.key
    return Oddity(reason=reason, line=item.line, detail=named, treatment=treatment)


def _note_step(item: Item, step: Step, reason: Reason, treatment: str = "") -> Oddity:
    return Oddity(reason=reason, line=step.line, detail=f"{item.key}, {step.name}", treatment=treatment)
