"""A municipality's permits through the shipped mapping, against a second reading of the file by csv and datetime alone.

The log: J.C.A.M. Buijs, 4TU.ResearchData, doi:10.4121/uuid:a07386a5-7be3-4367-9535-70bc9e77dbe6.
"""

import csv
import os
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from embedded.importer.command import import_log
from embedded.importer.door import Outcome
from embedded.importer.facts import Assigned, Event, Returned
from embedded.importer.people import Organization
from embedded.importer.report import ImportReport, Reason
from testkit.parts import requires

ROOT = Path(__file__).parents[4]
LAST_STAMP = datetime(2012, 1, 23, 14, 42, 54, 644000, tzinfo=UTC)
Case = list[Mapping[str, str]]


@dataclass
class KeepingDoor:
    organizations: list[Organization] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def put_organization(self, organization: Organization) -> int:
        self.organizations.append(organization)
        return 0

    def record_events(self, events: Sequence[Event]) -> Outcome:
        self.events.extend(events)
        return Outcome(accepted=len(events), repeated=0)


class Silent:
    def advance(self, steps: int) -> None:
        pass

    @contextmanager
    def stage(self, name: str, total: int) -> Iterator["Silent"]:
        yield self


def bring_in(file: Path) -> tuple[ImportReport, KeepingDoor]:
    door = KeepingDoor()
    report = import_log(file=file, mapping=Path("municipal-permits"), dry_run=False, door=door, progress=Silent())
    return report, door


@pytest.fixture(scope="module")
def log() -> Path:
    named = os.environ.get("CONGVU_PERMITS_LOG")
    file = Path(named) if named else ROOT.parent / "shared" / "data" / "municipal-permits" / "receipt.csv"
    if not file.exists():
        requires("shared")
        pytest.skip("The permits log is not here; CONGVU_PERMITS_LOG may name it.")
    return file


@pytest.fixture(scope="module")
def imported(log: Path) -> tuple[ImportReport, KeepingDoor]:
    return bring_in(log)


@pytest.fixture(scope="module")
def cases(log: Path) -> dict[str, Case]:
    found: dict[str, Case] = {}
    with log.open(newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["case:concept:name"], []).append(row)
    return found


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def by_item(events: Sequence[Event], kind: str) -> dict[str, Event]:
    return {event.work_id.rpartition("/")[2]: event for event in events if event.kind == kind}


def test_every_dossier_becomes_an_item_of_whoever_answers_for_it(
    imported: tuple[ImportReport, KeepingDoor], cases: dict[str, Case]
) -> None:
    report, door = imported
    assert (report.rows, report.items, len(cases)) == (8577, 1434, 1434)
    assigned = by_item(door.events, "Assigned")
    for name, (row, *_) in cases.items():
        event = assigned[name]
        assert isinstance(event.fact, Assigned)
        assert event.occurred_at == instant(row["case:startdate"])
        assert event.fact.due_at == instant(row["case:deadline"])
        officer = row["case:responsible"]
        assert event.fact.officer_id == ("" if officer == "test" else f"WABO-O-{officer}")
        assert event.fact.unit_id == "WABO-" + (row["case:group"] or row["case:department"]).replace(" ", "-")
        assert (event.fact.kind, event.fact.standard_units) == ("DOSSIER", 1000)


def test_every_decision_is_a_completion_at_its_time_and_the_undecided_end_with_the_log(
    imported: tuple[ImportReport, KeepingDoor], cases: dict[str, Case]
) -> None:
    completed, cancelled = (by_item(imported[1].events, kind) for kind in ("Completed", "Cancelled"))
    assert (len(completed), len(cancelled)) == (1329, 105)
    late = 0
    for name, (row, *_) in cases.items():
        if not row["case:enddate"]:
            assert cancelled[name].occurred_at == LAST_STAMP
            continue
        # Two decisions carry a time before the acceptance of the same day.
        decided = max(instant(row["case:enddate"]), instant(row["case:startdate"]))
        assert completed[name].occurred_at == decided
        late += decided > instant(row["case:deadline"])
    assert late == 377


def test_a_return_is_a_check_before_an_adjustment_in_time_and_fails_nobody(
    imported: tuple[ImportReport, KeepingDoor], cases: dict[str, Case]
) -> None:
    returned = [event for event in imported[1].events if isinstance(event.fact, Returned)]
    assert len(returned) == 50
    for event in returned:
        rows = cases[event.work_id.rpartition("/")[2]]
        due = instant(rows[0]["case:deadline"])
        assert isinstance(event.fact, Returned)
        assert event.occurred_at <= due == event.fact.due_at
        assert not event.fact.grounds
        adjusted = [instant(row["time:timestamp"]) for row in rows if " Adjust " in row["concept:name"]]
        assert any(event.occurred_at < moment for moment in adjusted)


def test_returned_work_is_complete_only_when_it_is_handed_in_again(
    imported: tuple[ImportReport, KeepingDoor],
) -> None:
    facts: dict[str, list[Event]] = {}
    for event in imported[1].events:
        facts.setdefault(event.work_id, []).append(event)
    for events in facts.values():
        kinds = [event.kind for event in events]
        assert kinds[0] == "Assigned"
        assert kinds[-1] in ("Completed", "Cancelled")
        assert [event.occurred_at for event in events] == sorted(event.occurred_at for event in events)
        for place, kind in enumerate(kinds):
            if kind == "Returned":
                assert kinds[place - 1] == "Submitted"
        if "Returned" in kinds and kinds[-1] == "Completed":
            assert kinds[-2] == "Submitted"
            assert events[-2].occurred_at == events[-1].occurred_at


def test_officers_are_those_who_did_a_step_or_answer_for_a_dossier_but_for_test_accounts(
    imported: tuple[ImportReport, KeepingDoor], cases: dict[str, Case]
) -> None:
    report, door = imported
    doers = {row["org:resource"] for rows in cases.values() for row in rows}
    holders = {rows[0]["case:responsible"] for rows in cases.values()}
    assert (report.doers, report.holders) == (len(doers), len(holders)) == (48, 39)
    officers = door.organizations[0].officers
    assert {officer.full_name for officer in officers} == (doers | holders) - {"test", "TEST"}
    assert len(officers) == report.officers == 51
    units = {unit.unit_id for unit in door.organizations[0].units}
    assert {officer.unit_id for officer in officers} <= units
    assert all(officer.valid_from < officer.valid_to for officer in officers)


def test_the_report_counts_every_oddity_of_the_log(
    imported: tuple[ImportReport, KeepingDoor], cases: dict[str, Case]
) -> None:
    counted: Counter[Reason] = Counter()
    for rows in cases.values():
        row = rows[0]
        stamps = sorted(instant(each["time:timestamp"]) for each in rows)
        start, due = instant(row["case:startdate"]), instant(row["case:deadline"])
        end = instant(row["case:enddate"]) if row["case:enddate"] else None
        decided = max(start, end) if end else LAST_STAMP
        counted[Reason.UNDECIDED_CLOSED] += end is None
        counted[Reason.DUE_BEFORE_FIRST_STEP] += due < stamps[0]
        counted[Reason.END_BEFORE_FIRST_STEP] += end is not None and end < stamps[0]
        counted[Reason.END_BEFORE_START] += end is not None and end < start
        counted[Reason.STEP_BEFORE_START] += sum(stamp < start for stamp in stamps)
        counted[Reason.STEP_AFTER_END] += sum(stamp > decided for stamp in stamps)
        counted[Reason.UNIT_WORK] += row["case:responsible"] == "test"
    found = {finding.reason: finding.count for finding in imported[0].findings}
    assert found.pop(Reason.REVIEW_AFTER_DUE) == 9
    assert found == dict(counted)


def test_shuffled_the_log_is_the_same(log: Path, imported: tuple[ImportReport, KeepingDoor], tmp_path: Path) -> None:
    header, *rows = log.read_text().splitlines()
    random.Random(1).shuffle(rows)
    (tmp_path / "shuffled.csv").write_text("\n".join((header, *rows)))
    report, door = bring_in(tmp_path / "shuffled.csv")
    assert [(each.event_id, each.fact) for each in door.events] == [
        (each.event_id, each.fact) for each in imported[1].events
    ]
    assert door.organizations == imported[1].organizations
    assert report.facts == imported[0].facts
