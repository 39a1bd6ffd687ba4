"""Policy files: YAML of which every place has a line, checked against the schema."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from jsonschema import Draft202012Validator, ValidationError

# The schema that comes with the policies of the service also holds for those of a city.
_SCHEMA_FILE: Final = Path(__file__).parents[2] / "policies" / "policy.schema.json"

# Where something stands in a policy file: keys and positions from the top.
Place = tuple[str | int, ...]


class PolicyError(Exception):
    """A policy is refused; the message is "FILE:LINE: what is wrong"."""


class Document:
    """A YAML file: its data, and the line of every place in it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lines: dict[Place, int] = {}
        loader = yaml.SafeLoader(file.read_text("utf-8"))
        try:
            node = loader.get_single_node()
            self.data: Any = None if node is None else loader.construct_document(node)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise PolicyError(f"{file}:{line}: this is not YAML: {error.problem}.") from error
        finally:
            loader.dispose()
        if node is not None:
            self._note_lines(node, ())

    def _note_lines(self, node: yaml.Node, place: Place) -> None:
        self._lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                inner = (*place, str(key.value))
                if inner in self._lines:
                    raise PolicyError(f'{self.file}:{key.start_mark.line + 1}: "{key.value}" stands here twice.')
                # The line of an entry is that of its key; anchored parts are named where they are written.
                shared = value.start_mark.line < key.start_mark.line
                self._lines[inner] = (value if shared else key).start_mark.line + 1
                self._note_lines(value, inner)
        elif isinstance(node, yaml.SequenceNode):
            for position, value in enumerate(node.value):
                self._note_lines(value, (*place, position))

    def line(self, place: Place) -> int:
        """The line of the place, or of the nearest one around it."""
        known = (place[:end] for end in range(len(place), -1, -1))
        return next((self._lines[near] for near in known if near in self._lines), 1)

    def error(self, place: Place, message: str) -> PolicyError:
        """The refusal of what stands at the place."""
        return PolicyError(f"{self.file}:{self.line(place)}: {message}")


def check_schema(document: Document) -> None:
    """PolicyError at the first place that the schema refuses; a mistyped key before the one that is missing for it."""
    refused = [
        (error.validator != "additionalProperties", document.line(place), place, error.message)
        for error in _schema().iter_errors(document.data)
        for place in [_place_of(error)]
    ]
    if refused:
        *_, place, message = min(refused, key=lambda one: one[:2])
        raise document.error(place, f"{message} (policy.schema.json).")


def _place_of(error: ValidationError) -> Place:
    place: Place = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        instance: Any = error.instance
        schema: Any = error.schema
        place += (next(key for key in instance if key not in schema["properties"]),)
    return place


@cache
def _schema() -> Draft202012Validator:
    return Draft202012Validator(json.loads(_SCHEMA_FILE.read_text("utf-8")))
