"""The tree of units as of a day: city, below it departments and communes, below them divisions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from organization.domain.periods import boundary_days, in_words
from organization.domain.units import Unit, UnitKind, version_on
from runtime.errors import InvalidInput

PARENT_KINDS: Mapping[UnitKind, frozenset[UnitKind]] = {
    UnitKind.CITY: frozenset(),
    UnitKind.DEPARTMENT: frozenset({UnitKind.CITY}),
    UnitKind.COMMUNE: frozenset({UnitKind.CITY}),
    UnitKind.DIVISION: frozenset({UnitKind.DEPARTMENT, UnitKind.COMMUNE, UnitKind.DIVISION}),
}
"""What each kind of unit may stand under."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A unit as of one day; the city's parent is empty."""

    unit_id: str
    kind: UnitKind
    name: str
    parent_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """All units that are there on the day, by id, and the ids of those directly below each (in order of id)."""

    day: date
    places: Mapping[str, Place]
    children: Mapping[str, tuple[str, ...]]


def tree_as_of(units: Iterable[Unit], day: date) -> Tree:
    """The tree of the units that are in force on the day."""
    places = {place.unit_id: place for unit in units if (place := _place_on(unit, day))}
    children: dict[str, list[str]] = {}
    for unit_id in sorted(places):
        children.setdefault(places[unit_id].parent_id, []).append(unit_id)
    return Tree(day=day, places=places, children={parent: tuple(ids) for parent, ids in children.items()})


def _place_on(unit: Unit, day: date) -> Place | None:
    version = version_on(unit, day)
    if version is None:
        return None
    return Place(unit_id=unit.unit_id, kind=unit.kind, name=version.name, parent_id=version.parent_id)


def units_below(tree: Tree, unit_id: str) -> frozenset[str]:
    """The unit itself and all units under it, however deep; nothing when it is not there on the tree's day."""
    return frozenset(_walk(tree, unit_id)) if unit_id in tree.places else frozenset()


def units_above(tree: Tree, unit_id: str) -> tuple[str, ...]:
    """The unit itself, its parent, and so on up to the city; nothing when it is not there on the tree's day."""
    path: list[str] = []
    while unit_id in tree.places and unit_id not in path:
        path.append(unit_id)
        unit_id = tree.places[unit_id].parent_id
    return tuple(path)


def parents_first(tree: Tree) -> list[Place]:
    """All places, each after its parent, neighbours in order of id."""
    return [tree.places[unit_id] for root in tree.children.get("", ()) for unit_id in _walk(tree, root)]


def _walk(tree: Tree, unit_id: str) -> Iterator[str]:
    waiting = [unit_id]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(tree.children.get(current, ())))


def check_tree(units: Mapping[str, Unit]) -> None:
    """Refuses units that are no tree on some day: each day on which anything changes is looked at."""
    _check_one_city(units.values())
    _check_successors(units)
    for day in boundary_days(version for unit in units.values() for version in unit.versions):
        tree = tree_as_of(units.values(), day)
        for place in tree.places.values():
            _check_parent(place, tree, units)
        _check_no_cycle(tree)


def _check_one_city(units: Iterable[Unit]) -> None:
    cities = sorted(unit.unit_id for unit in units if unit.kind is UnitKind.CITY)
    if len(cities) > 1:
        raise InvalidInput(f"{cities[0]} and {cities[1]} are both the city: there is exactly one.", field="kind")


def _check_successors(units: Mapping[str, Unit]) -> None:
    for unit in units.values():
        if unknown := sorted(set(unit.successor_ids) - units.keys()):
            raise InvalidInput(
                f"Unit {unit.unit_id} has the unknown successor {unknown[0]!r}: establish the successor first.",
                field="successor_ids",
            )


def _check_parent(place: Place, tree: Tree, units: Mapping[str, Unit]) -> None:
    if place.kind is UnitKind.CITY:
        return
    parent = tree.places.get(place.parent_id)
    if parent is None:
        raise InvalidInput(_missing_parent(place, tree.day, units), field="parent_id")
    if parent.kind not in PARENT_KINDS[place.kind]:
        allowed = " or ".join(sorted(PARENT_KINDS[place.kind]))
        raise InvalidInput(
            f"Unit {place.unit_id} is a {place.kind} under the {parent.kind} {parent.unit_id} on {tree.day}: "
            f"put it under a {allowed}.",
            field="parent_id",
        )


def _missing_parent(place: Place, day: date, units: Mapping[str, Unit]) -> str:
    parent = units.get(place.parent_id)
    if parent is None:
        return f"Unit {place.unit_id} has the unknown parent {place.parent_id!r}: establish the parent first."
    return (
        f"Unit {place.unit_id} is under {place.parent_id} on {day}, but {place.parent_id} is valid "
        f"{in_words(parent)}: move or close {place.unit_id} by that day."
    )


def _check_no_cycle(tree: Tree) -> None:
    # Every parent is there (checked before), so what the city does not reach hangs on a cycle.
    reached = {place.unit_id for place in parents_first(tree)}
    if astray := sorted(tree.places.keys() - reached):
        raise InvalidInput(
            f"Unit {astray[0]} is below itself on {tree.day}: put it under a unit that is not under it.",
            field="parent_id",
        )
