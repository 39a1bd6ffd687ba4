"""Finds the reviews that returned the work (L7) among the steps of an item."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from embedded.importer.facts import Returned
from embedded.importer.items import Item, Step
from embedded.importer.mapping import FactRules, Review
from embedded.importer.report import Oddity, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A review that returned the work, and when the work had been handed in for it (with the line that tells)."""

    review: Step
    returned: Returned
    submitted_at: datetime
    submitted_line: int


def find_returns(item: Item, steps: Sequence[Step], rules: FactRules) -> tuple[list[Found], list[Oddity]]:
    """The returns of an item by time, and what looked like one but is none. `steps` are those that may make facts."""
    oddities: list[Oddity] = []
    found = [each for rule in rules.reviews for each in _returns(item, steps, rule, oddities)]
    return sorted(found, key=lambda each: _order(each.review)), oddities


def _returns(item: Item, steps: Sequence[Step], rule: Review, oddities: list[Oddity]) -> Iterator[Found]:
    for review, rework in _returned_reviews(item, steps, rule, oddities):
        late = rule.keep_due and item.due is not None and review.at > item.due
        if late:
            oddities.append(_oddity(Reason.REVIEW_AFTER_DUE, item, review))
            continue
        handed_in = _handed_in(steps, review, rule)
        due = item.due if rule.keep_due else None
        note = review.name if review is rework else f"{review.name}: {rework.name}"
        yield Found(
            review=review,
            returned=Returned(grounds=rule.grounds, due_at=due, note=note),
            submitted_at=handed_in.at,
            submitted_line=handed_in.line,
        )


def _returned_reviews(
    item: Item, steps: Sequence[Step], rule: Review, oddities: list[Oddity]
) -> Iterator[tuple[Step, Step]]:
    if not rule.returned_when.names:
        yield from ((step, step) for step in steps if rule.reviewed.match(step.name))
        return
    review: Step | None = None
    for step in steps:
        if rule.returned_when.match(step.name):
            if review is None:
                oddities.append(_oddity(Reason.RETURN_WITHOUT_REVIEW, item, step))
            else:
                yield review, step
            review = None
        if rule.reviewed.match(step.name):
            review = step


def _handed_in(steps: Sequence[Step], review: Step, rule: Review) -> Step:
    before = [step for step in steps if step.at <= review.at and rule.submitted.match(step.name) and step is not review]
    return max(before, key=_order, default=review)


def _oddity(reason: Reason, item: Item, step: Step) -> Oddity:
    return Oddity(reason=reason, line=step.line, detail=f"{item.key}, {step.name}")


_order = attrgetter("at", "name", "step_id")
