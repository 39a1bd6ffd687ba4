"""import: an event log of another system."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command("import")(import_command)


def import_command(
    file: Annotated[Path, typer.Argument(help="CSV or XES file.")],
    mapping: Annotated[Path, typer.Option(help="YAML file that says what the columns mean.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be imported and change nothing.")] = False,
) -> None:
    """Import the event log of another system through a mapping."""
