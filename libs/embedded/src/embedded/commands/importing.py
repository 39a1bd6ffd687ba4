"""import: an event log of another system."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from embedded.commands.options import this_home
from embedded.render.console import answers, notes
from embedded.render.progress import ConsoleProgress
from embedded.session import caller_doors

if TYPE_CHECKING:
    from embedded.importer.door import ImportDoor


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command("import")(import_command)


def import_command(
    file: Annotated[Path, typer.Argument(help="Event log as CSV or XES, gzip'ed or not.")],
    mapping: Annotated[Path, typer.Option(help="YAML file that says what the log means.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be imported and change nothing.")] = False,
) -> None:
    """Import the event log of another system; a second import of the same log changes nothing."""
    from embedded.importer.command import import_log  # readers of logs and mappings, and only this verb needs them

    progress = ConsoleProgress(notes())
    with _open_door(dry_run) as door:
        report = import_log(file=file, mapping=mapping, dry_run=dry_run, door=door, progress=progress)
    for line in report.lines():
        answers().print(line)
    raise typer.Exit(1 if report.refused else 0)


@contextmanager
def _open_door(dry_run: bool) -> Iterator["ImportDoor"]:
    """The city's door; for a dry run none, so that it needs no running city."""
    from embedded.importer.door import GrpcDoor, NoDoor

    if dry_run:
        yield NoDoor()
        return
    with caller_doors(this_home()) as doors:
        yield GrpcDoor(organization=doors.organization, work=doors.work)
