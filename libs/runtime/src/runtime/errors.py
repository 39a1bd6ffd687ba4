"""The one error tree: what a service says when it refuses. Crosses gRPC and HTTP with its sentence."""

# The names are what a service says, not what went wrong in it.
# ruff: noqa: N818


class ServiceError(Exception):
    """A refusal. `message` is one sentence that names the place and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(ServiceError):
    """The request itself is wrong. `field` names the part of it, as in the contract (may be empty)."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class NotFound(ServiceError):
    """Nothing has this id."""


class Denied(ServiceError):
    """The caller is known and may not do this."""


class Unauthenticated(ServiceError):
    """No valid token came with the request."""


class Conflict(ServiceError):
    """The state of the thing does not allow this."""


class Unavailable(ServiceError):
    """Something that the service needs does not answer; the same request may succeed later."""
