"""Checks of the short texts that people and other systems write."""

from runtime.errors import InvalidInput

LONGEST_ID = 100
LONGEST_NAME = 300


def check_id(value: str, field: str) -> None:
    """Refuses an id that is empty, padded with blanks, unprintable or longer than 100 characters."""
    if not value or value != value.strip() or not value.isprintable() or len(value) > LONGEST_ID:
        raise InvalidInput(
            f"{field} is {value[: LONGEST_ID + 1]!r}: give 1 to {LONGEST_ID} characters without blanks around them.",
            field=field,
        )


def check_name(value: str, *, place: str, field: str) -> None:
    """Refuses a name that is blank or not a usable text; `place` says whose name it is."""
    if not value.strip():
        raise InvalidInput(f"{place} has no {field}: give 1 to {LONGEST_NAME} characters.", field=field)
    check_text(value, place=place, field=field)


def check_text(value: str, *, place: str, field: str) -> None:
    """Refuses a text that is longer than 300 characters or has some that cannot be shown; it may be empty."""
    if len(value) > LONGEST_NAME or not value.isprintable():
        raise InvalidInput(
            f"{place} has no usable {field}: give at most {LONGEST_NAME} characters that can be shown.", field=field
        )
