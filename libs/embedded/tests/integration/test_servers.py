"""The two servers start on what they find, also after SIGKILL."""

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from embedded.servers import LONGEST_SOCKET_PATH, PostgresServer, RedisServer, ServerError, socket_directory
from testkit import requires


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cv-") as directory:
        yield Path(directory) / "city"


@pytest.fixture
def postgres(home: Path) -> Iterator[PostgresServer]:
    requires("postgres")
    server = PostgresServer(home / "pg")
    yield server
    server.kill()


def write_note(server: PostgresServer) -> None:
    with psycopg.connect(server.create_database("notes")) as conn:
        conn.execute("CREATE TABLE notes AS SELECT 'kept' AS text")


def read_note(server: PostgresServer) -> str:
    with psycopg.connect(server.url("notes")) as conn:
        row = conn.execute("SELECT text FROM notes").fetchone()
        return str(row[0]) if row else ""


def test_what_is_committed_survives_a_stop_and_a_kill(postgres: PostgresServer) -> None:
    postgres.start()
    write_note(postgres)
    postgres.stop()
    postgres.start()
    assert read_note(postgres) == "kept"
    postgres.kill()
    postgres.start()
    assert read_note(postgres) == "kept"


def test_it_is_durable_and_modest(postgres: PostgresServer) -> None:
    postgres.start()
    with psycopg.connect(postgres.url("postgres")) as conn:
        names = [
            "fsync",
            "synchronous_commit",
            "full_page_writes",
            "shared_buffers",
            "max_connections",
            "jit",
            "timezone",
        ]
        found = [conn.execute("SELECT current_setting(%s)", [name]).fetchone() for name in names]
    assert [row[0] for row in found if row] == ["on", "on", "on", "64MB", "60", "off", "UTC"]


def test_it_never_runs_as_root_and_only_its_owner_reaches_it(postgres: PostgresServer) -> None:
    postgres.start()
    assert psutil.Process(postgres.pid).uids().effective != 0
    assert stat.S_IMODE(socket_directory(postgres.home).stat().st_mode) == 0o700
    assert not psutil.Process(postgres.pid).net_connections(kind="tcp")


def test_a_database_is_made_once(postgres: PostgresServer) -> None:
    postgres.start()
    assert postgres.create_database("work") == postgres.create_database("work") == postgres.url("work")


def test_starting_twice_keeps_the_server(postgres: PostgresServer) -> None:
    postgres.start()
    pid = postgres.pid
    postgres.start()
    assert postgres.pid == pid


def test_a_server_whose_starter_was_killed_is_replaced(postgres: PostgresServer) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from embedded.servers import PostgresServer\n"
        "server = PostgresServer(Path(sys.argv[1])); server.start(); server.create_database('notes')\n"
        "print(server.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    command = [sys.executable, "-c", program, str(postgres.home)]
    left_behind = int(subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout)
    assert psutil.pid_exists(left_behind)
    postgres.start()
    assert postgres.pid != left_behind
    with psycopg.connect(postgres.url("notes")) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)


def test_an_interrupted_first_start_is_begun_again(postgres: PostgresServer) -> None:
    (postgres.home / "data" / "base").mkdir(parents=True)
    (postgres.home / "data" / "postgresql.conf").write_text("")
    postgres.start()
    assert postgres.is_running()


def test_a_long_home_has_its_socket_elsewhere(home: Path) -> None:
    requires("postgres")
    server = PostgresServer(home / ("long" * 30))
    server.start()
    try:
        directory = socket_directory(server.home)
        assert len(str(directory / ".s.PGSQL.5432")) < LONGEST_SOCKET_PATH
        assert psycopg.connect(server.url("postgres")).info.status == psycopg.pq.ConnStatus.OK
    finally:
        server.kill()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_somebody_elses_socket_directory_is_refused(home: Path) -> None:
    requires("postgres")
    directory = socket_directory(home / "pg")
    directory.mkdir(parents=True)
    os.chown(directory, 12_345, 12_345)
    with pytest.raises(ServerError, match="belongs to someone else"):
        PostgresServer(home / "pg").start()


def test_a_setting_that_postgres_does_not_know_fails_at_once_with_its_log(home: Path) -> None:
    requires("postgres")
    with pytest.raises(ServerError, match="no_such_setting"):
        PostgresServer(home / "pg", settings={"no_such_setting": "1"}).start()


def test_redis_starts_empty_after_a_kill(home: Path) -> None:
    requires("redis")
    server = RedisServer(home / "redis")
    server.start()
    try:
        redis.Redis.from_url(server.url).set("a", 1)
        server.kill()
        server.start()
        client = redis.Redis.from_url(server.url)
        assert client.dbsize() == 0
        names = ["maxmemory", "save", "appendonly", "port"]
        settings = {name: client.config_get(name)[name] for name in names}
    finally:
        server.kill()
    assert settings == {"maxmemory": str(128 * 2**20), "save": "", "appendonly": "no", "port": "0"}
