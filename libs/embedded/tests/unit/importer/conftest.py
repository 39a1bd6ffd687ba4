"""Small logs, mappings that fit them, and a door that only remembers."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from embedded.importer.command import import_log
from embedded.importer.door import Outcome, Refused
from embedded.importer.facts import Event
from embedded.importer.people import Organization
from embedded.importer.report import Finding, ImportReport, Reason

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HEADER = "item,officer,unit,due,start,end,step,at,by"
MAPPING: Mapping[str, Any] = {
    "source": "small",
    "nulls": ["EMPTY"],
    "time": {"zone": "Europe/Amsterdam"},
    "columns": {
        "item": "item",
        "officer": "officer",
        "unit": "unit",
        "kind": {"value": "DOSSIER"},
        "product": {"value": "permit"},
        "due": "due",
        "step": "step",
        "step_at": "at",
        "step_officer": "by",
    },
    "facts": {
        "assigned": {"at": "start"},
        "completed": {"at": "end"},
        "undecided": "close_at_log_end",
        "recorded_at": "as_occurred",
    },
    "organization": {
        "municipality": {
            "id": "TOWN",
            "name": "Town",
            "kind": "COMMUNE",
            "parent": "HUE",
            "valid_from": "2025-01-01",
        },
        "units": {"prefix": "TOWN-"},
        "officers": {"prefix": "TOWN-O-"},
    },
    "products": [
        {
            "code": "permit",
            "name": "Permit",
            "complexity_group": 1,
            "standard_units": 1000,
            "standard_term_hours": 40,
            "valid_from": "2025-01-01",
        }
    ],
}


@dataclass
class RememberingDoor:
    """Knows an event again by its id, as the intake does; refuses the facts named."""

    refuses: str = ""
    organizations: list[Organization] = field(default_factory=list)
    events: dict[str, Event] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)

    def put_organization(self, organization: Organization) -> int:
        known = self.organizations[-1:] == [organization]
        self.organizations.append(organization)
        return 0 if known else len(organization.units) + len(organization.officers) + len(organization.products)

    def record_events(self, events: Sequence[Event]) -> Outcome:
        self.batches.append(len(events))
        refused = [
            Refused(index=index, field="due_at", reason="due_at has passed")
            for index, event in enumerate(events)
            if event.kind == self.refuses
        ]
        taken = [event for event in events if event.kind != self.refuses]
        new = [event for event in taken if event.event_id not in self.events]
        self.events.update({event.event_id: event for event in new})
        return Outcome(accepted=len(new), repeated=len(taken) - len(new), refused=refused)


class CountingStage:
    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0

    def advance(self, steps: int) -> None:
        self.done += steps


class CountingProgress:
    """Keeps every stage with how far it came."""

    def __init__(self) -> None:
        self.stages: list[CountingStage] = []

    @contextmanager
    def stage(self, name: str, total: int) -> Iterator[CountingStage]:
        self.stages.append(CountingStage(total))
        yield self.stages[-1]


@dataclass(frozen=True)
class Imported:
    report: ImportReport
    door: RememberingDoor
    progress: CountingProgress

    @property
    def events(self) -> list[Event]:
        return list(self.door.events.values())

    def facts_of(self, item: str) -> list[tuple[str, datetime]]:
        """Kind and time of each fact of an item."""
        found = [event for event in self.events if event.work_id == f"import/small/{item}"]
        return [(event.kind, event.occurred_at) for event in found]

    def finding(self, reason: Reason) -> Finding:
        return next(finding for finding in self.report.findings if finding.reason is reason)

    def reasons(self) -> set[Reason]:
        return {finding.reason for finding in self.report.findings}


@dataclass(frozen=True)
class Importing:
    """Writes a log and a mapping, and imports."""

    folder: Path

    def mapping(self, changes: Mapping[str, Any]) -> Path:
        value = copy.deepcopy(dict(MAPPING))
        for path, change in changes.items():
            *way, last = path.split(".")
            inner: Any = value
            for key in way:
                inner = inner.setdefault(key, {})
            if change is None:
                inner.pop(last, None)
            else:
                inner[last] = change
        file = self.folder / "mapping.yaml"
        file.write_text(yaml.safe_dump(value, allow_unicode=True), encoding="utf-8")
        return file

    def __call__(
        self,
        log: str | bytes,
        *,
        name: str = "log.csv",
        changes: Mapping[str, Any] | None = None,
        door: RememberingDoor | None = None,
        dry_run: bool = False,
    ) -> Imported:
        file = self.folder / name
        file.write_bytes(log.encode() if isinstance(log, str) else log)
        door = door or RememberingDoor()
        progress = CountingProgress()
        report = import_log(
            file=file, mapping=self.mapping(changes or {}), dry_run=dry_run, door=door, progress=progress, now=NOW
        )
        return Imported(report, door, progress)


@pytest.fixture
def importing(tmp_path: Path) -> Importing:
    return Importing(tmp_path)


@pytest.fixture
def door() -> RememberingDoor:
    return RememberingDoor()


@pytest.fixture
def refusing_door() -> RememberingDoor:
    return RememberingDoor(refuses="Assigned")


@pytest.fixture
def lines() -> Callable[..., str]:
    """A CSV log of the usual columns out of its rows."""

    def join(*rows: str) -> str:
        return "\n".join((HEADER, *rows)) + "\n"

    return join
