"""Reads the data files of the demo city."""

import csv
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def read_yaml(name: str) -> Any:
    """The content of a YAML file in data/."""
    return yaml.safe_load(_text(name))


@cache
def read_rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a CSV file in data/ by column name."""
    return tuple(csv.DictReader(_text(name).splitlines()))


def _text(name: str) -> str:
    return (files("embedded.demo") / "data" / name).read_text(encoding="utf-8")
