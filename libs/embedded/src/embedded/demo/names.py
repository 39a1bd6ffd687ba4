"""Plausible Vietnamese names, drawn by weight."""

import random
from collections.abc import Mapping, Sequence
from itertools import accumulate

from embedded.demo.datafiles import read_yaml

_FEMALE_SHARE = 0.48


class Weighted:
    """A choice among things by their weights."""

    def __init__(self, weights: Mapping[str, int]) -> None:
        self._things: Sequence[str] = tuple(weights)
        self._sums: Sequence[int] = tuple(accumulate(weights.values()))

    def draw(self, rng: random.Random) -> str:
        """One of the things."""
        return rng.choices(self._things, cum_weights=self._sums)[0]


class Names:
    """Draws full names: surname, middle name, given name."""

    def __init__(self) -> None:
        data = read_yaml("names.yaml")
        self._surnames = Weighted(data["surnames"])
        self._parts = {sex: (Weighted(data[sex]["middle"]), Weighted(data[sex]["given"])) for sex in ("male", "female")}

    def draw(self, rng: random.Random) -> str:
        """A full name of either sex; a middle name never repeats the given one."""
        surname = self._surnames.draw(rng)
        middle, given = self._parts["female" if rng.random() < _FEMALE_SHARE else "male"]
        first, last = middle.draw(rng), given.draw(rng)
        while last in first.split() or last in surname.split():
            last = given.draw(rng)
        return f"{surname} {first} {last}"
