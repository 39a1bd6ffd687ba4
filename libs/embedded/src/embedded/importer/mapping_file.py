"""Reads a mapping from YAML and checks it: against the schema, and what a schema cannot say."""

import json
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

from embedded.importer.mapping import (
    NO_STEPS,
    City,
    Columns,
    CsvFormat,
    FactRules,
    Field,
    LogMapping,
    Moment,
    Municipality,
    OfficerRules,
    Product,
    Review,
    Steps,
)
from embedded.importer.mapping_checks import contradictions
from embedded.importer.marked_yaml import MarkedYaml, read_marked, validate

_SINGLE = ("step", "step_at", "step_id", "step_officer", "step_unit")
_OPTIONAL = ("officer", "product", "standard_units", "title")
SHIPPED = files("embedded.importer") / "mappings"


def load_mapping(file: Path) -> LogMapping:
    """Reads a mapping. A plain name without a folder may also be one of the shipped ones ("municipal-permits").

    Raises InvalidInput that names file, line and key.
    """
    document = read_marked(find_mapping(file))
    validate(document, json.loads((files("embedded.importer") / "mapping.schema.json").read_text("utf-8")))
    for path, problem in contradictions(document.value):
        raise document.error(path, problem)
    return _mapping(document)


def find_mapping(file: Path) -> Path:
    """The file itself, or the shipped mapping of that name."""
    shipped = Path(str(SHIPPED / f"{file.name.removesuffix('.yaml')}.yaml"))
    return shipped if not file.exists() and file.parent == Path() and shipped.exists() else file


def _mapping(document: MarkedYaml) -> LogMapping:
    value = document.value
    organization = value["organization"]
    return LogMapping(
        source=value["source"],
        csv=CsvFormat(**value.get("csv", {})),
        nulls=frozenset({"", *value.get("nulls", [])}),
        zone=value.get("time", {}).get("zone", ""),
        time_formats=tuple(value.get("time", {}).get("formats", ["iso"])),
        columns=_columns(value["columns"]),
        facts=_facts(value["facts"]),
        city=_city(organization["city"]) if "city" in organization else None,
        municipality=_municipality(organization["municipality"]),
        unit_prefix=organization["units"]["prefix"],
        officers=_officers(organization["officers"]),
        products={each["code"]: _product(each) for each in value.get("products", [])},
    )


def _columns(value: Mapping[str, Any]) -> Columns:
    due = value.get("due", "")
    due = {"column": due} if isinstance(due, str) else due
    lifecycle = value.get("lifecycle", {})
    single: dict[str, Any] = {name: value.get(name, "") for name in _SINGLE}
    optional: dict[str, Any] = {name: _field(value.get(name)) for name in _OPTIONAL}
    return Columns(
        item=value["item"],
        unit=_field(value["unit"]) or Field(),
        kind=_field(value.get("kind")) or Field(value="TASK"),
        basis=_field(value.get("basis")) or Field(value="OWN"),
        due=due["column"],
        due_is_day=due.get("day_end", False),
        lifecycle=lifecycle.get("column", ""),
        lifecycle_kept=frozenset(name.lower() for name in lifecycle.get("keep", [])),
        **single,
        **optional,
    )


def _field(value: str | Mapping[str, Any] | None) -> Field | None:
    if value is None:
        return None
    if isinstance(value, str):
        return Field(columns=(value,))
    first = (value["column"],) if "column" in value else ()
    return Field(
        columns=(*first, *value.get("columns", ())),
        value=value.get("value", ""),
        names=value.get("names", {}),
        take=value.get("take"),
    )


def _facts(value: Mapping[str, Any]) -> FactRules:
    cancelled = value.get("cancelled")
    return FactRules(
        assigned=_moment(value["assigned"], "first"),
        completed=_moment(value["completed"], "last"),
        cancelled=_moment(cancelled, "last") if cancelled else None,
        cancelled_reason=cancelled["reason"] if cancelled else "",
        submitted=_steps(value.get("submitted")),
        reassigned=_steps(value.get("reassigned")),
        reviews=tuple(_review(each) for each in value.get("reviews", [])),
        close_at_log_end=value["undecided"] == "close_at_log_end",
        recorded_as_occurred=value["recorded_at"] == "as_occurred",
        due_before_start=value.get("due_before_start", "standard_term"),
        end_before_start=value.get("end_before_start", "leave_out_end"),
        keep_steps_after_end=value.get("steps_after_end") == "keep",
    )


def _moment(value: Mapping[str, Any], which: str) -> Moment:
    return Moment(at=value.get("at", ""), steps=_steps(value.get("steps")), which=value.get("which", which))


def _steps(names: list[str] | None) -> Steps:
    return Steps.of(names) if names else NO_STEPS


def _review(value: Mapping[str, Any]) -> Review:
    return Review(
        submitted=_steps(value.get("submitted")),
        reviewed=_steps(value["reviewed"]),
        returned_when=_steps(value.get("returned_when")),
        grounds=tuple(value.get("grounds", ())),
        keep_due=value.get("due") == "keep",
    )


def _city(value: Mapping[str, Any]) -> City:
    return City(unit_id=value["id"], name=value["name"], valid_from=date.fromisoformat(value["valid_from"]))


def _municipality(value: Mapping[str, Any]) -> Municipality:
    return Municipality(
        unit_id=value["id"],
        name=value["name"],
        kind=value["kind"],
        parent_id=value["parent"],
        valid_from=date.fromisoformat(value["valid_from"]),
    )


def _officers(value: Mapping[str, Any]) -> OfficerRules:
    return OfficerRules(
        prefix=value["prefix"],
        category=value.get("category", "CIVIL_SERVANT"),
        known=value.get("names", {}),
        others=value.get("others", "register"),
        unit_work=frozenset(value.get("unit_work", [])),
        leave_out=frozenset(value.get("leave_out", [])),
        posts_until_due=value.get("posts_until") == "last_due",
    )


def _product(value: Mapping[str, Any]) -> Product:
    same = ("code", "name", "complexity_group", "standard_units", "standard_term_hours")
    known = {name: value[name] for name in same}
    return Product(recurring=value.get("recurring", False), valid_from=date.fromisoformat(value["valid_from"]), **known)
