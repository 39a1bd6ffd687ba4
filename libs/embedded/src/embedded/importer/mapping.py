"""What a mapping says, as data."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Which = Literal["first", "last"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFormat:
    """How a CSV file is written. The encoding is one in which ASCII is ASCII."""

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Where a value of an item comes from: the first column that says something, or one value for all."""

    columns: tuple[str, ...] = ()
    value: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    take: Which | None = None

    def read(self, row: Mapping[str, str]) -> str:
        """The value in one row; "" when it says nothing."""
        found = next((row[column] for column in self.columns if row[column]), self.value)
        return self.names.get(found, found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Names of steps; `*` stands for any text. Without names it matches nothing."""

    names: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None

    @classmethod
    def of(cls, names: Sequence[str]) -> "Steps":
        """Prepares the names for matching."""
        parts = ("".join(".*" if char == "*" else re.escape(char) for char in name) for name in names)
        pattern = re.compile("|".join(f"(?:{part})" for part in parts), re.DOTALL) if names else None
        return cls(names=tuple(names), pattern=pattern)

    def match(self, name: str) -> bool:
        """Whether a step of this name is meant."""
        return self.pattern is not None and self.pattern.fullmatch(name) is not None


NO_STEPS = Steps()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A column of the item; where it says nothing, the first or last of the steps."""

    at: str = ""
    steps: Steps = NO_STEPS
    which: Which = "first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Which steps are reviews that returned the work; a failed review (L17) exactly with a ground."""

    submitted: Steps
    reviewed: Steps
    returned_when: Steps
    grounds: tuple[str, ...]
    keep_due: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which columns say what; "" or None where the log has none."""

    item: str
    unit: Field
    officer: Field | None
    kind: Field
    product: Field | None
    standard_units: Field | None
    basis: Field
    title: Field | None
    due: str
    due_is_day: bool
    step: str
    step_at: str
    step_id: str
    step_officer: str
    step_unit: str
    lifecycle: str
    lifecycle_kept: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRules:
    """What counts as which fact."""

    assigned: Moment
    completed: Moment
    cancelled: Moment | None
    cancelled_reason: str
    submitted: Steps
    reassigned: Steps
    reviews: tuple[Review, ...]
    close_at_log_end: bool
    recorded_as_occurred: bool
    due_before_start: Literal["standard_term", "keep", "leave_out_item"]
    end_before_start: Literal["at_start", "leave_out_end", "leave_out_item"]
    keep_steps_after_end: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """The root of the tree, for an organization that is still empty."""

    unit_id: str
    name: str
    valid_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality:
    """The unit under which the log's units and officers appear."""

    unit_id: str
    name: str
    kind: str
    parent_id: str
    valid_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerRules:
    """Whom the names of the log stand for."""

    prefix: str
    category: str
    known: Mapping[str, str]
    others: Literal["register", "unit_work", "leave_out"]
    unit_work: frozenset[str]
    leave_out: frozenset[str]
    posts_until_due: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product of the catalogue (Decree 335/2025, Article 13); units in thousandths."""

    code: str
    name: str
    complexity_group: int
    standard_units: int
    standard_term_hours: int
    recurring: bool
    valid_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMapping:
    """A whole mapping."""

    source: str
    csv: CsvFormat
    nulls: frozenset[str]
    zone: str
    time_formats: tuple[str, ...]
    columns: Columns
    facts: FactRules
    city: City | None
    municipality: Municipality
    unit_prefix: str
    officers: OfficerRules
    products: Mapping[str, Product]

    def column_names(self) -> tuple[str, ...]:
        """Every column that the mapping reads, each once, in a fixed order."""
        columns, facts = self.columns, self.facts
        fields = [columns.unit, columns.officer, columns.kind, columns.product]
        fields += [columns.standard_units, columns.basis, columns.title]
        moments = [facts.assigned, facts.completed, facts.cancelled]
        single = [columns.item, columns.due, columns.step, columns.step_at, columns.step_id]
        single += [columns.step_officer, columns.step_unit, columns.lifecycle]
        names = [name for each in fields if each for name in each.columns]
        names += [moment.at for moment in moments if moment]
        return tuple(dict.fromkeys(name for name in (*single, *names) if name))
