"""The worked cases of the two policies, from sums of measures taken by hand to points and band."""

from fractions import Fraction
from pathlib import Path

import pytest

import evaluation
from evaluation.domain.policies import Band, Sheet, load_policies
from evaluation.domain.scoring import Context, Result, prefixed, score

POLICIES = load_policies(Path(evaluation.__file__).parent / "policies")


def sheet_of(name: str, kind: str = "officer") -> Sheet:
    policy = next(policy for policy in POLICIES.versions if policy.name == name)
    return policy.unit if kind == "unit" else policy.officer


def ratios(result: Result) -> dict[str, Fraction | None]:
    return {one.indicator.indicator_id: one.ratio for one in result.indicators}


DECREE = [
    ("everything done", 30, {"planned": 5000, "done": 5000}, (1, 1, 1), 7000, 10000, Band.EXCELLENT),
    (
        "one of four late once, one review failed once",
        27,
        {"planned": 4000, "done": 4000, "done_late_1": 1000, "done_failed_1": 1000},
        (1, Fraction(15, 16), Fraction(15, 16)),
        6708,
        9408,
        Band.EXCELLENT,
    ),
    ("an excused delay", 27, {"planned": 4000, "done": 4000}, (1, 1, 1), 7000, 9700, Band.EXCELLENT),
    ("handed back", 25, {"planned": 4000, "done": 3000}, (Fraction(3, 4),) * 3, 5250, 7750, Band.GOOD),
    ("taken over on top", 28, {"planned": 4000, "done": 5000}, (Fraction(5, 4),) * 3, 7000, 9800, Band.EXCELLENT),
    (
        "two missed due times",
        20,
        {"planned": 2000, "done": 2000, "done_late_2": 2000},
        (1, 1, Fraction(1, 2)),
        5833,
        7833,
        Band.GOOD,
    ),
    ("an extension in time", 20, {"planned": 2000, "done": 2000}, (1, 1, 1), 7000, 9000, Band.EXCELLENT),
    ("open and overdue", 24, {"planned": 2000, "done": 1000}, (Fraction(1, 2),) * 3, 3500, 5900, Band.COMPLETED),
    (
        "five failed reviews",
        15,
        {"planned": 1000, "done": 1000, "done_failed_4": 1000},
        (1, 0, 1),
        4667,
        6167,
        Band.COMPLETED,
    ),
    (
        "finished after the month: March",
        25,
        {"planned": 8000, "done": 7000, "done_late_1": 2000},
        (Fraction(7, 8), Fraction(7, 8), Fraction(13, 16)),
        5979,
        8479,
        Band.GOOD,
    ),
    (
        "finished after the month: April, with one unit carried in",
        25,
        {"planned": 3000, "carried_planned": 1000, "done": 4000, "done_late_1": 1000},
        (1, 1, Fraction(15, 16)),
        6854,
        9354,
        Band.EXCELLENT,
    ),
    (
        "reopened after the cut-off: April",
        24,
        {"planned": 8000, "done": 8000, "done_failed_1": 6000, "done_late_1": 2000},
        (1, Fraction(13, 16), Fraction(15, 16)),
        6417,
        8817,
        Band.GOOD,
    ),
    (
        "takes over a post",
        25,
        {"planned": 5000, "done": 6000, "done_late_1": 2000},
        (Fraction(6, 5), Fraction(6, 5), Fraction(11, 10)),
        7000,
        9500,
        Band.EXCELLENT,
    ),
]


@pytest.mark.parametrize(
    ("general", "measures", "abc", "result_points", "points", "band"),
    [c[1:] for c in DECREE],
    ids=[c[0] for c in DECREE],
)
def test_a_worked_case_of_the_decree(
    general: int,
    measures: dict[str, int],
    abc: tuple[Fraction, ...],
    result_points: int,
    points: int,
    band: Band,
) -> None:
    context = Context(general_points=general * 1000, post="staff")
    result = score(sheet_of("decree-335"), prefixed(measures, {}), context)
    assert ratios(result) == dict(zip("abc", abc, strict=True))
    assert (result.result_points, result.points, result.band, result.reason) == (result_points, points, band, None)


def test_nothing_planned_is_not_full_marks() -> None:
    result = score(sheet_of("decree-335"), {}, Context(general_points=30_000))
    assert (result.exact_points, result.points, result.band, result.result_points) == (None, None, None, None)
    assert result.reason is not None
    assert result.reason.en == "no planned work"


@pytest.mark.parametrize("post", ["head", "deputy"])
def test_a_leader_with_one_failing_subordinate(post: str) -> None:
    context = Context(general_points=28_000, post=post, subordinate_failing=True)
    result = score(sheet_of("decree-335"), prefixed({"planned": 1000, "done": 1000}, {}), context)
    assert ratios(result) == {"a": 1, "b": 1, "c": 1, "d": Fraction(1, 2), "đ": 1, "e": 1}
    assert result.exact_points == 28 + Fraction(70 * 11, 12)
    assert (result.result_points, result.points, result.band) == (6417, 9217, Band.EXCELLENT)


def test_a_request_counts_in_the_decree_and_in_coordination_only_in_the_pilot() -> None:
    measures = prefixed(
        {"planned": 2000, "done": 2000, "due_items": 1, "on_time_items": 1, "due_units": 2000, "on_time_units": 2000},
        {"planned": 2000, "done": 2000, "done_late_1": 2000, "due_items": 2, "missed_items": 2, "due_units": 2000},
    )
    decree = score(sheet_of("decree-335"), measures, Context(general_points=25_000))
    assert (ratios(decree)["c"], decree.points, decree.rules) == (Fraction(7, 8), 9208, ())
    pilot = ratios(score(sheet_of("pilot-seven-groups"), measures, Context()))
    assert [pilot[name] for name in ("coordination", "quantity", "time", "overdue")] == [0, 1, 1, 1]


def test_each_item_is_once_in_the_plan_of_the_unit() -> None:
    measures = prefixed({"planned": 9000, "done": 9000, "done_late_1": 2000}, {})
    result = score(sheet_of("decree-335", "unit"), measures, Context(general_points=25_000))
    assert ratios(result) == {"a": 1, "b": 1, "c": Fraction(17, 18)}


@pytest.mark.parametrize(
    ("due", "missed", "carried", "forced"),
    [(5, 1, 0, False), (9, 2, 0, True), (1, 0, 0, False), (1, 1, 0, True), (4, 0, 1, False), (3, 0, 1, True)],
)
def test_more_than_20_percent_overdue_is_not_completed_in_the_pilot(
    due: int, missed: int, carried: int, forced: bool
) -> None:
    done = (due - missed) * 1000
    measures = prefixed(
        {"planned": due * 1000, "done": done, "due_items": due, "missed_items": missed, "carried_items": carried}, {}
    )
    result = score(sheet_of("pilot-seven-groups"), measures, Context())
    assert (result.rules == ("overdue_above_20_percent",)) is forced
    assert ratios(result)["overdue"] == 1 - Fraction(missed + carried, due + carried)
    if forced:
        assert (result.band, result.reason is not None) == (Band.NOT_COMPLETED, True)
    # Beside the score of the decree it is a warning: Article 20.4 is a closed list.
    decree = score(sheet_of("decree-335"), measures, Context(general_points=30_000))
    assert decree.rules == result.rules
    assert decree.reason is None


def test_nobody_asked_for_coordination_and_its_weight_is_spread() -> None:
    work = {"planned": 10_000, "done": 10_000, "due_units": 10_000, "on_time_units": 10_000}
    work |= {"due_items": 10, "on_time_items": 10, "completed_items": 10, "proactive_items": 10}
    result = score(sheet_of("pilot-seven-groups"), prefixed(work, {}), Context())
    assert [name for name, ratio in ratios(result).items() if ratio is None] == ["coordination"]
    assert (result.exact_points, result.points) == (Fraction(800, 9), 8889)


def test_creativity_alone_is_no_work() -> None:
    result = score(sheet_of("pilot-seven-groups"), prefixed({"initiative_credit": 500}, {}), Context())
    assert ratios(result)["creativity"] == Fraction(1, 2)
    assert (result.points, result.band) == (None, None)
    assert result.reason is not None
    assert result.reason.en == "no work in the month"
