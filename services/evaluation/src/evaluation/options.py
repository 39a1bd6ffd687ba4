"""What the verb `recompute` is called with."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn


class UsageError(Exception):
    """Called wrongly; the message is one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecomputeOptions:
    """Whether to compare only, and how many processes fold."""

    check: bool
    processes: int


def read_recompute_options(words: Sequence[str]) -> RecomputeOptions:
    """Reads `[--check] [--processes N]`. Raises UsageError."""
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--processes", type=_count, default=1)
    found = parser.parse_args(words)
    return RecomputeOptions(check=found.check, processes=found.processes)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:]}.")


def _count(word: str) -> int:
    if not word.isdecimal() or not int(word):
        raise argparse.ArgumentTypeError(f"give a whole number from 1 on, not {word!r}")
    return int(word)
