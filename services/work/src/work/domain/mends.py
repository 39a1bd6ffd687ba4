"""Mends of parked records, as they are asked for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """What puts a parked record right. `value` is the message of the contract without the instant of its recording."""

    mend_id: str
    work_id: str
    value: bytes
