"""Accounts and signing in."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from organization.domain.accounts import (
    LOCKED_FOR,
    TOKEN_LIFETIME,
    Account,
    Tries,
    check_account,
    check_password,
    count_try,
    is_locked,
)
from organization.passwords import Passwords
from organization.store.accounts import KeptAccount, load_accounts, lock_account, save_accounts, save_tries
from organization.store.officers import load_officers
from runtime.auth import TokenSigner
from runtime.errors import InvalidInput, Unauthenticated
from runtime.postgres import Connection, Pool

logger = logging.getLogger(__name__)

# A password takes a tenth of a second to hash: a batch must end well within a caller's patience.
MOST_PASSWORDS = 100

# One sentence for an unknown name, a wrong password and a locked account: none tells which names exist.
REFUSED = (
    "The name or the password is wrong, or there were five wrong tries within a short time: check both, "
    "or wait 15 minutes."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedAccount:
    """An account as it should be; an empty password leaves the known one, or none."""

    account: Account
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A token and whom it speaks for."""

    token: str
    expires_at: datetime
    account: Account


def put_accounts(pool: Pool, passwords: Passwords, wanted: Sequence[WantedAccount]) -> int:
    """Makes each account what is given; returns how many changed. At most 100 of them may bring a password."""
    _check_batch(wanted)
    with pool.connection() as conn:
        known = load_accounts(conn, [item.account.username for item in wanted])
    # Hashing is slow: it is done between the transactions, so that it holds no connection.
    hashed = [(item.account, _new_hash(passwords, known, item)) for item in wanted]
    changed = [
        (account, password_hash)
        for account, password_hash in hashed
        if password_hash or account.username not in known or known[account.username].account != account
    ]
    with pool.connection() as conn, conn.transaction():
        _check_officers(conn, [account for account, _ in changed])
        save_accounts(conn, changed)
    return len(changed)


def _check_batch(wanted: Sequence[WantedAccount]) -> None:
    for item in wanted:
        check_account(item.account)
        if item.password:
            check_password(item.account.username, item.password)
    username, times = Counter(item.account.username for item in wanted).most_common(1)[0] if wanted else ("", 0)
    if times > 1:
        raise InvalidInput(f"Account {username} is in the batch twice: send each once.", field="username")
    if sum(bool(item.password) for item in wanted) > MOST_PASSWORDS:
        raise InvalidInput(
            f"The batch brings more than {MOST_PASSWORDS} passwords: send it in parts.", field="password"
        )


def _new_hash(passwords: Passwords, known: Mapping[str, KeptAccount], item: WantedAccount) -> str | None:
    kept = known.get(item.account.username)
    if not item.password or (kept and kept.password_hash and passwords.matches(kept.password_hash, item.password)):
        return None
    return passwords.hash(item.password)


def _check_officers(conn: Connection, accounts: Sequence[Account]) -> None:
    wanted_ids = {account.officer_id for account in accounts if account.officer_id}
    unknown = wanted_ids - load_officers(conn, wanted_ids).keys()
    for account in accounts:
        if account.officer_id in unknown:
            raise InvalidInput(
                f"Account {account.username} is of the unknown officer {account.officer_id!r}: register them first.",
                field="officer_id",
            )


def sign_in(
    pool: Pool, passwords: Passwords, signer: TokenSigner, *, username: str, password: str, now: datetime
) -> SignedIn:
    """A token for the right name and password; five wrong tries in a row close the account for 15 minutes."""
    kept, open_now = _count_try(pool, username, now)
    matches = passwords.matches(kept.password_hash if kept else None, password)
    if kept is None or not (matches and open_now and kept.account.roles):
        if kept and open_now and count_try(kept.tries, now).locked_until:
            logger.warning("Account %s is locked for %s after wrong tries.", username, LOCKED_FOR)
        raise Unauthenticated(REFUSED)
    with pool.connection() as conn, conn.transaction():
        save_tries(conn, username, Tries())
    account = kept.account
    token = signer.sign(
        subject=username, roles=account.roles, officer_id=account.officer_id, now=now, lifetime=TOKEN_LIFETIME
    )
    return SignedIn(token=token, expires_at=now + TOKEN_LIFETIME, account=account)


def _count_try(pool: Pool, username: str, now: datetime) -> tuple[KeptAccount | None, bool]:
    """The account, if there is one, with the try written down; and whether it may be let through at all."""
    with pool.connection() as conn, conn.transaction():
        kept = lock_account(conn, username)
        if kept is None or is_locked(kept.tries, now):
            return kept, False
        save_tries(conn, username, count_try(kept.tries, now))
        return kept, True
