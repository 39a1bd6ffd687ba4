"""Migrations and pools against a real server."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from embedded.servers import PostgresServer
from runtime.postgres import RUNTIME_MIGRATIONS, Connection, MigrationError, migrate, open_pool


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    directory = tmp_path / "post" / "migrations"
    directory.mkdir(parents=True)
    (directory / "001_letters.sql").write_text("CREATE TABLE letters (id bigint PRIMARY KEY);\n")
    return directory


def test_runtime_migrations_come_first_and_each_is_applied_once(database_url: str, migrations: Path) -> None:
    runtime = [f"runtime/{file.name}" for file in sorted(RUNTIME_MIGRATIONS.glob("*.sql"))]
    assert runtime[0] == "runtime/001_events.sql"
    assert migrate(database_url, [migrations]) == [*runtime, "post/001_letters.sql"]
    assert migrate(database_url, [RUNTIME_MIGRATIONS, migrations]) == []


def test_a_new_file_is_applied_after_the_old_ones(database_url: str, migrations: Path) -> None:
    migrate(database_url, [migrations])
    (migrations / "002_dates.sql").write_text("ALTER TABLE letters ADD COLUMN sent date;\n")
    assert migrate(database_url, [migrations]) == ["post/002_dates.sql"]


def test_an_edited_file_is_refused_by_name(database_url: str, migrations: Path) -> None:
    migrate(database_url, [migrations])
    (migrations / "001_letters.sql").write_text("CREATE TABLE letters (id text PRIMARY KEY);\n")
    with pytest.raises(MigrationError, match=r"post/001_letters\.sql"):
        migrate(database_url, [migrations])


def test_a_file_that_fails_leaves_nothing(database_url: str, migrations: Path) -> None:
    (migrations / "002_broken.sql").write_text("CREATE TABLE stamps (id int); SELECT no_such_function();\n")
    with pytest.raises(psycopg.errors.UndefinedFunction):
        migrate(database_url, [migrations])
    with psycopg.connect(database_url) as conn:
        assert conn.execute("SELECT to_regclass('letters'), to_regclass('stamps')").fetchone() == ("letters", None)


def test_a_pool_survives_the_servers_restart(postgres_server: PostgresServer, database_url: str) -> None:
    pool = open_pool(database_url, name="test")
    postgres_server.kill()
    postgres_server.start()
    with pool.connection() as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)
    pool.close()


def test_a_pool_that_is_opened_before_the_server_is_up_waits_for_it(
    postgres_server: PostgresServer, database_url: str
) -> None:
    """Longer than a pool tries by itself."""
    postgres_server.kill()
    with ThreadPoolExecutor() as threads:
        opening = threads.submit(open_pool, database_url, name="test")
        time.sleep(6)
        postgres_server.start()
        with opening.result(), opening.result().connection() as conn:
            assert conn.execute("SELECT 1").fetchone() == (1,)


def test_the_server_cuts_a_session_that_sleeps_in_a_transaction(database_url: str) -> None:
    pool = open_pool(database_url, name="test", idle_in_transaction=0.2)
    with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout), pool.connection() as conn, conn.transaction():
        _work_with_a_pause(conn, seconds=0.5)
    pool.close()


def _work_with_a_pause(conn: Connection, *, seconds: float) -> None:
    conn.execute("SELECT 1")
    time.sleep(seconds)
    conn.execute("SELECT 1")
