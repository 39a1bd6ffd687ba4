"""Facts as they are stored: JSON arrays, of one item with a comma between them."""

import json
from collections.abc import Sequence
from typing import Any

from evaluation.domain import facts as f

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def write_facts(facts: Sequence[f.Fact]) -> str:
    """Facts in their stored form; an item's next ones can be put behind it with a comma."""
    return ",".join([write_fact(fact) for fact in facts])


def write_fact(fact: f.Fact) -> str:
    """One fact in its stored form."""
    occurred_at, revision, recorded_at, event_id, body = fact
    fields = _encode(body) if body else "[]"
    return f'[{occurred_at},{revision},{recorded_at},{_encode(event_id)},"{type(body).__name__}",{fields}]'


def read_facts(stored: str) -> list[f.Fact]:
    """An item's facts out of their stored form."""
    return [read_fact(fact) for fact in json.loads(f"[{stored}]")]


def read_fact(stored: list[Any]) -> f.Fact:
    """A fact out of its stored form."""
    occurred_at, revision, recorded_at, event_id, name, fields = stored
    if name == "InitiativeRecognised":
        authors, title = fields
        body: f.Body = f.InitiativeRecognised(tuple(f.Author(*author) for author in authors), title)
    else:
        body = f.BODIES[name](*fields)
    return f.Fact(occurred_at, revision, recorded_at, event_id, body)
