"""A form that was refused, as its page shows it again."""

from dataclasses import dataclass
from typing import Generic, TypeVar

Form = TypeVar("Form")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal(Generic[Form]):
    """Why, at which of its fields, and what had been typed; `is_mendable`: other words may do."""

    message: str
    field: str
    typed: Form
    is_mendable: bool = True
