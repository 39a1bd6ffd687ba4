"""The tree of units: the city, its departments and communes, their divisions, and what changes in it last month."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from embedded.demo.datafiles import read_rows, read_yaml
from embedded.demo.hours import FIRST_DAY

CITY = "HUE"
CITY_SINCE = date(2001, 1, 1)
LEADERS = {"city": ("Chủ tịch UBND thành phố", "Phó Chủ tịch UBND thành phố")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A unit's name for a half-open period."""

    name: str
    valid_from: date = FIRST_DAY
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPlan:
    """A unit of the demo. `kind` is city, department, commune or division; `tags` choose its products and topics."""

    unit_id: str
    kind: str
    parent_id: str
    versions: tuple[Version, ...]
    tags: tuple[str, ...]
    head_title: str
    deputy_title: str
    successors: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.versions[-1].name

    @property
    def valid_from(self) -> date:
        return self.versions[0].valid_from

    @property
    def valid_to(self) -> date | None:
        return self.versions[-1].valid_to

    @property
    def is_lasting(self) -> bool:
        """Whether it is the same from the first day on."""
        return len(self.versions) == 1 and self.valid_from <= FIRST_DAY and self.valid_to is None


def plan_units(*, renamed_on: date, merged_on: date) -> tuple[UnitPlan, ...]:
    """All units, parents before children, with the changes of changes.yaml on these days."""
    units = [_city(), *_departments(), *_communes()]
    changes = read_yaml("changes.yaml")
    return tuple(_apply_changes(units, changes, renamed_on=renamed_on, merged_on=merged_on))


def _city() -> UnitPlan:
    head, deputy = LEADERS["city"]
    city = _unit(CITY, "city", "", "Thành phố Huế", (), head, deputy)
    # Older than its units, so that the history of other systems finds a city to stand in.
    return replace(city, versions=(Version(name=city.name, valid_from=CITY_SINCE),))


def _departments() -> Iterator[UnitPlan]:
    for unit_id, data in read_yaml("departments.yaml").items():
        head, deputy = data.get("head", "Giám đốc"), data.get("deputy", "Phó Giám đốc")
        yield _unit(unit_id, "department", CITY, data["name"], (unit_id,), head, deputy)
        for suffix, name in data["divisions"].items():
            tags = (unit_id, "VP") if suffix == "VP" else (unit_id,)
            chief = "Chánh Văn phòng" if suffix == "VP" else "Trưởng phòng"
            yield _unit(f"{unit_id}-{suffix}", "division", unit_id, name, tags, chief, f"Phó {chief}")


def _communes() -> Iterator[UnitPlan]:
    for row in read_rows("communes.csv"):
        code, full_name = row["code"], row["full_name"]
        rank, name = full_name.split(" ", 1)
        commune = f"{rank.lower()} {name}"
        leaders = (f"Chủ tịch UBND {commune}", f"Phó Chủ tịch UBND {commune}")
        yield _unit(code, "commune", CITY, full_name, ("VP",), *leaders)
        for suffix, data in read_yaml("divisions.yaml").items():
            division = data[rank.lower()].format(commune=commune)
            yield _unit(f"{code}-{suffix}", "division", code, division, (suffix,), data["head"], data["deputy"])


def _unit(
    unit_id: str, kind: str, parent_id: str, name: str, tags: tuple[str, ...], head_title: str, deputy_title: str
) -> UnitPlan:
    return UnitPlan(
        unit_id=unit_id,
        kind=kind,
        parent_id=parent_id,
        versions=(Version(name=name),),
        tags=tags,
        head_title=head_title,
        deputy_title=deputy_title,
    )


def _apply_changes(
    units: list[UnitPlan], changes: dict[str, Any], *, renamed_on: date, merged_on: date
) -> Iterator[UnitPlan]:
    merged, into = changes["merged"]["unit_ids"], changes["merged"]["into"]
    for unit in units:
        if unit.unit_id == changes["renamed"]["unit_id"]:
            yield _rename(unit, changes["renamed"]["former_name"], renamed_on)
        elif unit.unit_id in merged:
            closed = replace(unit.versions[0], valid_to=merged_on)
            yield replace(unit, versions=(closed,), successors=(into,))
        else:
            yield unit
        if unit.unit_id == merged[-1]:
            opened = Version(name=changes["merged"]["name"], valid_from=merged_on)
            yield replace(unit, unit_id=into, versions=(opened,))


def _rename(unit: UnitPlan, former_name: str, day: date) -> UnitPlan:
    former = Version(name=former_name, valid_to=day)
    return replace(unit, versions=(former, Version(name=unit.name, valid_from=day)))
