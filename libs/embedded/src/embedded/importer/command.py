"""`congvu import`: an event log of another system becomes units, officers and work events."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from embedded.doors import Progress
from embedded.importer.door import BATCH, ImportDoor, NoDoor
from embedded.importer.facts import Event
from embedded.importer.items import ItemReader
from embedded.importer.mapping_file import load_mapping
from embedded.importer.names import Names
from embedded.importer.people import Organization, People
from embedded.importer.reading import LogReader
from embedded.importer.report import ImportReport, Refusal, Tally
from embedded.importer.rules import FactMaker
from embedded.importer.spill import Spill, open_spill
from embedded.importer.times import TimeReader
from runtime.errors import Unavailable

REFUSALS_KEPT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Survey:
    """What the whole log comes to, before anything is written."""

    organization: Organization
    items: int
    names: tuple[int, int, int]
    facts: Counter[str]


@dataclass(slots=True)
class _Sent:
    """What the intake said to all batches together."""

    accepted: int = 0
    repeated: int = 0
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)


def import_log(
    *, file: Path, mapping: Path, dry_run: bool, door: ImportDoor, progress: Progress, now: datetime | None = None
) -> ImportReport:
    """Imports a log (CSV or XES, gzip'ed or not) as its mapping says; a dry run reports the same and writes nothing.

    The whole log is read before the first thing is written. A second import of the same log changes nothing. `now` is
    what `recorded_at: now` means; by default the clock. Raises InvalidInput for a wrong mapping or log, and whatever
    the door raises.
    """
    rules = load_mapping(mapping)
    times = TimeReader(zone=rules.zone, formats=rules.time_formats)
    names, tally = Names(rules), Tally()
    with open_spill() as spill:
        reader = LogReader(mapping=rules, times=times, tally=tally)
        reader.read(file, spill, progress)
        maker = FactMaker(mapping=rules, names=names, log_end=reader.log_end, now=now or datetime.now(UTC))
        source = _Source(spill=spill, reader=ItemReader(rules, times), maker=maker)
        survey = _survey(source, People(rules, names), tally)
        report = ImportReport(
            file=file,
            source=rules.source,
            dry_run=dry_run,
            rows=reader.rows,
            items=survey.items,
            units=len(survey.organization.units),
            officers=len(survey.organization.officers),
            names=survey.names[0],
            doers=survey.names[1],
            holders=survey.names[2],
            facts=survey.facts,
            findings=tally.findings(),
        )
        return report if dry_run else _write(report, survey, source, door, progress)


def run_import(
    *,
    file: Path,
    mapping: Path,
    dry_run: bool,
    open_door: Callable[[], AbstractContextManager[ImportDoor]],
    progress: Progress,
    show: Callable[[str], None],
) -> bool:
    """What the command line does: imports and shows the report. False when the intake refused anything.

    A dry run opens no door, so that it needs no running city.
    """
    opened: AbstractContextManager[ImportDoor] = nullcontext(NoDoor()) if dry_run else open_door()
    with opened as door:
        report = import_log(file=file, mapping=mapping, dry_run=dry_run, door=door, progress=progress)
    for line in report.lines():
        show(line)
    return report.refused == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """The facts of the log, made anew each time: they need no room."""

    spill: Spill
    reader: ItemReader
    maker: FactMaker

    def events(self) -> Iterator[Event]:
        for rows in self.spill.items():
            item, _ = self.reader.read(rows)
            yield from self.maker.make(item).events if item else ()


def _survey(source: _Source, people: People, tally: Tally) -> _Survey:
    facts: Counter[str] = Counter()
    items = 0
    for rows in source.spill.items():
        item, oddities = source.reader.read(rows)
        made = source.maker.make(item) if item else None
        if item and made:
            people.add(item, made.spells)
            facts.update(event.kind for event in made.events)
            items += bool(made.events)
        for oddity in (*oddities, *(made.oddities if made else ())):
            tally.add(oddity)
    organization, oddities = people.organization()
    for oddity in oddities:
        tally.add(oddity)
    return _Survey(organization=organization, items=items, names=people.count(), facts=facts)


def _write(
    report: ImportReport, survey: _Survey, source: _Source, door: ImportDoor, progress: Progress
) -> ImportReport:
    changed = door.put_organization(survey.organization)
    sent = _Sent()
    events = source.events()
    with progress.stage("Recording facts", survey.facts.total()) as stage:
        while batch := list(islice(events, BATCH)):
            _send(batch, door, sent)
            stage.advance(len(batch))
    return replace(
        report,
        changed=changed,
        accepted=sent.accepted,
        repeated=sent.repeated,
        refused=sent.refused,
        refusals=tuple(sent.refusals),
    )


def _send(batch: list[Event], door: ImportDoor, sent: _Sent) -> None:
    try:
        outcome = door.record_events(batch)
    except Unavailable as error:
        done = sent.accepted + sent.repeated + sent.refused
        raise Unavailable(
            f"{error} The import stopped after {done:,} facts; run it again, what is recorded already is recognised."
        ) from error
    sent.accepted += outcome.accepted
    sent.repeated += outcome.repeated
    sent.refused += len(outcome.refused)
    for refused in outcome.refused[: REFUSALS_KEPT - len(sent.refusals)]:
        event = batch[refused.index]
        sent.refusals.append(
            Refusal(line=event.line, work_id=event.work_id, fact=event.kind, field=refused.field, reason=refused.reason)
        )
