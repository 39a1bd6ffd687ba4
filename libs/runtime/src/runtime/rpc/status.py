"""Errors as gRPC statuses, and back into the same classes."""

import grpc

from runtime.errors import Conflict, Denied, InvalidInput, NotFound, ServiceError, Unauthenticated, Unavailable

CODES: dict[type[ServiceError], grpc.StatusCode] = {
    InvalidInput: grpc.StatusCode.INVALID_ARGUMENT,
    NotFound: grpc.StatusCode.NOT_FOUND,
    Denied: grpc.StatusCode.PERMISSION_DENIED,
    Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    Conflict: grpc.StatusCode.FAILED_PRECONDITION,
    Unavailable: grpc.StatusCode.UNAVAILABLE,
}
# Statuses of the transport that mean: the same call may succeed later.
_PASSING = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.CANCELLED,
}
# Trailing metadata is limited to a few kilobytes.
LONGEST_MESSAGE = 2_000


def code_of(error: ServiceError) -> grpc.StatusCode:
    """The status of an error; a subclass has the status of its class in runtime.errors."""
    return next((code for kind, code in CODES.items() if isinstance(error, kind)), grpc.StatusCode.INTERNAL)


def trailers_of(error: ServiceError) -> tuple[tuple[str, str], ...]:
    """Trailing metadata: "error" tells a refusal of the service from one of the transport, "field" the place."""
    field = getattr(error, "field", "").encode("ascii", "replace").decode()
    return (("error", type(error).__name__), ("field", field))


def error_of(failure: grpc.RpcError, method: str) -> ServiceError:
    """The error that the server raised; for failures of the transport one that names the method."""
    if not isinstance(failure, grpc.Call):
        return Unavailable(f"The call {method} failed: {failure}.")
    trailers = dict(failure.trailing_metadata() or ())
    code, sentence = failure.code(), failure.details() or ""
    if "error" not in trailers:
        return _transport_error(code, sentence, method)
    kind = next((kind for kind, each in CODES.items() if each == code), ServiceError)
    if kind is InvalidInput:
        return InvalidInput(sentence, field=str(trailers.get("field", "")))
    return kind(sentence)


def _transport_error(code: grpc.StatusCode, sentence: str, method: str) -> ServiceError:
    if code == grpc.StatusCode.DEADLINE_EXCEEDED:
        return Unavailable(f"The call {method} was not answered in time.")
    if code in _PASSING:
        return Unavailable(f"The service behind {method} does not answer; try again in a moment ({sentence}).")
    return ServiceError(f"The call {method} failed with {code.name}: {sentence}")
