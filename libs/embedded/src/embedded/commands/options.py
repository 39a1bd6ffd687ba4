"""Options that several verbs share."""

import os
from typing import Annotated

import typer

from embedded.home import Home, home_from
from embedded.render.language import Language

Period = Annotated[str, typer.Option(help="Month such as 2026-11; default: the current one.")]
Policy = Annotated[str, typer.Option(help="Policy by name (see `congvu policies`); default: the first.")]
Unit = Annotated[str, typer.Option(help="Unit id: the unit, its units and its officers.")]
Json = Annotated[bool, typer.Option("--json", help="Plain values for programs.")]
Best = Annotated[int, typer.Option(min=0, max=1000, help="Only so many officers, best first.")]
Words = Annotated[Language, typer.Option("--language", envvar="CONGVU_LANGUAGE", help="Language of the answer.")]


def this_home() -> Home:
    """The home that CONGVU_HOME names."""
    return home_from(os.environ)
