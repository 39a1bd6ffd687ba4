"""A unit with its whole history, and what can happen to it on a day."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import pairwise

from organization.domain.names import check_id, check_name
from organization.domain.periods import check_direction, end_of, first_overlap, in_force, in_order, in_words
from runtime.errors import InvalidInput


class UnitKind(StrEnum):
    """What a unit is, over its whole life."""

    CITY = "city"
    DEPARTMENT = "department"
    COMMUNE = "commune"
    DIVISION = "division"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitVersion:
    """Name and parent of a unit over a half-open period of days; the city's parent is empty."""

    valid_from: date
    valid_to: date | None = None
    name: str
    parent_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit; its versions follow each other without a gap. `successor_ids` is where it went when it was closed."""

    unit_id: str
    kind: UnitKind
    versions: tuple[UnitVersion, ...]
    successor_ids: tuple[str, ...] = ()

    @property
    def valid_from(self) -> date:
        """The day on which it was established."""
        return self.versions[0].valid_from

    @property
    def valid_to(self) -> date | None:
        """The day on which it was closed; none while it is there."""
        return self.versions[-1].valid_to


def establish(*, unit_id: str, kind: UnitKind, name: str, parent_id: str, day: date) -> Unit:
    """A new unit that is there from the day on."""
    return Unit(unit_id=unit_id, kind=kind, versions=(UnitVersion(valid_from=day, name=name, parent_id=parent_id),))


def rename(unit: Unit, *, name: str, day: date) -> Unit:
    """Gives the unit a new name from the day until its next change that is already known."""
    check_there(unit, day)
    return _of_versions(unit, (replace(v, name=name) if v.valid_from == day else v for v in _split_on(unit, day)))


def move(unit: Unit, *, parent_id: str, day: date) -> Unit:
    """Puts the unit under another one from the day until its next change that is already known."""
    check_there(unit, day)
    moved = (replace(v, parent_id=parent_id) if v.valid_from == day else v for v in _split_on(unit, day))
    return _of_versions(unit, moved)


def move_out_of(unit: Unit, *, closed_ids: Collection[str], parent_id: str, day: date) -> Unit:
    """Puts the unit under `parent_id` wherever it would be under a closed unit on or after the day."""
    if all(v.parent_id not in closed_ids or end_of(v) <= day for v in unit.versions):
        return unit
    versions = _split_on(unit, day)
    return _of_versions(
        unit,
        (replace(v, parent_id=parent_id) if v.valid_from >= day and v.parent_id in closed_ids else v for v in versions),
    )


def close(unit: Unit, *, day: date, successor_ids: tuple[str, ...]) -> Unit:
    """Ends the unit: the day is the first on which it is no longer there."""
    check_there(unit, day)
    if day <= unit.valid_from:
        raise InvalidInput(
            f"Unit {unit.unit_id} is there {in_words(unit)}: close it on a day after its first.", field="valid_from"
        )
    kept = tuple(v for v in _split_on(unit, day) if v.valid_from < day)
    return replace(unit, versions=kept, successor_ids=successor_ids)


def version_on(unit: Unit, day: date) -> UnitVersion | None:
    """Name and parent as of the day; none when the unit is not there."""
    return next((version for version in unit.versions if in_force(version, day)), None)


def check_there(unit: Unit, day: date) -> None:
    """Refuses a day on which the unit does not exist."""
    if not in_force(unit, day):
        raise InvalidInput(
            f"Unit {unit.unit_id} is not there on {day}: it is valid {in_words(unit)}.", field="valid_from"
        )


def canonical(unit: Unit) -> Unit:
    """The one way to write the unit's history: versions in order, neighbours that say the same joined."""
    return _of_versions(unit, in_order(unit.versions))


def check_unit(unit: Unit) -> None:
    """Refuses a unit whose own history makes no sense; `tree.check_tree` looks at its place among the others."""
    check_id(unit.unit_id, "unit_id")
    if not unit.versions:
        raise InvalidInput(f"Unit {unit.unit_id} has no version: give it at least one.", field="versions")
    for version in unit.versions:
        place = f"Unit {unit.unit_id}, version of {version.valid_from},"
        check_direction(version, place)
        check_name(version.name, place=place, field="name")
        _check_parent_given(unit, version, place)
    _check_sequence(unit)


def _check_parent_given(unit: Unit, version: UnitVersion, place: str) -> None:
    if unit.kind is UnitKind.CITY and version.parent_id:
        raise InvalidInput(f"{place} is the city and has a parent: leave parent_id empty.", field="parent_id")
    if unit.kind is not UnitKind.CITY and not version.parent_id:
        raise InvalidInput(f"{place} has no parent: only the city stands alone, name the parent.", field="parent_id")


def _check_sequence(unit: Unit) -> None:
    versions = in_order(unit.versions)
    if overlap := first_overlap(versions):
        raise InvalidInput(
            f"Unit {unit.unit_id} has two versions on {overlap[1].valid_from}: one {in_words(overlap[0])}, "
            f"one {in_words(overlap[1])}; let the first end where the second begins.",
            field="versions",
        )
    for earlier, later in pairwise(versions):
        if end_of(earlier) != later.valid_from:
            raise InvalidInput(
                f"Unit {unit.unit_id} has no version from {earlier.valid_to} to {later.valid_from}: close the gap, "
                "a unit that comes back is a new unit.",
                field="versions",
            )


def _split_on(unit: Unit, day: date) -> tuple[UnitVersion, ...]:
    """The same history with a version that begins on the day, if the unit is there on that day."""
    pieces: list[UnitVersion] = []
    for version in unit.versions:
        if in_force(version, day) and version.valid_from < day:
            pieces += [replace(version, valid_to=day), replace(version, valid_from=day)]
        else:
            pieces.append(version)
    return tuple(pieces)


def _of_versions(unit: Unit, versions: Iterable[UnitVersion]) -> Unit:
    """The unit with these versions, neighbours that say the same joined."""
    joined: list[UnitVersion] = []
    for version in versions:
        before = joined[-1] if joined else None
        if before and _says_the_same(before, version):
            joined[-1] = replace(before, valid_to=version.valid_to)
        else:
            joined.append(version)
    return replace(unit, versions=tuple(joined))


def _says_the_same(before: UnitVersion, after: UnitVersion) -> bool:
    joins = before.valid_to == after.valid_from
    return joins and (before.name, before.parent_id) == (after.name, after.parent_id)
