"""How diligent the people of the demo are, as chances; calibrated so that the table of a month is worth looking at."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """Chances of an officer, each in [0, 1]; `general` is the range of their general criteria in half points.

    `miss` is the chance to be late with ordinary work, `miss_big` with work of complexity group 4 and 5, `never` that
    late work stays undone for long; `fail` that a submission is returned with a ground, `soft` without one; `begin`
    that an item is self-initiated.
    """

    early: float
    miss: float
    miss_big: float
    never: float
    fail: float
    soft: float
    hand_back: float
    begin: float
    initiative: float
    general: tuple[int, int]


TIERS: Mapping[str, Habits] = {
    "model": Habits(
        early=0.55, miss=0.0, miss_big=0.0, never=0.0, fail=0.0, soft=0.06, hand_back=0.0, begin=0.1,
        initiative=0.4, general=(54, 60),
    ),
    "excellent": Habits(
        early=0.55, miss=0.008, miss_big=0.03, never=0.1, fail=0.02, soft=0.06, hand_back=0.004, begin=0.08,
        initiative=0.5, general=(54, 60),
    ),
    "good": Habits(
        early=0.28, miss=0.035, miss_big=0.34, never=0.6, fail=0.2, soft=0.08, hand_back=0.02, begin=0.03,
        initiative=0.08, general=(37, 48),
    ),
    "fair": Habits(
        early=0.08, miss=0.09, miss_big=0.8, never=0.88, fail=0.58, soft=0.06, hand_back=0.1, begin=0.01,
        initiative=0.01, general=(24, 36),
    ),
    "poor": Habits(
        early=0.04, miss=0.7, miss_big=0.95, never=0.85, fail=0.55, soft=0.06, hand_back=0.08, begin=0.0,
        initiative=0.0, general=(18, 30),
    ),
}  # fmt: skip

# Shares of the tiers, in their order, among the officers of an office, by its level. A model division does everything
# in time and right at once, as Articles 8.1 and 8.2 ask of excellent and good units; a steady one has fewer points.
_SHARES: Mapping[str, tuple[float, ...]] = {
    "model": (1.0, 0.0, 0.0, 0.0, 0.0),
    "steady": (1.0, 0.0, 0.0, 0.0, 0.0),
    "excellent": (0.0, 0.55, 0.42, 0.03, 0.0),
    "ordinary": (0.0, 0.10, 0.44, 0.385, 0.075),
    "weak": (0.0, 0.0, 0.22, 0.45, 0.33),
}

_MODELS, _STEADY = 14, 10


def draw_tier(rng: random.Random, level: str) -> str:
    """The tier of an officer in an office of this level."""
    return rng.choices(tuple(TIERS), weights=_SHARES[level])[0]


def draw_levels(rng: random.Random, divisions: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Levels of the departments and communes, given with their divisions: one in nine excellent, one in nine weak.

    Of the divisions outside weak offices some have a level of their own.
    """
    tops = list(divisions)
    share = len(tops) // 9
    chosen = rng.sample(tops, 2 * share)
    levels = dict.fromkeys(tops, "ordinary")
    levels.update(dict.fromkeys(chosen[:share], "excellent"))
    levels.update(dict.fromkeys(chosen[share:], "weak"))
    able = [division for top in tops if levels[top] != "weak" for division in divisions[top]]
    special = rng.sample(able, _MODELS + _STEADY)
    levels.update(dict.fromkeys(special[:_MODELS], "model"))
    levels.update(dict.fromkeys(special[_MODELS:], "steady"))
    return levels
