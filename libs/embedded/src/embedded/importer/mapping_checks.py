"""What a schema cannot say about a mapping."""

import codecs
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from embedded.importer.marked_yaml import Keys

KINDS = ("TASK", "INCOMING_DOCUMENT", "DOSSIER", "REQUEST")
BASES = ("OWN", "EXTRA", "TAKEN_OVER", "SELF_INITIATED")
Problem = tuple[Keys, str]


def contradictions(value: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with a mapping that its schema allows: the path of the value and a sentence."""
    yield from _wrong_names(value)
    columns = value["columns"]
    if _uses_steps(value["facts"]) and not ("step" in columns and "step_at" in columns):
        yield ("columns",), "the facts name steps: say which columns are `step` and `step_at`."
    if "reassigned" in value["facts"] and "step_officer" not in columns:
        yield ("facts", "reassigned"), "say which column names the new holder: `columns.step_officer`."
    for name in ("assigned", "completed", "cancelled"):
        moment = value["facts"].get(name, {"at": ""})
        if not moment.keys() & {"at", "steps"}:
            yield ("facts", name), "say `at` (a column), `steps`, or both."
    yield from _wrong_values(columns, {each["code"] for each in value.get("products", [])})
    names = [each["code"] for each in value.get("products", [])]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield ("products", index, "code"), f"{name} is in the catalogue twice."


def _wrong_names(value: Mapping[str, Any]) -> Iterator[Problem]:
    encoding = value.get("csv", {}).get("encoding", "utf-8")
    if not _extends_ascii(encoding):
        yield ("csv", "encoding"), f"{encoding} is unknown or does not extend ASCII; convert the file to utf-8."
    zone = value.get("time", {}).get("zone")
    if zone and not _is_zone(zone):
        yield ("time", "zone"), f"{zone} is no time zone; name one like Europe/Amsterdam."
    places: list[tuple[str, str | int]] = [("products", index) for index in range(len(value.get("products", [])))]
    places += [("organization", name) for name in ("city", "municipality") if name in value["organization"]]
    for first, second in places:
        day = value[first][second]["valid_from"]
        if not _is_day(day):
            yield (first, second, "valid_from"), f"{day} is no day."


def _wrong_values(columns: Mapping[str, Any], codes: set[str]) -> Iterator[Problem]:
    for key, allowed in (("kind", set(KINDS)), ("basis", set(BASES)), ("product", codes)):
        field = columns.get(key)
        if isinstance(field, dict):
            given: list[Problem] = [(("columns", key, "value"), field["value"])] if "value" in field else []
            given += [(("columns", key, "names", name), to) for name, to in field.get("names", {}).items()]
            for path, value in given:
                if value not in allowed:
                    known = ", ".join(sorted(allowed)) or "none (`products` is empty)"
                    yield path, f"{value} is unknown; there are {known}."


def _uses_steps(facts: Mapping[str, Any]) -> bool:
    moments = any("steps" in facts.get(name, {}) for name in ("assigned", "completed", "cancelled"))
    return moments or bool(facts.keys() & {"submitted", "reassigned", "reviews"})


def _extends_ascii(encoding: str) -> bool:
    text = "\n,;\t\"'|09azAZ"
    try:
        return codecs.lookup(encoding).encode(text)[0] == text.encode("ascii")
    except (LookupError, UnicodeError, TypeError):
        return False


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name).key)
    except (OSError, ValueError, KeyError):
        return False


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False
