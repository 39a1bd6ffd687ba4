"""Facts as they are stored."""

from collections.abc import Iterable
from typing import Any

from evaluation.domain import facts as f


def write_fact(fact: f.Fact) -> list[Any]:
    """What JSON makes of a fact."""
    return [*fact[:4], type(fact.body).__name__, fact.body]


def read_facts(stored: Iterable[list[Any]]) -> list[f.Fact]:
    """Facts out of their stored form."""
    return [read_fact(fact) for fact in stored]


def read_fact(stored: list[Any]) -> f.Fact:
    """A fact out of its stored form."""
    occurred_at, revision, recorded_at, event_id, name, fields = stored
    head = occurred_at, revision, recorded_at, event_id
    if name == "InitiativeRecognised":
        authors, title = fields
        return f.Fact(*head, f.InitiativeRecognised(tuple(f.Author(*author) for author in authors), title))
    return f.Fact(*head, f.BODIES[name](*fields))
