"""Which commands a visitor may give to an item of work. Work itself decides; this is what the pages offer."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Where an item stands."""

    ANNOUNCED = "announced"
    OPEN = "open"
    SUBMITTED = "submitted"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Command(StrEnum):
    """What can be done to an item; the value is what a form sends."""

    TAKE = "take"
    SUBMIT = "submit"
    ANSWER = "answer"
    ASK = "ask"
    HAND_BACK = "hand-back"
    REFUSE = "refuse"
    ACCEPT = "accept"
    RETURN = "return"
    REASSIGN = "reassign"
    CHANGE_DUE = "change-due"
    DECIDE_PRODUCT = "decide-product"
    EXCUSE_DELAY = "excuse-delay"
    EXCUSE_REVIEW = "excuse-review"
    REOPEN = "reopen"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An item as it stands, and the visitor's part in it.

    `heads`: they head its unit or one above; `belongs`: they have a post in its unit or below.
    """

    status: Status
    is_request: bool = False
    is_held: bool = True
    has_product: bool = True
    holds: bool = False
    has_held: bool = False
    heads: bool = False
    belongs: bool = False
    can_be_refused: bool = False
    has_missed: bool = False
    has_failed: bool = False


def commands_for(standing: Standing) -> list[Command]:
    """The commands, in the order in which a page offers them."""
    if standing.holds:
        return _of_holder(standing)
    found = [Command.TAKE] if _may_take(standing) else []
    return [*found, *_of_head(standing)] if standing.heads else found


def _may_take(standing: Standing) -> bool:
    is_free = standing.status is Status.OPEN and not standing.is_held
    return is_free and standing.belongs and not standing.has_held


def _of_holder(standing: Standing) -> list[Command]:
    if standing.status is Status.SUBMITTED:
        return [Command.ASK]
    if standing.status is not Status.OPEN:
        return []
    finish = Command.ANSWER if standing.is_request else Command.SUBMIT
    refuse = [Command.REFUSE] if standing.can_be_refused else []
    return [finish, Command.ASK, Command.HAND_BACK, *refuse]


def _of_head(standing: Standing) -> list[Command]:
    """Nobody judges own work; excuses are for heads who never held it."""
    status = standing.status
    is_under_way = status in (Status.OPEN, Status.SUBMITTED)
    answers = standing.is_request and not standing.is_held
    judges = not standing.has_held
    offered = {
        Command.ANSWER: status is Status.OPEN and answers,
        Command.ACCEPT: is_under_way and not answers,
        Command.RETURN: status is Status.SUBMITTED,
        Command.REASSIGN: status is Status.OPEN,
        Command.CHANGE_DUE: status is Status.OPEN,
        Command.ASK: is_under_way,
        Command.DECIDE_PRODUCT: status in (Status.OPEN, Status.SUBMITTED, Status.COMPLETED)
        and not standing.has_product,
        Command.EXCUSE_DELAY: standing.has_missed and judges,
        Command.EXCUSE_REVIEW: standing.has_failed and judges,
        Command.REOPEN: status is Status.COMPLETED,
        Command.CANCEL: is_under_way,
    }
    return [command for command, is_offered in offered.items() if is_offered]
