"""PostgreSQL and Redis as child processes: real servers out of Python packages, without root, container or TCP port.

Each keeps its data in a home directory and starts again on what it finds there, also after SIGKILL of the server or of
its starter. Sockets are unix sockets in directories of mode 0700: whoever may open the directory may use the server.
"""

from embedded.servers.postgres import POSTGRES_SETTINGS, PostgresServer
from embedded.servers.redis import RedisServer
from embedded.servers.system import LONGEST_SOCKET_PATH, ServerError, socket_directory

__all__ = [
    "LONGEST_SOCKET_PATH",
    "POSTGRES_SETTINGS",
    "PostgresServer",
    "RedisServer",
    "ServerError",
    "socket_directory",
]
