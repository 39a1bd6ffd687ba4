"""Indicators' expressions taken apart: a sum of measures, each times a whole number."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Measures with their factors, in the order of the expression, and a number that belongs to no item."""

    factors: Mapping[str, int]
    constant: int = 0

    def of(self, measures: Mapping[str, int]) -> int:
        """What these measures add; without the constant."""
        return sum(factor * measures.get(name, 0) for name, factor in self.factors.items())


def read_sum(expression: str) -> Sum | None:
    """The sum that a policy's expression is; None for one that decides ("x ? 1 : 2") and for one that is no sum."""
    try:
        return _read(ast.parse(expression.strip(), mode="eval").body)
    except (SyntaxError, ValueError):
        return None


def _read(node: ast.expr) -> Sum:
    match node:
        case ast.Constant(value=int(value)) if not isinstance(value, bool):
            return Sum(factors={}, constant=value)
        case ast.Name(id=name):
            return Sum(factors={name: 1})
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _times(_read(operand), -1)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _plus(_read(left), _read(right))
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _plus(_read(left), _times(_read(right), -1))
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _product(_read(left), _read(right))
    raise ValueError("no sum of measures")


def _plus(one: Sum, other: Sum) -> Sum:
    factors = dict(one.factors)
    for name, factor in other.factors.items():
        factors[name] = factors.get(name, 0) + factor
    return Sum(factors=factors, constant=one.constant + other.constant)


def _times(one: Sum, factor: int) -> Sum:
    return Sum(factors={name: factor * own for name, own in one.factors.items()}, constant=factor * one.constant)


def _product(one: Sum, other: Sum) -> Sum:
    if not one.factors:
        return _times(other, one.constant)
    if not other.factors:
        return _times(one, other.constant)
    raise ValueError("a product of measures")
