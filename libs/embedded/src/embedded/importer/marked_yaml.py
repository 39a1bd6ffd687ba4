"""YAML whose values know the line that they stand on, so that an error can name it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from runtime.errors import InvalidInput

Keys = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedYaml:
    """A document and the line of each of its values by their path; keys of a mapping count as their value."""

    file: Path
    value: Any
    lines: Mapping[Keys, int]

    def error(self, path: Sequence[str | int], problem: str) -> InvalidInput:
        """The error to raise for a value: names file, line and key."""
        known = tuple(path)
        while known and known not in self.lines:
            known = known[:-1]
        key = _key(path)
        place = f"{self.file}, line {self.lines.get(known, 1)}" + (f", {key}" if key else "")
        return InvalidInput(f"{place}: {problem}", field=key)


class _Loader(yaml.SafeLoader):
    """Days stay text, and only true and false are booleans: a unit may be called NO."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":bool"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _first in "tTfF":
    _Loader.yaml_implicit_resolvers.setdefault(_first, [])
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


def read_marked(file: Path) -> MarkedYaml:
    """Reads a document. Raises InvalidInput for a file that cannot be read or is no YAML, and for a key given twice."""
    loader = _Loader(_read_text(file))
    try:
        node = loader.get_single_node()
        lines: dict[Keys, int] = {}
        value = loader.construct_document(node) if node is not None else None
        _mark(file, node, (), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise InvalidInput(f"{file}, line {line}: this is no valid YAML: {error.problem or error.context}.") from error
    except yaml.YAMLError as error:
        raise InvalidInput(f"{file}: this is no valid YAML: {error}.") from error
    finally:
        loader.dispose()
    return MarkedYaml(file=file, value=value, lines=lines)


def validate(document: MarkedYaml, schema: Mapping[str, Any]) -> None:
    """Raises InvalidInput for the first value that the schema does not allow."""
    errors = list(Draft202012Validator(schema).iter_errors(document.value))
    if errors:
        placed = [_place(best_match([error]) or error) for error in errors]
        path, problem = min(placed, key=lambda place: document.lines.get(place[0], 1))
        raise document.error(path, problem)


def _read_text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"Cannot read the mapping {file}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file}, byte {error.start}: a mapping is written in UTF-8.") from error


def _mark(file: Path, node: yaml.Node | None, path: Keys, lines: dict[Keys, int]) -> None:
    if node is None:
        return
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        _mark_keys(file, node, path, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            _mark(file, child, (*path, index), lines)


def _mark_keys(file: Path, node: yaml.MappingNode, path: Keys, lines: dict[Keys, int]) -> None:
    for key, child in node.value:
        place = (*path, str(key.value))
        line = key.start_mark.line + 1
        if place in lines:
            raise InvalidInput(f"{file}, line {line}, {_key(place)}: this key is given twice; keep one of them.")
        lines[place] = line
        _mark(file, child, place, lines)


def _key(path: Sequence[str | int]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _place(error: ValidationError) -> tuple[Keys, str]:
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        allowed = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
        extra = next(str(key) for key in error.instance if key not in allowed)
        return (*path, extra), f"there is no such key; there are {', '.join(sorted(allowed))}."
    return path, f"{error.message}."
