"""The commands that the portal gives to an item of work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from congvu.work.v1 import resources_pb2
from congvu.work.v1 import service_pb2 as work_rpc
from portal.clients.doors import Doors
from portal.domain.commands import Command
from runtime.timestamps import to_timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A command with what its form says; each command reads what it needs. Texts are as they were typed."""

    command: Command
    work_id: str
    reason: str = ""
    note: str = ""
    grounds: Sequence[int] = ()
    due_at: datetime | None = None
    missed_due_at: datetime | None = None
    review_event_id: str = ""
    officer_id: str = ""
    unit_id: str = ""
    product_code: str = ""
    title: str = ""
    request_id: str = ""


def carry_out(doors: Doors, order: Order) -> resources_pb2.Work:
    """Gives the command; returns the item as it is then, of a request sent the request.

    Raises InvalidInput naming the field, Conflict, Denied, NotFound.
    """
    match order.command:
        case Command.TAKE:
            return doors.work.TakeTask(work_rpc.TakeTaskRequest(work_id=order.work_id)).work
        case Command.SUBMIT:
            return doors.work.SubmitTask(work_rpc.SubmitTaskRequest(work_id=order.work_id)).work
        case Command.ANSWER:
            return doors.work.AnswerRequest(work_rpc.AnswerRequestRequest(work_id=order.work_id)).work
        case Command.ASK:
            return doors.work.SendRequest(_request_of(order)).work
        case Command.HAND_BACK:
            return doors.work.HandBackTask(
                work_rpc.HandBackTaskRequest(work_id=order.work_id, reason=order.reason)
            ).work
        case Command.REFUSE | Command.CANCEL:
            return doors.work.CancelTask(work_rpc.CancelTaskRequest(work_id=order.work_id, reason=order.reason)).work
        case _:
            return _carry_out_as_head(doors, order)


def _carry_out_as_head(doors: Doors, order: Order) -> resources_pb2.Work:
    work_id, due_at = order.work_id, to_timestamp(order.due_at)
    match order.command:
        case Command.ACCEPT:
            return doors.work.AcceptTask(work_rpc.AcceptTaskRequest(work_id=work_id)).work
        case Command.RETURN:
            return doors.work.ReturnTask(
                work_rpc.ReturnTaskRequest(
                    work_id=work_id,
                    grounds=order.grounds,  # type: ignore[arg-type]
                    note=order.note,
                    due_at=due_at,
                )
            ).work
        case Command.REOPEN:
            return doors.work.ReopenTask(
                work_rpc.ReopenTaskRequest(
                    work_id=work_id,
                    grounds=order.grounds,  # type: ignore[arg-type]
                    note=order.note,
                    due_at=due_at,
                )
            ).work
        case Command.REASSIGN:
            return doors.work.ReassignTask(
                work_rpc.ReassignTaskRequest(
                    work_id=work_id, officer_id=order.officer_id, unit_id=order.unit_id, due_at=due_at
                )
            ).work
        case Command.CHANGE_DUE:
            return doors.work.ChangeDue(
                work_rpc.ChangeDueRequest(work_id=work_id, due_at=due_at, reason=order.reason)
            ).work
        case Command.DECIDE_PRODUCT:
            return doors.work.DecideProduct(
                work_rpc.DecideProductRequest(work_id=work_id, product_code=order.product_code)
            ).work
        case Command.EXCUSE_DELAY:
            missed = to_timestamp(order.missed_due_at)
            return doors.work.ExcuseDelay(
                work_rpc.ExcuseDelayRequest(work_id=work_id, missed_due_at=missed, due_at=due_at, reason=order.reason)
            ).work
        case _:
            return doors.work.ExcuseReview(
                work_rpc.ExcuseReviewRequest(
                    work_id=work_id, review_event_id=order.review_event_id, reason=order.reason
                )
            ).work


def _request_of(order: Order) -> work_rpc.SendRequestRequest:
    return work_rpc.SendRequestRequest(
        request_id=order.request_id,
        title=order.title,
        answering_unit_id=order.unit_id,
        waiting_work_id=order.work_id,
        due_at=to_timestamp(order.due_at),
    )
