"""Calls to other services."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from congvu.work.v1 import events_pb2, service_pb2, service_pb2_grpc
from runtime.errors import Unavailable
from runtime.rpc import open_channel
from runtime.timestamps import to_timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """A mend to be published: of the three, exactly one. `replacement` is a WorkEvent in the place of `offset`."""

    mend_id: str
    work_id: str
    actor_id: str
    reason: str
    recorded_at: datetime
    offset: int | None = None
    replacement: bytes | None = None
    missing_revision: int | None = None


class WorkClient:
    """The service that owns the items."""

    def __init__(self, address: str, token: Callable[[], str]) -> None:
        self._stub = service_pb2_grpc.WorkServiceStub(open_channel(address, token)) if address else None

    def record_mend(self, mend: Mend) -> None:
        """Publishes the mend; raises the errors of runtime.errors."""
        if self._stub is None:
            raise Unavailable("The service work is not configured (WORK_ADDRESS); mending needs it.")
        self._stub.RecordMend(service_pb2.RecordMendRequest(mend=_message(mend)))


def _message(mend: Mend) -> events_pb2.Mend:
    message = events_pb2.Mend(
        mend_id=mend.mend_id,
        work_id=mend.work_id,
        actor_id=mend.actor_id,
        reason=mend.reason,
        recorded_at=to_timestamp(mend.recorded_at),
    )
    if mend.missing_revision is not None:
        message.revision_missing.revision = mend.missing_revision
    elif mend.replacement is not None:
        message.replacement.offset = mend.offset or 0
        message.replacement.event.MergeFromString(mend.replacement)
    else:
        message.dropped.offset = mend.offset or 0
    return message
