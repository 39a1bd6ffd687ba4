"""Checks of the short texts that people and other systems send."""

import re

from runtime.errors import InvalidInput

LONGEST_ID = 100
LONGEST_TEXT = 2_000
# Own ids become part of a work_id: no slash, nothing that needs quoting.
_OWN_ID = re.compile(r"[A-Za-z0-9._-]{1,60}")


def check_id(value: str, field: str) -> None:
    """Refuses an id that is empty, too long, or holds blanks around it or control characters."""
    if wrong := find_wrong_id(value):
        raise InvalidInput(f"{field} {wrong}.", field=field)


def find_wrong_id(value: str) -> str:
    """What is wrong with an id, or the empty string."""
    if not value:
        return "is missing"
    if len(value) > LONGEST_ID:
        return f"is longer than {LONGEST_ID} characters"
    return "" if value.isprintable() and value == value.strip() else "has blanks around it or unprintable characters"


def check_own_id(value: str, field: str) -> None:
    """Refuses an id that cannot be part of a work_id."""
    if not _OWN_ID.fullmatch(value):
        raise InvalidInput(f"{field} is {value[:61]!r}: give up to 60 letters, digits, dots, dashes.", field=field)


def check_text(value: str, field: str, *, required: bool = False) -> None:
    """Refuses a text that is too long, or missing although required."""
    if wrong := find_wrong_text(value, required=required):
        raise InvalidInput(f"{field} {wrong}.", field=field)


def find_wrong_text(value: str, *, required: bool = False) -> str:
    """What is wrong with a text, or the empty string."""
    if required and not value.strip():
        return "is missing"
    if len(value) > LONGEST_TEXT:
        return f"is longer than {LONGEST_TEXT} characters"
    return "has a NUL character" if "\0" in value else ""
