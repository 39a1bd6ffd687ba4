"""Password hashes by argon2id, with the library's parameters (RFC 9106, low memory)."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

# A hash takes 64 MiB and a tenth of a second: more at a time would only let a flood of sign-ins fill the memory.
AT_A_TIME = 2


class Passwords:
    """Hashes passwords and compares them."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = threading.BoundedSemaphore(AT_A_TIME)
        self._nobodys_hash = self._hasher.hash("the password of nobody")

    def hash(self, password: str) -> str:
        """A fresh salted hash."""
        with self._turns:
            return self._hasher.hash(password)

    def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether the hash is of this password. Takes as long when there is no hash."""
        with self._turns:
            try:
                return self._hasher.verify(password_hash or self._nobodys_hash, password) and password_hash is not None
            except VerifyMismatchError:
                return False
