"""Every worked case comes out of the product, to the digits given: its event doors, its fold, its second stage."""

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest

from cases.case import Case, Question
from cases.product import score_product
from cases.test_cases_oracle import CASES, agrees
from cases.translate import facts_of_case, findings_of_case, organization_of_case
from evaluation.domain.policies import Band
from evaluation.domain.scorecards import Scorecard
from evaluation.domain.scoring import Result
from oracle.policies import PILOT

BANDS = {
    None: None,
    Band.NOT_COMPLETED: "not completed",
    Band.COMPLETED: "completed",
    Band.GOOD: "good",
    Band.EXCELLENT: "excellent",
}


def ask(case: Case, question: Question) -> dict[str, Scorecard]:
    """The subject's scorecards by policy."""
    cards = score_product(
        facts_of_case(case),
        organization=organization_of_case(case),
        findings=findings_of_case(case),
        month=question.period,
        cut_off=case.cut_off,
        as_of=question.at,
    )
    return {policy: card for (subject, policy), card in cards.items() if subject == question.subject_id}


def ratios(result: Result) -> dict[str, Fraction | None]:
    return {one.indicator.indicator_id: one.ratio for one in result.indicators}


def hundredths(points: int | None) -> Fraction | None:
    return None if points is None else Fraction(points, 100)


def value_of(key: str, cards: Mapping[str, Scorecard], card: Scorecard, result: Result) -> object:
    of_result = ratios(result)
    found: dict[str, Callable[[], object]] = {
        "points": lambda: result.exact_points,
        "shown": lambda: hundredths(result.points),
        "band": lambda: BANDS[result.band],
        "reason": lambda: "" if result.reason is None else result.reason.en,
        "result_points": lambda: hundredths(result.result_points),
        "overdue_share": lambda: 1 - (of_result["overdue"] or 0),
        "forced_band": lambda: BANDS[result.band] if result.reason is not None else None,
        "groups_without_data": lambda: [name for name, ratio in of_result.items() if ratio is None],
        "pilot_coordination": lambda: ratios(cards[PILOT].now)["coordination"],
        "amended": lambda: card.amended,
    }
    return found[key]() if key in found else of_result[key]


def comes_out(key: str, expected: object, got: object) -> bool:
    """The contract rounds the part of the tasks to hundredths; all else agrees to the digits given."""
    if key == "result_points" and isinstance(expected, Decimal):
        expected = expected.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return agrees(expected, got)


def differences(
    expect: Mapping[str, Any], cards: Mapping[str, Scorecard], card: Scorecard, result: Result
) -> dict[str, tuple[object, object]]:
    """What does not come out, by name: expected, got."""
    wrong: dict[str, tuple[object, object]] = {}
    for key, expected in expect.items():
        if key == "measures":
            measured = {name: card.measures.get(name, 0) for name in expected}
            wrong |= {name: (n, measured[name]) for name, n in expected.items() if measured[name] != n}
        elif key != "if_nothing_more" and not comes_out(key, expected, got := value_of(key, cards, card, result)):
            wrong[key] = (expected, got)
    return wrong


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{file}: {case.name}") for file, case in CASES])
def test_a_worked_case_comes_out_of_the_product(case: Case) -> None:
    for question in case.questions():
        cards = ask(case, question)
        card = cards[question.policy]
        asked = f"{question.subject_id} {question.period} {question.policy} at {question.at}"
        assert not differences(question.expect, cards, card, card.now), asked
        later = question.expect.get("if_nothing_more", {})
        assert not differences(later, cards, card, card.if_nothing_more), f"{asked}, if nothing more is done"
