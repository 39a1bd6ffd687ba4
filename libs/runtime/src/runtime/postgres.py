"""PostgreSQL: pools of connections and numbered migrations."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import psycopg_pool

Connection = psycopg.Connection[Any]

RUNTIME_MIGRATIONS = Path(__file__).parent / "migrations"
START_SECONDS = 30.0
# Any number will do, as long as all services of a database agree on it.
_MIGRATION_LOCK = 7_205_759_403

_SESSION = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


class Pool(psycopg_pool.ConnectionPool[Connection]):
    """A pool of autocommit connections: write `with pool.connection() as conn, conn.transaction():`."""


def open_pool(url: str, *, name: str, max_size: int = 4, idle_in_transaction: float = 30.0) -> Pool:
    """A pool whose connections are checked before use; waits up to 30 s for the server.

    A session that holds a transaction open and does nothing for `idle_in_transaction` seconds is cut by the server,
    so that a frozen process cannot keep its locks. Raises psycopg.OperationalError when no server answers.
    """
    # A pool gives up soon and begins anew with the next request, and nobody makes one yet.
    connect_patiently(url).close()
    options = f"-c timezone=UTC -c idle_in_transaction_session_timeout={int(idle_in_transaction * 1000)}"
    pool = Pool(
        url,
        kwargs={"autocommit": True, "application_name": name, "options": options, **_SESSION},
        min_size=1,
        max_size=max_size,
        timeout=10,
        # A pool that gave up begins anew with the next request; otherwise its pauses double without end.
        reconnect_timeout=4,
        name=name,
        check=Pool.check_connection,
        open=False,
    )
    try:
        pool.open(wait=True, timeout=START_SECONDS)
    except psycopg_pool.PoolTimeout:
        pool.close()
        raise
    return pool


class MigrationError(Exception):
    """A migration that was applied before is not the same text any more."""


def migrate(url: str, directories: Sequence[Path]) -> list[str]:
    """Applies what is not applied yet, runtime's own migrations first; returns the names ("work/001_tasks.sql").

    One transaction per file, one process at a time. Raises MigrationError when an applied file was edited.
    """
    ordered = [RUNTIME_MIGRATIONS, *(directory for directory in directories if directory != RUNTIME_MIGRATIONS)]
    with connect_patiently(url) as conn:
        conn.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
        conn.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations (name text PRIMARY KEY, checksum text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        known = dict(conn.execute("SELECT name, checksum FROM schema_migrations").fetchall())
        return [name for name, text in _migrations(ordered) if _apply(conn, known, name, text)]


def connect_patiently(url: str) -> Connection:
    """One autocommit connection; waits up to 30 s for the server."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return psycopg.connect(url, autocommit=True, options="-c timezone=UTC", connect_timeout=5)
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _migrations(directories: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    for directory in directories:
        for file in sorted(directory.glob("*.sql")):
            yield f"{directory.parent.name}/{file.name}", file.read_bytes()


def _apply(conn: Connection, known: dict[str, str], name: str, text: bytes) -> bool:
    checksum = hashlib.sha256(text).hexdigest()
    if name in known:
        if known[name] != checksum:
            raise MigrationError(f"The migration {name} was applied and then edited; put the change in a new file.")
        return False
    with conn.transaction():
        conn.execute(text)
        conn.execute("INSERT INTO schema_migrations (name, checksum) VALUES (%s, %s)", [name, checksum])
    return True
