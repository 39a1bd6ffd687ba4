"""When a try to sign in is let through, and which accounts and passwords are taken."""

from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from organization.domain.accounts import (
    Account,
    AccountRole,
    Tries,
    check_account,
    check_password,
    count_try,
    is_locked,
)
from organization.passwords import Passwords
from runtime.errors import InvalidInput

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
LOCK = timedelta(minutes=15)
TICK = timedelta(microseconds=1)


def after(tries: int) -> Tries:
    state = Tries()
    for _ in range(tries):
        state = count_try(state, NOW)
    return state


def test_four_wrong_tries_leave_the_account_open_and_the_fifth_locks_it() -> None:
    assert not is_locked(after(4), NOW)
    assert is_locked(after(5), NOW)


def test_the_lock_ends_after_exactly_fifteen_minutes() -> None:
    assert is_locked(after(5), NOW + LOCK - TICK)
    assert not is_locked(after(5), NOW + LOCK)


def test_tries_while_locked_do_not_make_the_lock_longer() -> None:
    assert count_try(after(5), NOW + LOCK - TICK) == after(5)


def test_after_the_lock_there_are_five_tries_again() -> None:
    state = after(5)
    for _ in range(4):
        state = count_try(state, NOW + LOCK)
    assert not is_locked(state, NOW + LOCK)
    assert is_locked(count_try(state, NOW + LOCK), NOW + LOCK)


@pytest.mark.parametrize(("length", "taken"), [(9, False), (10, True), (200, True), (201, False)])
def test_a_password_has_ten_to_two_hundred_characters(length: int, taken: bool) -> None:
    if taken:
        check_password("an", "x" * length)
    else:
        with pytest.raises(InvalidInput, match=f"account an has {length} characters"):
            check_password("an", "x" * length)


def test_an_officers_account_names_the_officer() -> None:
    roles = frozenset({AccountRole.OFFICER})
    check_account(Account(username="an", officer_id="HUE-00001", roles=roles))
    with pytest.raises(InvalidInput, match="Account an has the role officer: name the officer"):
        check_account(Account(username="an", officer_id="", roles=roles))


def test_an_account_has_a_name() -> None:
    with pytest.raises(InvalidInput, match="username is ''"):
        check_account(Account(username="", officer_id="", roles=frozenset()))


def test_a_hash_is_salted_and_matches_only_its_password() -> None:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    first, second = passwords.hash("correct horse"), passwords.hash("correct horse")
    assert first != second
    assert passwords.matches(first, "correct horse")
    assert not passwords.matches(first, "correct house")


def test_no_hash_matches_no_password_not_even_the_one_that_is_compared_in_its_place() -> None:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    assert not passwords.matches(None, "the password of nobody")
    assert not passwords.matches(None, "")
