"""From one entry of `work` to the facts of its items."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from cases.case import CALENDAR, instant
from oracle.facts import (
    Assigned,
    Cancelled,
    CitizenRated,
    Completed,
    DelayExcused,
    DueChanged,
    Fact,
    HandedBack,
    Leave,
    ProductDecided,
    Reassigned,
    Reopened,
    Returned,
    ReviewExcused,
    Submitted,
    WorkFact,
)

HOME_UNIT = "U"
"""The unit of whoever names none."""

Happening = tuple[datetime, datetime, str, WorkFact]
"""When it occurred, when it was recorded, its label, what."""

_MINUTE = timedelta(minutes=1)
_WEEK = timedelta(days=7)
_GROUNDS = ("facts",)
_NAMESPACES = {"task": "task", "incoming_document": "document", "dossier": "dossier", "request": "request"}


def facts_of_work(holder: str, entries: Sequence[Mapping[str, Any]], leaves: Sequence[Leave]) -> list[Fact]:
    """The facts of all entries of an officer (or, without a holder, of units)."""
    facts: list[Fact] = []
    for n, entry in enumerate(entries, start=1):
        for copy in range(1, entry.get("count", 1) + 1):
            name = f"{_NAMESPACES[_kind(entry)]}/{holder or entry['unit']}-{n}-{copy}"
            happenings = [*_happenings(holder, entry), *_moves_by_leave(entry, leaves)]
            facts += _numbered(entry.get("id", name), happenings)
    return facts


def _numbered(work_id: str, happenings: Sequence[Happening]) -> Iterator[Fact]:
    """Revisions follow arrival; among what arrived together, the order of the case."""
    by_arrival = sorted(happenings, key=lambda happening: happening[1])
    for revision, (occurred_at, recorded_at, label, fact) in enumerate(by_arrival, start=1):
        yield Fact(
            event_id=f"{work_id}#{label or revision}",
            work_id=work_id,
            revision=revision,
            occurred_at=occurred_at,
            recorded_at=recorded_at,
            fact=_with_full_ids(work_id, fact),
            actor_id="case",
        )


def _with_full_ids(work_id: str, fact: WorkFact) -> WorkFact:
    """A case names a review by its label; the fact needs its event_id."""
    if isinstance(fact, ReviewExcused):
        return ReviewExcused(review_event_id=f"{work_id}#{fact.review_event_id}")
    return fact


def _kind(entry: Mapping[str, Any]) -> str:
    kind: str = entry.get("kind", "request" if entry.get("request") else "task")
    return kind


def _happenings(holder: str, entry: Mapping[str, Any]) -> Iterator[Happening]:
    """The assignment, then the short forms, then what `then` lists."""
    due, assigned_at = instant(entry["due"]), _assigned_at(entry)
    recorded_at = instant(entry["recorded"]) if "recorded" in entry else assigned_at
    yield assigned_at, recorded_at, "", _assigned(holder, entry, due)
    for at, fact in (*_reviews(entry, due), *_short_forms(entry, due)):
        yield at, at, "", fact
    for step in entry.get("then", []):
        at = instant(step["at"])
        yield at, instant(step["recorded"]) if "recorded" in step else at, step.get("label", ""), _step(step, entry)


def _assigned_at(entry: Mapping[str, Any]) -> datetime:
    """As the case says, else a week before the due time or, if anything happens earlier, a week before that."""
    if "assigned" in entry:
        return instant(entry["assigned"])
    moments = ("due", "submitted", "completed", "handed_back", "reassigned", "cancelled")
    times = [entry[key] for key in moments if key in entry]
    times += [entry[key]["at"] for key in ("new_due", "returned") if key in entry]
    times += [step["at"] for step in entry.get("then", [])]
    if "waits" in entry:
        times.append(entry["waits"]["sent"])
    return min(instant(text) for text in times) - _WEEK


def _assigned(holder: str, entry: Mapping[str, Any], due: datetime) -> Assigned:
    decided = entry.get("product", True)
    return Assigned(
        unit_id=entry.get("unit", HOME_UNIT),
        officer_id=holder,
        kind=_kind(entry),
        product_code="P" if decided else "",
        standard_units=_thousandths(entry["units"]) if decided else 0,
        due_at=due,
        basis=entry.get("basis", "own" if entry.get("planned", True) else "extra"),
        basis_reason="" if entry.get("planned", True) else "outside the plan",
        whole_id=entry.get("whole", ""),
    )


def _thousandths(units: Any) -> int:
    return int(units * 1000)


def _reviews(entry: Mapping[str, Any], due: datetime) -> Iterator[tuple[datetime, WorkFact]]:
    """Failed reviews before the completion; the due time stays or reaches to it, so that nothing else changes."""
    failed = entry.get("failed_reviews", 0)
    if not failed:
        return
    completed = instant(entry["completed"])
    first = min(completed, due) - 2 * failed * _MINUTE
    for n in range(failed):
        yield first + 2 * n * _MINUTE, Submitted()
        yield first + (2 * n + 1) * _MINUTE, Returned(due_at=max(due, completed), grounds=_GROUNDS)


def _short_forms(entry: Mapping[str, Any], due: datetime) -> Iterator[tuple[datetime, WorkFact]]:
    for key, value in entry.items():
        if key in _SHORT_FORMS:
            yield _SHORT_FORMS[key](value, entry, due)
        elif key == "waits":
            yield from _late_answer(value, due)
        elif key == "delay_excused" and value:
            yield instant(entry["completed"]) + _MINUTE, DelayExcused(missed_due_at=due)


def _new_due(value: Any, entry: Mapping[str, Any], due: datetime) -> tuple[datetime, WorkFact]:
    return instant(value["at"]), DueChanged(due_at=instant(value["due"]), cause="assigner")


def _returned(value: Any, entry: Mapping[str, Any], due: datetime) -> tuple[datetime, WorkFact]:
    new_due = instant(value["due"]) if "due" in value else _default_due(instant(value["at"]), due)
    return instant(value["at"]), Returned(due_at=new_due, grounds=_GROUNDS if value["failed"] else ())


def _reopened(value: Any, entry: Mapping[str, Any], due: datetime) -> tuple[datetime, WorkFact]:
    return instant(value["at"]), Reopened(due_at=instant(value["due"]), grounds=_GROUNDS if value["failed"] else ())


def _default_due(at: datetime, due: datetime) -> datetime:
    """Two working days, never before the old due time (L7)."""
    return max(due, CALENDAR.end_of_day(CALENDAR.add_working_days(CALENDAR.local_day(at), 2)))


_ShortForm = Callable[[Any, Mapping[str, Any], datetime], tuple[datetime, WorkFact]]

_SHORT_FORMS: Mapping[str, _ShortForm] = {
    "new_due": _new_due,
    "submitted": lambda value, entry, due: (instant(value), Submitted()),
    "returned": _returned,
    "completed": lambda value, entry, due: (instant(value), Completed()),
    "reopened": _reopened,
    "completed_again": lambda value, entry, due: (instant(value), Completed()),
    "handed_back": lambda value, entry, due: (instant(value), HandedBack(reason="cannot")),
    "reassigned": lambda value, entry, due: (instant(value), Reassigned(unit_id="ELSEWHERE", officer_id="ANOTHER")),
    "excused_later": lambda value, entry, due: (instant(value), DelayExcused(missed_due_at=due)),
    "cancelled": lambda value, entry, due: (instant(value), Cancelled(reason="not wanted")),
}


def _late_answer(waits: Mapping[str, str], due: datetime) -> Iterator[tuple[datetime, WorkFact]]:
    """What the producer sends when an answer comes late: nothing if it was due after the own due time (L15)."""
    answer_due, answered = instant(waits["due"]), instant(waits["answered"])
    if answer_due < due and answered > answer_due:
        moved = CALENDAR.shift_by_lateness(due, answer_due=answer_due, answered=answered)
        yield answered, DueChanged(due_at=moved, cause="coordination", replaces_due_at=due)


def _moves_by_leave(entry: Mapping[str, Any], leaves: Sequence[Leave]) -> Iterator[Happening]:
    """What the producer sends when a due time of an item in hand lies in leave registered before it (L12)."""
    due = instant(entry["due"])
    for leave in leaves:
        assert leave.registered_at is not None
        at = max(leave.registered_at, _assigned_at(entry))
        moved = CALENDAR.due_after_leave(due, leave.first_day, leave.last_day)
        gone = [instant(entry[key]) for key in ("completed", "reassigned", "handed_back", "cancelled") if key in entry]
        if moved != due and leave.registered_at <= due and all(at < moment for moment in gone):
            yield at, at, "", DueChanged(due_at=moved, cause="leave", replaces_due_at=due)


def _step(step: Mapping[str, Any], entry: Mapping[str, Any]) -> WorkFact:
    """One entry of `then`: the fact is the one key that is neither time nor label."""
    (name,) = step.keys() - {"at", "recorded", "label"}
    value = step[name] or {}
    due = instant(value["due"]) if isinstance(value, Mapping) and "due" in value else None
    grounds = _grounds(value)
    facts: dict[str, WorkFact] = {
        "submitted": Submitted(),
        "completed": Completed(),
        "handed_back": HandedBack(),
        "cancelled": Cancelled(),
        "returned": Returned(due_at=due, grounds=grounds),
        "reopened": Reopened(due_at=due, grounds=grounds),
    }
    return facts[name] if name in facts else _step_with_more(name, value, due, entry)


def _grounds(value: Any) -> tuple[str, ...]:
    return tuple(value.get("grounds", ())) if isinstance(value, Mapping) else ()


def _step_with_more(name: str, value: Any, due: datetime | None, entry: Mapping[str, Any]) -> WorkFact:
    if name == "due_changed":
        replaces = instant(value["replaces"]) if "replaces" in value else None
        return DueChanged(due_at=due, cause=value.get("cause", "assigner"), replaces_due_at=replaces)
    if name == "reassigned":
        unit = value.get("unit", entry.get("unit", HOME_UNIT))
        return Reassigned(unit_id=unit, officer_id=value["to"], due_at=due)
    if name == "delay_excused":
        return DelayExcused(missed_due_at=instant(value["missed"]), due_at=due)
    if name == "review_excused":
        return ReviewExcused(review_event_id=value)
    if name == "product_decided":
        return ProductDecided(product_code="P", standard_units=_thousandths(value))
    if name == "citizen_rated":
        return CitizenRated(stars=value)
    raise ValueError(f"A case has a step {name!r}: name a fact of the contract.")
