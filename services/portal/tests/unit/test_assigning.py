"""The form by which a head assigns work."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from portal.domain.assigning import Share, Typed, find_faults, read_assignment, read_share

DUE = datetime(2026, 11, 27, 10, tzinfo=UTC)
PRODUCTS = {"BC-02": 1_000}
GOOD = Typed(task_id="t1", title="Báo cáo", product_code="BC-02", holders=["SNV/HUE-1", "", ""], shares=["", "", ""])
PAIR = replace(GOOD, holders=["SNV/HUE-1", "SNV-CCVC/HUE-2"])


def faults(typed: Typed, due_at: datetime | None = None) -> set[str]:
    return set(find_faults(typed, due_at=due_at, products=PRODUCTS))


def test_a_form_without_faults_is_read() -> None:
    assert faults(GOOD) == set()
    read = read_assignment(replace(GOOD, title="  Báo cáo "), due_at=DUE, products=PRODUCTS)
    assert (read.title, read.due_at, read.is_extra) == ("Báo cáo", DUE, False)
    assert list(read.shares) == [Share(unit_id="SNV", officer_id="HUE-1", units=0)]


def test_the_unit_itself_can_hold_the_work() -> None:
    read = read_assignment(replace(GOOD, holders=["SNV/"]), due_at=None, products=PRODUCTS)
    assert list(read.shares) == [Share(unit_id="SNV", officer_id="", units=0)]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (replace(GOOD, title="  "), "title"),
        (replace(GOOD, product_code="NONE"), "product_code"),
        (replace(PAIR, product_code=""), "product_code"),
        (replace(GOOD, product_code=""), "due_at"),
        (replace(GOOD, holders=["", ""]), "holders"),
        (replace(GOOD, holders=["SNV/HUE-1", "SNV/HUE-1"]), "holders"),
        (replace(PAIR, shares=["0,5", ""]), "shares"),
        (replace(PAIR, shares=["0,5", "0,4"]), "shares"),
        (replace(GOOD, is_extra=True), "extra_reason"),
        (replace(GOOD, urgent_reason="khẩn"), "urgent_reason"),
        (replace(GOOD, extra_reason="đột xuất"), "extra_reason"),
        (replace(GOOD, is_urgent=True, urgent_reason=" "), "urgent_reason"),
    ],
)
def test_each_fault_is_told_at_its_field(typed: Typed, field: str) -> None:
    assert field in faults(typed)


def test_work_without_a_product_needs_a_due_time_only() -> None:
    assert faults(replace(GOOD, product_code=""), due_at=DUE) == set()


def test_shares_that_nobody_typed_are_even_and_add_up() -> None:
    three = replace(GOOD, holders=["SNV/1", "SNV/2", "SNV/3"])
    assert faults(three) == set()
    assert [one.units for one in read_assignment(three, due_at=None, products=PRODUCTS).shares] == [334, 333, 333]


def test_shares_are_typed_with_a_comma_or_a_point() -> None:
    typed = replace(PAIR, shares=["0,25", "0.75"])
    assert faults(typed) == set()
    assert [one.units for one in read_assignment(typed, due_at=None, products=PRODUCTS).shares] == [250, 750]


def test_reasons_of_boxes_that_are_not_ticked_are_left_out() -> None:
    typed = replace(GOOD, extra_reason="đột xuất", urgent_reason="khẩn")
    read = read_assignment(typed, due_at=None, products=PRODUCTS)
    assert (read.extra_reason, read.urgent_reason) == ("", "")


@pytest.mark.parametrize("text", ["9e999999", "1_0", "", "x", "0", "-1", "0,0001", "nan", "inf", "1e9", "1,5,0"])
def test_what_is_no_share_is_not_read(text: str) -> None:
    assert read_share(text) is None
