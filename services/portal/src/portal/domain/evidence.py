"""Indicators taken apart into what each item of work adds to them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.domain.linear import Sum, read_sum

# Counted in pieces; every other measure is in thousandths of a standard unit, of a rating or of an initiative.
COUNTED = ("_items", "ratings", "rating_stars")


@dataclass(frozen=True, slots=True, kw_only=True)
class Adding:
    """What one item adds to the measures, named as policies name them; `source` is what the caller knows of it."""

    work_id: str
    measures: Mapping[str, int]
    source: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One measure in an expression: its factor and its sum over all items."""

    name: str
    factor: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one item adds to an indicator's numerator and denominator."""

    item: Adding
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """An indicator's numerator and denominator as sums of measures, and the items behind them, the largest first.

    `is_counted`: in pieces, not in thousandths. `adds_up`: the parts and the constants are the indicator's numbers.
    """

    numerator: Sequence[Term]
    denominator: Sequence[Term]
    numerator_constant: int
    denominator_constant: int
    parts: Sequence[Part]
    is_counted: bool
    adds_up: bool


def name_measures(measures: Mapping[str, int], *, is_request: bool) -> dict[str, int]:
    """An item's measures by the names that policies use: "work_done" or "request_done", and "all_done"."""
    kind = "request" if is_request else "work"
    return {f"{prefix}_{name}": value for name, value in measures.items() if value for prefix in (kind, "all")}


def total_of(items: Iterable[Adding]) -> dict[str, int]:
    """The sums over the items; only what is not 0."""
    total: dict[str, int] = {}
    for item in items:
        for name, value in item.measures.items():
            total[name] = total.get(name, 0) + value
    return {name: value for name, value in total.items() if value}


def break_down(
    items: Sequence[Adding], *, numerator: tuple[str, int], denominator: tuple[str, int]
) -> Breakdown | None:
    """An indicator, each side as (expression, its value); None where an expression is no sum of measures."""
    above, below = read_sum(numerator[0]), read_sum(denominator[0])
    if above is None or below is None:
        return None
    parts = [part for item in items if (part := _part(item, above, below)) is not None]
    parts.sort(key=lambda part: (-max(abs(part.numerator), abs(part.denominator)), part.item.work_id))
    total = total_of(items)
    return Breakdown(
        numerator=_terms(above, total),
        denominator=_terms(below, total),
        numerator_constant=above.constant,
        denominator_constant=below.constant,
        parts=parts,
        is_counted=all(name.endswith(COUNTED) for name in (*above.factors, *below.factors)),
        adds_up=_sum_up(parts, above, below) == (numerator[1], denominator[1]),
    )


def unexplained(measures: Mapping[str, int], items: Iterable[Adding]) -> dict[str, int]:
    """What a scorecard's measures have beyond the sums over the items; empty when they add up."""
    total = total_of(items)
    return {name: rest for name in sorted({*measures, *total}) if (rest := measures.get(name, 0) - total.get(name, 0))}


def _part(item: Adding, above: Sum, below: Sum) -> Part | None:
    part = Part(item=item, numerator=above.of(item.measures), denominator=below.of(item.measures))
    return part if part.numerator or part.denominator else None


def _terms(expression: Sum, total: Mapping[str, int]) -> list[Term]:
    return [Term(name=name, factor=factor, amount=total.get(name, 0)) for name, factor in expression.factors.items()]


def _sum_up(parts: Sequence[Part], above: Sum, below: Sum) -> tuple[int, int]:
    return (
        sum(part.numerator for part in parts) + above.constant,
        sum(part.denominator for part in parts) + below.constant,
    )
