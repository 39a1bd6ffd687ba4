"""sign-in, sign-out: speak for an account; token: let a system outside speak."""

import os
import sys
from typing import Annotated

import typer

from embedded.commands.options import this_home
from embedded.doors import system_token
from embedded.errors import CityError
from embedded.render.console import answers
from embedded.session import sign_in, sign_out


def register(app: typer.Typer) -> None:
    """Adds the verbs."""
    app.command("sign-in")(sign_in_command)
    app.command("sign-out")(sign_out_command)
    app.command("token")(token_command)


def sign_in_command(username: Annotated[str, typer.Argument(help="Name of the account.")]) -> None:
    """Sign in; the password is asked for, or taken from CONGVU_PASSWORD."""
    password = os.environ.get("CONGVU_PASSWORD")
    if not password and not sys.stdin.isatty():
        raise CityError("There is no terminal to ask for the password; set CONGVU_PASSWORD.")
    password = password or typer.prompt("Password", hide_input=True, err=True)
    answer = sign_in(this_home(), username, password)
    who = f" as officer {answer.officer_id}" if answer.officer_id else ""
    answers().print(f"Signed in: {username}{who}. `congvu sign-out` returns to the local evaluator.")


def sign_out_command() -> None:
    """Sign out; commands then speak for the local evaluator and administrator again."""
    if sign_out(this_home()):
        answers().print("Signed out.")
    else:
        answers().print("Nobody was signed in.")


def token_command(
    system: Annotated[str, typer.Argument(help="Name of the system outside.")],
    days: Annotated[int, typer.Option(min=1, max=366, help="Days until it expires.")] = 1,
) -> None:
    """Print a token with which a system outside sends its work events; keep it secret."""
    typer.echo(system_token(this_home(), system, days=days))
