"""Indicators taken apart into what each item adds."""

import pytest

from portal.domain.evidence import Adding, break_down, name_measures, total_of, unexplained
from portal.domain.linear import read_sum


@pytest.mark.parametrize(
    ("expression", "factors", "constant"),
    [
        ("work_done", {"work_done": 1}, 0),
        ("4 * (all_planned + all_carried_planned)", {"all_planned": 4, "all_carried_planned": 4}, 0),
        ("4 * a - b - 2 * c", {"a": 4, "b": -1, "c": -2}, 0),
        ("a - (b - 3)", {"a": 1, "b": -1}, 3),
        ("-a * 2", {"a": -2}, 0),
        ("1000", {}, 1000),
    ],
)
def test_sums_are_read(expression: str, factors: dict[str, int], constant: int) -> None:
    found = read_sum(expression)
    assert found is not None
    assert (found.factors, found.constant) == (factors, constant)


@pytest.mark.parametrize("expression", ["subordinate_failing ? 1 : 2", "a * b", "a / 2", "max(a, b)", "1.5", ""])
def test_what_is_no_sum_is_left_alone(expression: str) -> None:
    assert read_sum(expression) is None


def item(work_id: str, *, is_request: bool = False, **measures: int) -> Adding:
    return Adding(work_id=work_id, measures=name_measures(measures, is_request=is_request), source=None)


ITEMS = [
    item("small", done=500, due_items=1),
    item("large", done=2_000, done_failed_1=2_000, due_items=1, missed_items=1),
    item("asked", is_request=True, done=900, due_items=1),
    item("idle", ratings=1),
]


def test_requests_count_as_requests_and_in_all() -> None:
    assert total_of(ITEMS)["work_done"] == 2_500
    assert total_of(ITEMS)["request_done"] == 900
    assert total_of(ITEMS)["all_done"] == 3_400


def test_the_parts_of_the_items_add_up_to_the_indicator_the_largest_first() -> None:
    found = break_down(
        ITEMS, numerator=("4 * work_done - work_done_failed_1", 8_000), denominator=("4 * work_done", 10_000)
    )
    assert found is not None
    assert [(one.item.work_id, one.numerator, one.denominator) for one in found.parts] == [
        ("large", 6_000, 8_000),
        ("small", 2_000, 2_000),
    ]
    assert (found.adds_up, found.is_counted) == (True, False)
    assert [(one.name, one.factor, one.amount) for one in found.numerator] == [
        ("work_done", 4, 2_500),
        ("work_done_failed_1", -1, 2_000),
    ]


def test_an_indicator_with_other_numbers_than_its_items_is_told() -> None:
    found = break_down(ITEMS, numerator=("work_due_items", 3), denominator=("work_due_items", 2))
    assert found is not None
    assert (found.adds_up, found.is_counted) == (False, True)


def test_a_fixed_number_belongs_to_no_item_and_still_adds_up() -> None:
    found = break_down(ITEMS, numerator=("work_done", 2_500), denominator=("1000", 1_000))
    assert found is not None
    assert (found.adds_up, found.denominator_constant) == (True, 1_000)


def test_findings_have_no_items() -> None:
    assert break_down(ITEMS, numerator=("lasting_delay ? 1 : 2", 2), denominator=("2", 2)) is None


def test_what_items_do_not_explain_is_named() -> None:
    total = total_of(ITEMS)
    assert unexplained(total, ITEMS) == {}
    assert unexplained({**total, "work_done": 3_000, "work_planned": 7}, ITEMS) == {"work_done": 500, "work_planned": 7}
