"""Which lists officers may ask of their unit, and what does not go together."""

import pytest

from runtime.errors import InvalidInput
from work.domain.items import WorkStatus
from work.domain.selection import Selection, check_selection

OPEN, COMPLETED = WorkStatus.OPEN, WorkStatus.COMPLETED


@pytest.mark.parametrize(
    ("wanted", "finished"),
    [
        (Selection(unit_id="SNV"), False),
        (Selection(unit_id="SNV", include_finished=True), True),
        (Selection(unit_id="SNV", statuses=frozenset({OPEN}), include_finished=True), False),
        (Selection(unit_id="SNV", statuses=frozenset({OPEN, COMPLETED})), True),
    ],
)
def test_statuses_decide_before_the_switch_for_finished_work(wanted: Selection, finished: bool) -> None:
    assert wanted.finished is finished


@pytest.mark.parametrize(
    ("wanted", "for_taking"),
    [
        (Selection(unit_id="SNV", unheld=True), True),
        (Selection(unit_id="SNV", unheld=True, statuses=frozenset({OPEN})), True),
        (Selection(unit_id="SNV"), False),
        (Selection(unit_id="SNV", unheld=True, below=True), False),
        (Selection(unit_id="SNV", unheld=True, sent=True), False),
        (Selection(unit_id="SNV", unheld=True, include_finished=True), False),
        (Selection(unit_id="SNV", unheld=True, statuses=frozenset({COMPLETED})), False),
    ],
)
def test_only_open_work_of_one_unit_that_nobody_holds_is_for_taking(wanted: Selection, for_taking: bool) -> None:
    assert wanted.is_for_taking is for_taking


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (Selection(), "officer_id"),
        (Selection(officer_id="an", unit_id="SNV"), "officer_id"),
        (Selection(officer_id="an", below=True), "below"),
        (Selection(officer_id="an", sent=True), "sent"),
        (Selection(officer_id="an", unheld=True), "unheld"),
    ],
)
def test_a_list_names_one_place_and_what_that_place_has(wanted: Selection, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_selection(wanted)
    assert refused.value.field == field
