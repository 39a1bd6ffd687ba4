"""How consumers share the partitions of a topic: the arithmetic."""

from collections.abc import Collection


def fair_share(*, partitions: int, consumers: int, place: int) -> int:
    """How many partitions the consumer at `place` (0 came first) has of all: 8 among 3 are 3, 3 and 2.

    Who comes last changes nobody's place, and when one leaves, nobody's share becomes smaller: no partition moves
    that need not.
    """
    return max(0, -((place - partitions) // consumers))


def surplus(owned: Collection[int], *, share: int, failing: Collection[int]) -> list[int]:
    """The partitions to give back: the last ones, and one that is failing only when nothing else is left.

    Given back, it would fail with one after the other, each at once, for each would begin to count the failures anew.
    """
    kept_first = sorted(owned, key=lambda partition: (partition not in failing, partition))
    return sorted(kept_first[share:])
