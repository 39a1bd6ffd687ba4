"""What came of an import: what was made, and what was left out or read with a grain of salt, each with its places."""

from bisect import insort
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

PLACES_SHOWN = 5


class Reason(Enum):
    """Why something was left out, or what was odd about something that was taken."""

    BROKEN_LINE = "broken line"
    WRONG_ENCODING = "wrong encoding"
    ROW_WITHOUT_ITEM = "row without item"
    OTHER_TRANSITION = "row of another life-cycle transition, not read as a step"
    STEP_WITHOUT_TIME = "step without a time"
    UNPARSABLE_TIME = "time that cannot be read"
    ITEM_WITHOUT_START = "item without a start"
    ITEM_WITHOUT_UNIT = "item without a unit, held by the municipality"
    ITEM_WITHOUT_OFFICER = "item without an officer, held by its unit"
    ITEM_WITHOUT_DUE = "item without a due time, given the product's standard term"
    UNIT_WORK = "item of an account that stands for its unit"
    LEFT_OUT_OFFICER = "item of an officer whom the mapping leaves out"
    LEFT_OUT_STEP = "step of an officer whom the mapping leaves out"
    UNKNOWN_OFFICER = "unknown officer"
    UNKNOWN_VALUE = "value that the mapping does not know"
    ROWS_DISAGREE = "rows of one item disagree, the first was taken"
    DUE_BEFORE_START = "deadline before the start"
    DUE_BEFORE_FIRST_STEP = "deadline before the first step"
    END_BEFORE_START = "end before the start"
    END_BEFORE_FIRST_STEP = "end before the first step"
    STEP_BEFORE_START = "step before the start"
    STEP_AFTER_END = "step after the decision"
    REVIEW_AFTER_DUE = "review that returned the work after its deadline, no new one in the log"
    RETURN_WITHOUT_REVIEW = "rework without a review before it"
    UNDECIDED_CLOSED = "undecided when the log ends, closed with it"
    UNDECIDED_OPEN = "undecided when the log ends, left open"
    AMBIGUOUS_TIME = "local time that came twice (clock put back), the first was taken"
    SKIPPED_TIME = "local time that never was (clock put forward), read as one hour later"
    SEEN_BEFORE_MUNICIPALITY = "officer seen before the municipality's first day, post begins with it"


LEFT_OUT = frozenset(
    {
        Reason.BROKEN_LINE,
        Reason.WRONG_ENCODING,
        Reason.ROW_WITHOUT_ITEM,
        Reason.OTHER_TRANSITION,
        Reason.STEP_WITHOUT_TIME,
        Reason.UNPARSABLE_TIME,
        Reason.ITEM_WITHOUT_START,
        Reason.LEFT_OUT_OFFICER,
        Reason.LEFT_OUT_STEP,
        Reason.STEP_BEFORE_START,
        Reason.STEP_AFTER_END,
        Reason.REVIEW_AFTER_DUE,
        Reason.RETURN_WITHOUT_REVIEW,
    }
)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of the file, from 1, and what is there."""

    line: int
    detail: str = ""

    def __str__(self) -> str:
        return f"line {self.line} ({self.detail})" if self.detail else f"line {self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddity:
    """One thing that was left out or noted, as it is found; `treatment` says what was done when that is a choice."""

    reason: Reason
    line: int
    detail: str = ""
    treatment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """All of one reason: how many, and the first few places."""

    reason: Reason
    treatment: str
    count: int
    places: tuple[Place, ...]

    @property
    def left_out(self) -> bool:
        """Whether it means that something of the log is not in the facts."""
        return self.treatment.startswith("left out") if self.treatment else self.reason in LEFT_OUT

    def __str__(self) -> str:
        treated = f", {self.treatment}" if self.treatment else ""
        more = ", …" if self.count > len(self.places) else ""
        return f"{self.count:,} × {self.reason.value}{treated}: {', '.join(map(str, self.places))}{more}"


@dataclass(slots=True)
class Tally:
    """Counts oddities and keeps the first few places of each reason, whatever order they come in."""

    counts: Counter[tuple[Reason, str]] = field(default_factory=Counter)
    places: dict[tuple[Reason, str], list[Place]] = field(default_factory=dict)

    def add(self, oddity: Oddity) -> None:
        """Counts one."""
        key = (oddity.reason, oddity.treatment)
        self.counts[key] += 1
        kept = self.places.setdefault(key, [])
        if len(kept) < PLACES_SHOWN or oddity.line < kept[-1].line:
            insort(kept, Place(oddity.line, oddity.detail))
            del kept[PLACES_SHOWN:]

    def findings(self) -> tuple[Finding, ...]:
        """All reasons, in the order in which Reason lists them."""
        order = list(Reason)
        keys = sorted(self.counts, key=lambda key: (order.index(key[0]), key[1]))
        return tuple(
            Finding(reason=key[0], treatment=key[1], count=self.counts[key], places=tuple(self.places[key]))
            for key in keys
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An event that the intake refused; `line` is the place in the file that it was made of."""

    line: int
    work_id: str
    fact: str
    field: str
    reason: str

    def __str__(self) -> str:
        named = f" ({self.field})" if self.field else ""
        return f"line {self.line}, {self.work_id}, {self.fact}: {self.reason}{named}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What came of one import. What follows `findings` is 0 in a dry run, which writes nothing.

    `officers` and `units` are those registered (the municipality itself is one of the units); `names` are all that the
    log calls somebody: `doers` did a step, `holders` answer for an item. `changed` are units, officers and products
    that were new or different to the city; `refusals` are the first thousand of the refused.
    """

    file: Path
    source: str
    dry_run: bool
    rows: int
    items: int
    units: int
    officers: int
    names: int
    doers: int
    holders: int
    facts: Counter[str]
    findings: Sequence[Finding]
    changed: int = 0
    accepted: int = 0
    repeated: int = 0
    refused: int = 0
    refusals: Sequence[Refusal] = ()

    def lines(self) -> Iterator[str]:
        """The report for people, line by line."""
        yield f"{self.file.name} as {self.source}" + (" (dry run: nothing is written)" if self.dry_run else "")
        yield f"{self.rows:,} rows, {self.items:,} items, {self.units:,} units"
        yield (
            f"{self.officers:,} officers registered, of {self.names:,} names in the log: "
            f"{self.doers:,} did a step, {self.holders:,} answer for an item"
        )
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(self.facts.items()))
        yield f"{self.facts.total():,} facts" + (f": {kinds}" if kinds else "")
        for title, left_out in (("Left out:", True), ("Taken, but noted:", False)):
            found = [str(finding) for finding in self.findings if finding.left_out is left_out]
            yield from (title, *(f"  {line}" for line in found)) if found else ()
        if not self.dry_run:
            yield from self._intake_lines()

    def _intake_lines(self) -> Iterator[str]:
        yield f"{self.changed:,} units, officers and products new or changed"
        yield f"{self.accepted:,} facts accepted, {self.repeated:,} known already, {self.refused:,} refused"
        yield from (f"  refused: {refusal}" for refusal in self.refusals)
        if self.refused > len(self.refusals):
            yield f"  and {self.refused - len(self.refusals):,} more refused"
