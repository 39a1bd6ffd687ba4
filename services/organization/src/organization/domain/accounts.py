"""Accounts, and when a try to sign in is let through."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from organization.domain.names import check_id
from runtime.errors import InvalidInput

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
TRIES = 5
LOCKED_FOR = timedelta(minutes=15)
TOKEN_LIFETIME = timedelta(hours=12)


class AccountRole(StrEnum):
    """What an account may do beyond what its officer's posts give."""

    OFFICER = "officer"
    EVALUATOR = "evaluator"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A name to sign in with; without a role it cannot be used. `officer_id` is empty for one that is no officer's."""

    username: str
    officer_id: str
    roles: frozenset[AccountRole]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """Tries to sign in since the last good one; `locked_until` is set by the fifth."""

    failed: int = 0
    locked_until: datetime | None = None


def is_locked(tries: Tries, now: datetime) -> bool:
    """Whether the account is closed at the moment, whatever the password."""
    return tries.locked_until is not None and now < tries.locked_until


def count_try(tries: Tries, now: datetime) -> Tries:
    """The tries after one more that is not known to be good. It is counted before the password is looked at, so that
    many tries at the same time are not free; a good one sets the count back afterwards."""
    if is_locked(tries, now):
        return tries
    failed = 1 if tries.locked_until else tries.failed + 1
    return Tries(failed=failed, locked_until=now + LOCKED_FOR if failed >= TRIES else None)


def check_account(account: Account) -> None:
    """Refuses an account without a usable name, or with the role of an officer but no officer."""
    check_id(account.username, "username")
    if AccountRole.OFFICER in account.roles and not account.officer_id:
        raise InvalidInput(f"Account {account.username} has the role officer: name the officer.", field="officer_id")


def check_password(username: str, password: str) -> None:
    """Refuses a password that is too short, or long enough to keep the machine busy."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InvalidInput(
            f"The password of account {username} has {len(password)} characters: "
            f"choose one of {SHORTEST_PASSWORD} to {LONGEST_PASSWORD}.",
            field="password",
        )
