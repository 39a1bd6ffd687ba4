"""Accounts, their password hashes and their tries to sign in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from organization.domain.accounts import Account, AccountRole, Tries
from runtime.postgres import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAccount:
    """An account as it is kept; without a password hash it cannot sign in."""

    account: Account
    password_hash: str | None
    tries: Tries


def load_accounts(conn: Connection, usernames: Collection[str]) -> dict[str, KeptAccount]:
    """Those of the accounts that are known, by name."""
    rows = conn.execute(
        """
        SELECT username, officer_id, roles, password_hash, failed_tries, locked_until
        FROM accounts WHERE username = ANY(%s)
        """,
        (list(usernames),),
    )
    return {row[0]: _kept_account(row) for row in rows}


def lock_account(conn: Connection, username: str) -> KeptAccount | None:
    """The account, if there is one; until the end of the transaction nobody else changes it."""
    row = conn.execute(
        """
        SELECT username, officer_id, roles, password_hash, failed_tries, locked_until
        FROM accounts WHERE username = %s FOR UPDATE
        """,
        (username,),
    ).fetchone()
    return _kept_account(row) if row else None


def _kept_account(row: Sequence[Any]) -> KeptAccount:
    username, officer_id, roles, password_hash, failed, locked_until = row
    roles = frozenset(AccountRole(role) for role in roles)
    return KeptAccount(
        account=Account(username=username, officer_id=officer_id or "", roles=roles),
        password_hash=password_hash,
        tries=Tries(failed=failed, locked_until=locked_until),
    )


def save_accounts(conn: Connection, accounts: Sequence[tuple[Account, str | None]]) -> None:
    """Writes each account with a new password hash, or None to keep the old one; a new one opens a locked account."""
    # Two batches at the same time wait for each other's rows in the same order.
    in_one_order = sorted(accounts, key=lambda pair: pair[0].username)
    with conn.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO accounts (username, officer_id, roles, password_hash) VALUES (%s, nullif(%s, ''), %s, %s)
            ON CONFLICT (username) DO UPDATE
            SET officer_id = excluded.officer_id,
                roles = excluded.roles,
                password_hash = coalesce(excluded.password_hash, accounts.password_hash),
                failed_tries = CASE WHEN excluded.password_hash IS NULL THEN accounts.failed_tries ELSE 0 END,
                locked_until = CASE WHEN excluded.password_hash IS NULL THEN accounts.locked_until END
            """,
            [
                (account.username, account.officer_id, sorted(account.roles), password_hash)
                for account, password_hash in in_one_order
            ],
        )


def save_tries(conn: Connection, username: str, tries: Tries) -> None:
    """Writes how often signing in was tried."""
    conn.execute(
        "UPDATE accounts SET failed_tries = %s, locked_until = %s WHERE username = %s",
        (tries.failed, tries.locked_until, username),
    )
