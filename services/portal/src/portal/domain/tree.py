"""The tree of units as of a day, as pages need it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit; `parent_id` is empty for the city."""

    unit_id: str
    name: str
    parent_id: str


@dataclass(frozen=True, slots=True)
class Tree:
    """The units by id, parents first."""

    units: Mapping[str, Unit]

    def name_of(self, unit_id: str) -> str:
        """The name; the id of a unit that is not in the tree any more."""
        unit = self.units.get(unit_id)
        return unit.name if unit else unit_id

    def above(self, unit_id: str) -> Iterator[str]:
        """The unit itself, and those above it up to the city."""
        while unit := self.units.get(unit_id):
            yield unit_id
            unit_id = unit.parent_id

    def is_in(self, unit_id: str, tops: Collection[str]) -> bool:
        """Whether the unit is one of these or below one."""
        return any(above in tops for above in self.above(unit_id))

    def is_city(self, unit_id: str) -> bool:
        """Whether it is the root."""
        unit = self.units.get(unit_id)
        return unit is not None and not unit.parent_id

    def labels(self) -> Mapping[str, str]:
        """What to choose units by in a form: the name with the id behind it, by id."""
        return {unit.unit_id: f"{unit.name} ({unit.unit_id})" for unit in self.units.values()}


def find_by_label(label: str, labels: Mapping[str, str]) -> str:
    """The id that a label stands for, or a name that only one has; the text itself otherwise. `labels` are by id."""
    text = " ".join(label.split()).casefold()
    named = [found for found, known in labels.items() if known.rpartition(" (")[0].casefold() == text]
    return named[0] if len(named) == 1 else read_label(label)


def read_label(label: str) -> str:
    """The id at the end of a label of a person or unit, or the text itself."""
    text = label.strip()
    return text[text.rfind("(") + 1 : -1].strip() if text.endswith(")") else text
