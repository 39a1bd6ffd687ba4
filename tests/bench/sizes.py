"""How much of everything a run does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Facts, items, seconds and bytes of the rows."""

    # Of the log that is polled, folded, folded by two, and recomputed.
    facts: int = 200_000
    # Folded in a transaction each.
    singles: int = 2_000
    # Few and many items behind a fact, and the facts folded then.
    few_items: int = 100_000
    items: int = 1_000_000
    moved: int = 40_000
    # Facts after which the memory of a consumer is compared.
    few_facts: int = 30_000
    many_facts: int = 300_000
    # Of the outbox that a relay empties.
    relayed: int = 60_000
    # Sent through the intake in batches.
    intake: int = 20_000
    # Seconds of load on the living services, and the facts that were folded before.
    live_seconds: int = 30
    past: int = 40_000
    # Of the XES log that is imported.
    xes_bytes: int = 60_000_000


QUICK = Sizes(
    facts=6_000,
    singles=200,
    few_items=2_000,
    items=10_000,
    moved=1_000,
    few_facts=2_000,
    many_facts=6_000,
    relayed=6_000,
    intake=2_000,
    live_seconds=5,
    past=3_000,
    xes_bytes=5_000_000,
)
"""To see that every row works; the figures mean nothing."""

LONG = Sizes(
    facts=600_000,
    singles=5_000,
    items=10_000_000,
    # Twice as many are drawn from the few items.
    moved=40_000,
    few_facts=100_000,
    many_facts=10_000_000,
    relayed=200_000,
    intake=40_000,
    live_seconds=120,
    xes_bytes=1_000_000_000,
)
"""The sizes that the aims were given for."""
