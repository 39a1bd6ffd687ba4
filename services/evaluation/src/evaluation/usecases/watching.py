"""What moves, told in batches."""

import time
from collections.abc import Callable, Iterable, Iterator

from evaluation.domain.periods import Month

# Moves of so many seconds go together; a sign of life comes after so many without any.
GATHER_SECONDS = 0.1
_SIGN_SECONDS = 1.0

Move = tuple[str, Month, str]
"""Policy, month and subject of a score that has moved."""


def gather_moves(
    news: Iterable[Move | None], *, clock: Callable[[], float] = time.monotonic
) -> Iterator[tuple[Move, ...]]:
    """Batches of news, each move once; an empty one at first and as a sign of life.

    `news` gives None at first, and every GATHER_SECONDS while nothing moves.
    """
    moves: dict[Move, None] = {}
    began = told = float("-inf")
    for move in news:
        now = clock()
        if move is not None:
            began = began if moves else now
            moves[move] = None
        is_full = bool(moves) and (move is None or now - began >= GATHER_SECONDS)
        if is_full or (not moves and now - told >= _SIGN_SECONDS):
            yield tuple(moves)
            moves.clear()
            told = now
