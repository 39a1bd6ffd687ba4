"""Every worked case comes out of the oracle, to the digits given."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from cases.case import CALENDAR, FILES, Case, Question, cases_of
from cases.translate import facts_of_case, findings_of_case, organization_of_case
from oracle.policies import DECREE, PILOT, Result, pilot_groups, round_half_up
from oracle.scorer import Scorecard, score

CASES = [(path.stem, case) for path in FILES for case in cases_of(path)]


def ask(case: Case, question: Question) -> Scorecard:
    cards = score(
        facts_of_case(case),
        organization=organization_of_case(case),
        findings=findings_of_case(case),
        months=[question.period],
        cut_off=case.cut_off,
        is_working_day=CALENDAR.is_working_day,
        as_of=question.at,
    )
    return cards[question.subject_id, question.period]


def agrees(expected: object, got: object) -> bool:
    """Whole numbers agree exactly, decimals when the value rounds half up to them."""
    if isinstance(expected, Decimal) and isinstance(got, Fraction | int):
        exponent = expected.as_tuple().exponent
        assert isinstance(exponent, int)
        return round_half_up(Fraction(got), -exponent) == int(expected.scaleb(-exponent))
    return expected == got


def value_of(key: str, card: Scorecard, result: Result) -> object:
    from_result: dict[str, Callable[[], object]] = {
        "points": lambda: result.points,
        "shown": lambda: None if result.shown is None else Fraction(result.shown, 100),
        "band": lambda: result.band,
        "reason": lambda: result.reason,
        "result_points": lambda: result.result_points,
        "overdue_share": lambda: result.overdue_share,
        "forced_band": lambda: result.forced_band,
        "groups_without_data": lambda: [name for name, ratio in result.indicators.items() if ratio is None],
        "pilot_coordination": lambda: pilot_groups(card.measures)["coordination"],
        "amended": lambda: card.amended,
    }
    return from_result[key]() if key in from_result else result.indicators[key]


def differences(expect: Mapping[str, Any], card: Scorecard, result: Result) -> dict[str, tuple[object, object]]:
    """What does not come out, by name: expected, got."""
    wrong: dict[str, tuple[object, object]] = {}
    for key, expected in expect.items():
        if key == "measures":
            wrong |= {name: (n, card.measures[name]) for name, n in expected.items() if card.measures[name] != n}
        elif key != "if_nothing_more" and not agrees(expected, got := value_of(key, card, result)):
            wrong[key] = (expected, got)
    return wrong


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{file}: {case.name}") for file, case in CASES])
def test_a_worked_case_comes_out(case: Case) -> None:
    questions = case.questions()
    assert questions, "a case that asks nothing proves nothing"
    for question in questions:
        card = ask(case, question)
        asked = f"{question.subject_id} {question.period} {question.policy} at {question.at}"
        assert not differences(question.expect, card, card.now[question.policy]), asked
        later = question.expect.get("if_nothing_more", {})
        assert not differences(later, card, card.if_nothing_more[question.policy]), f"{asked}, if nothing more is done"


def test_cut_offs_of_the_files_are_those_of_the_calendar() -> None:
    given = {(month, at) for _, case in CASES for month, at in case.cut_offs.items()}
    assert given
    assert all(CALENDAR.cut_off(int(month[:4]), int(month[5:])) == at for month, at in given)


def test_every_local_rule_has_a_case_of_its_own() -> None:
    names = {case.name.split()[0] for file, case in CASES if file == "local-rules"}
    assert {f"L{n}" for n in range(1, 24)} <= names


def test_both_policies_have_cases() -> None:
    assert {case.policy for _, case in CASES} == {PILOT, DECREE}
