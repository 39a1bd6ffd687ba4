"""What both servers need of the system: an account, a place for the socket, and the end of processes."""

import contextlib
import hashlib
import os
import pwd
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path

import psutil

START_SECONDS = 60.0
STOP_SECONDS = 30.0
# The kernel's limit for a socket's path is 108 bytes.
LONGEST_SOCKET_PATH = 100
SYSTEM_USER = "embedded_postgres"


class ServerError(Exception):
    """A server did not start; the sentence ends with the last lines of its log."""


def socket_directory(home: Path) -> Path:
    """Where a server of this home puts its socket: inside, or in the temporary directory when the path is too long."""
    inside = home / "socket"
    if len(str(inside / ".s.PGSQL.5432")) < LONGEST_SOCKET_PATH:
        return inside
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"congvu-{digest}"


def make_private(directory: Path) -> None:
    """Makes the directory with mode 0700. Raises ServerError when somebody else has made it."""
    with contextlib.suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    found = directory.lstat()
    ours = {os.geteuid()} | ({unprivileged_account().pw_uid} if os.geteuid() == 0 else set())
    # The temporary directory is everyone's: somebody may have been there first.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in ours:
        raise ServerError(f"{directory} belongs to someone else; remove it or choose another home.")
    directory.chmod(0o700)


def unprivileged_account() -> pwd.struct_passwd:
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


def let_through(path: Path) -> None:
    """Lets other accounts pass (not read) the directories above `path`."""
    for directory in path.parents:
        mode = directory.stat().st_mode
        if not mode & stat.S_IXOTH:
            directory.chmod(mode | stat.S_IXOTH)


def end_leftover(pid_file: Path, name: str, wanted: signal.Signals = signal.SIGINT) -> None:
    """Ends a server whose starter was killed; its home is ours, so it can have no other user."""
    process = find_leftover(pid_file, name)
    if process is None:
        return
    process.send_signal(wanted)
    try:
        process.wait(STOP_SECONDS)
    except psutil.TimeoutExpired:
        process.kill()


def find_leftover(pid_file: Path, name: str) -> psutil.Process | None:
    """The server that this file names, while it runs."""
    try:
        process = psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))
        # The number may be another process's by now: a server of ours works in the directory of its pid file.
        ours = process.name().startswith(name) and Path(process.cwd()) == pid_file.parent.resolve()
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess, psutil.AccessDenied):
        return None
    return process if ours else None


def stop(process: subprocess.Popen[bytes] | None, wanted: signal.Signals) -> None:
    """Asks the process to end and waits; kills it after 30 s."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(wanted)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        kill(process)


def kill(process: subprocess.Popen[bytes] | None) -> None:
    """Ends the process and its children with SIGKILL and waits until they are gone."""
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


def tail(log: Path) -> str:
    """The last lines of a log, on one line."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return " / ".join(lines[-5:]) or "its log is empty."
