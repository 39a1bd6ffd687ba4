"""Merging and splitting units on a day, with the people, posts and divisions that follow."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from organization.domain.officers import Officer, rehome
from organization.domain.periods import end_of
from organization.domain.units import Unit, UnitKind, check_there, close, establish, move_out_of, version_on
from runtime.errors import InvalidInput, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Merger:
    """Units that close on the day and go on in `into_unit_id`. With a name that unit is established on the day;
    without one it is there already (and kind and parent are left out)."""

    unit_ids: tuple[str, ...]
    into_unit_id: str
    day: date
    name: str = ""
    parent_id: str = ""
    kind: UnitKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitPart:
    """One of the units that a split makes. With a name it is established on the day, of the same kind and under the
    same parent as the split unit; without one it is there already. `officer_ids`: whose posts go there."""

    unit_id: str
    name: str = ""
    officer_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reorganization:
    """Every unit and officer after a merger or split, changed or not."""

    units: tuple[Unit, ...]
    officers: tuple[Officer, ...]


def known_unit(units: Mapping[str, Unit], unit_id: str) -> Unit:
    """The unit of this id."""
    if unit_id not in units:
        raise NotFound(f"Unit {unit_id!r} is not known: look up its id in the tree.")
    return units[unit_id]


def merge(units: Mapping[str, Unit], officers: Iterable[Officer], merger: Merger) -> Reorganization:
    """Closes the merged units; their posts, their divisions and deputies' fields go on in the one they merge into.

    `officers`: at least all who have a post in a merged unit or one as their field. Posts keep their role: of several
    heads all but one must have ended by the day, which `city.check_heads` sees."""
    closed_ids = _closed_ids(merger)
    into = _merged_unit(units, merger)
    closed = {
        unit_id: close(known_unit(units, unit_id), day=merger.day, successor_ids=(into.unit_id,))
        for unit_id in closed_ids
    }
    staying = {**units, into.unit_id: into, **closed}
    homes = dict.fromkeys(closed_ids, into.unit_id)
    fields = dict.fromkeys(closed_ids, (into.unit_id,))
    moved = (move_out_of(u, closed_ids=closed_ids, parent_id=into.unit_id, day=merger.day) for u in staying.values())
    followed = (rehome(officer, homes=homes, fields=fields, day=merger.day) for officer in officers)
    return Reorganization(units=tuple(moved), officers=tuple(followed))


def _closed_ids(merger: Merger) -> frozenset[str]:
    if not merger.unit_ids:
        raise InvalidInput("A merger names no unit: name those that close.", field="unit_ids")
    if merger.into_unit_id in merger.unit_ids:
        raise InvalidInput(
            f"Unit {merger.into_unit_id} cannot merge into itself: leave it out of unit_ids, it goes on.",
            field="unit_ids",
        )
    return frozenset(merger.unit_ids)


def _merged_unit(units: Mapping[str, Unit], merger: Merger) -> Unit:
    if not merger.name:
        return _there_already(units, merger.into_unit_id, merger.day)
    _check_new(units, merger.into_unit_id)
    if merger.kind is None:
        raise InvalidInput(f"Unit {merger.into_unit_id} is to be established without a kind: name it.", field="kind")
    return establish(
        unit_id=merger.into_unit_id, kind=merger.kind, name=merger.name, parent_id=merger.parent_id, day=merger.day
    )


def _there_already(units: Mapping[str, Unit], unit_id: str, day: date) -> Unit:
    if unit_id not in units:
        raise InvalidInput(f"Unit {unit_id!r} is not known: give a name to establish it on {day}.", field="name")
    check_there(units[unit_id], day)
    return units[unit_id]


def _check_new(units: Mapping[str, Unit], unit_id: str) -> None:
    if unit_id in units:
        raise InvalidInput(f"Unit {unit_id} is there already: leave its name, kind and parent out.", field="name")


def split(
    units: Mapping[str, Unit], officers: Sequence[Officer], *, unit_id: str, parts: Sequence[SplitPart], day: date
) -> Reorganization:
    """Closes the unit; its posts go on in the parts as named, and deputies' fields name all parts.

    `officers`: all who have a post in the unit or have it as their field. Divisions under the unit must have been moved
    or closed by the day, which `tree.check_tree` sees."""
    old = known_unit(units, unit_id)
    part_ids = tuple(part.unit_id for part in parts)
    _check_parts(unit_id, part_ids)
    closed = close(old, day=day, successor_ids=part_ids)
    made = {part.unit_id: _part_unit(units, old, part, day) for part in parts}
    home_of = _homes(old, officers, parts, day)
    followed = (
        rehome(
            officer,
            homes={unit_id: home_of[officer.officer_id]} if officer.officer_id in home_of else {},
            fields={unit_id: part_ids},
            day=day,
        )
        for officer in officers
    )
    return Reorganization(units=tuple({**units, **made, unit_id: closed}.values()), officers=tuple(followed))


def _check_parts(unit_id: str, part_ids: Sequence[str]) -> None:
    if len(set(part_ids)) < max(2, len(part_ids)) or unit_id in part_ids:
        raise InvalidInput(
            f"Unit {unit_id} splits into {', '.join(part_ids) or 'nothing'}: name two or more different units, "
            "without the one that closes.",
            field="parts",
        )


def _part_unit(units: Mapping[str, Unit], old: Unit, part: SplitPart, day: date) -> Unit:
    if not part.name:
        return _there_already(units, part.unit_id, day)
    _check_new(units, part.unit_id)
    version = version_on(old, day)
    parent_id = version.parent_id if version else ""
    return establish(unit_id=part.unit_id, kind=old.kind, name=part.name, parent_id=parent_id, day=day)


def _homes(old: Unit, officers: Iterable[Officer], parts: Iterable[SplitPart], day: date) -> dict[str, str]:
    """officer_id → part; refuses an officer of the unit who is not named once, and any other who is named."""
    concerned = {
        officer.officer_id
        for officer in officers
        if any(post.unit_id == old.unit_id and end_of(post) > day for post in officer.posts)
    }
    named = Counter(officer_id for part in parts for officer_id in part.officer_ids)
    wrong = {
        "is named in no part": concerned - named.keys(),
        "is named in two parts": {officer_id for officer_id, times in named.items() if times > 1},
        "is named but has no post there": named.keys() - concerned,
    }
    for reason, officer_ids in wrong.items():
        if officer_ids:
            raise InvalidInput(
                f"Unit {old.unit_id} splits on {day}, and officer {min(officer_ids)} {reason}: "
                "name each officer of the unit in one part.",
                field="parts",
            )
    return {officer_id: part.unit_id for part in parts for officer_id in part.officer_ids}
