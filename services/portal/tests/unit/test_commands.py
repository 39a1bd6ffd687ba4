"""Which commands a visitor is offered."""

from dataclasses import replace

import pytest

from portal.domain.commands import Command, Standing, Status, commands_for

HELD = Standing(status=Status.OPEN, holds=True, has_held=True, belongs=True)
LED = Standing(status=Status.OPEN, heads=True)
FREE = Standing(status=Status.OPEN, is_held=False, belongs=True)
JUDGING = {Command.ACCEPT, Command.RETURN, Command.REOPEN, Command.EXCUSE_DELAY, Command.EXCUSE_REVIEW}


def test_the_holder_finishes_asks_and_hands_back() -> None:
    assert commands_for(HELD) == [Command.SUBMIT, Command.ASK, Command.HAND_BACK]


def test_a_request_is_answered_and_misdirected_work_refused() -> None:
    offered = commands_for(replace(HELD, is_request=True, can_be_refused=True))
    assert offered == [Command.ANSWER, Command.ASK, Command.HAND_BACK, Command.REFUSE]


@pytest.mark.parametrize("status", Status)
def test_nobody_judges_own_work_whatever_they_head(status: Status) -> None:
    own = replace(HELD, status=status, heads=True, has_missed=True, has_failed=True)
    assert JUDGING.isdisjoint(commands_for(own))


def test_work_that_nobody_holds_is_taken_by_those_of_its_unit_but_not_by_who_gave_it_back() -> None:
    assert commands_for(FREE) == [Command.TAKE]
    assert commands_for(replace(FREE, belongs=False)) == []
    assert commands_for(replace(FREE, has_held=True)) == []


def test_a_head_directs_open_work_and_reviews_what_is_handed_in() -> None:
    assert set(commands_for(LED)) == {
        Command.ACCEPT,
        Command.REASSIGN,
        Command.CHANGE_DUE,
        Command.ASK,
        Command.CANCEL,
    }
    submitted = commands_for(replace(LED, status=Status.SUBMITTED))
    assert submitted[:2] == [Command.ACCEPT, Command.RETURN]
    assert Command.REASSIGN not in submitted


def test_finished_work_is_opened_again_by_its_head() -> None:
    assert commands_for(replace(LED, status=Status.COMPLETED)) == [Command.REOPEN]
    assert commands_for(replace(LED, status=Status.CANCELLED)) == []


def test_excuses_need_something_to_excuse_and_a_head_who_never_held_it() -> None:
    troubled = replace(LED, status=Status.COMPLETED, has_missed=True, has_failed=True)
    assert {Command.EXCUSE_DELAY, Command.EXCUSE_REVIEW} <= set(commands_for(troubled))
    assert {Command.EXCUSE_DELAY, Command.EXCUSE_REVIEW}.isdisjoint(commands_for(replace(troubled, has_held=True)))


def test_a_product_is_decided_where_none_is() -> None:
    assert Command.DECIDE_PRODUCT in commands_for(replace(LED, has_product=False))
    assert Command.DECIDE_PRODUCT not in commands_for(LED)


def test_a_request_that_lies_with_the_unit_is_answered_by_its_head() -> None:
    offered = commands_for(replace(LED, is_request=True, is_held=False))
    assert Command.ANSWER in offered
    assert Command.ACCEPT not in offered


def test_past_holders_and_strangers_only_look() -> None:
    assert commands_for(Standing(status=Status.OPEN, has_held=True)) == []
