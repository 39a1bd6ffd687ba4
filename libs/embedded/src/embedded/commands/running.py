"""up, down, status: the city as processes."""

import os
from typing import Annotated

import typer
from rich.console import Console

from embedded.choosing import choose_log
from embedded.city import is_running, stop_city
from embedded.city_log import kafka_of
from embedded.commands.options import Json, this_home
from embedded.demo_city import ensure_demo, print_sign_ins
from embedded.errors import CityError
from embedded.foreground import started_city
from embedded.home import SERVICES, City, Home, read_city
from embedded.render.console import answers, notes
from embedded.render.plain import json_text
from embedded.render.starting import StageDisplay
from embedded.render.status import print_status
from embedded.session import local_doors
from embedded.status import read_status
from embedded.statusline import stay


def register(app: typer.Typer) -> None:
    """Adds the verbs."""
    app.command("up")(up)
    app.command("down")(down)
    app.command("status")(status)


def up(
    detach: Annotated[bool, typer.Option("--detach", help="Return when all is healthy.")] = False,
    empty: Annotated[bool, typer.Option("--empty", help="Load no demo city.")] = False,
) -> None:
    """Start the city. Without --detach it runs until Ctrl-C."""
    home = this_home()
    if is_running(home):
        choose_log(home, os.environ)
        print_addresses(answers(), home, read_city(home), "is running already")
        return
    try:
        with started_city(home, notes(), detach=detach) as city:
            _greet(home, city, empty=empty)
            if not detach:
                with local_doors(home) as doors:
                    stay(home, doors, notes())
    except KeyboardInterrupt:
        raise typer.Exit(130 if detach else 0) from None


def _greet(home: Home, city: City, *, empty: bool) -> None:
    demo = None if empty else ensure_demo(home, notes())
    print_addresses(answers(), home, city, "is up")
    if demo is not None:
        print_sign_ins(answers(), demo)


def print_addresses(console: Console, home: Home, city: City, state: str) -> None:
    """Where the city is and where its doors are."""
    console.print(f"The city at {home.root} {state}.")
    console.print(f"  the portal: http://{city.http_address('portal')}")
    console.print(f"  work over HTTP: http://{city.http_address('work')}")
    for service in SERVICES:
        console.print(f"  {service} over gRPC: {city.grpc_address(service)}")
    if log := kafka_of(home):
        console.print(f"  event log: {log}")


def down() -> None:
    """End the city and everything it started, also after a crash of its supervisor."""
    home = this_home()
    with StageDisplay(notes(), read_city(home).stages) as display:
        ended = stop_city(home, display.show)
    if ended:
        answers().print(f"The city at {home.root} is down ({', '.join(ended)} ended).")
    else:
        answers().print(f"The city at {home.root} was not running.")


def status(as_json: Json = False) -> None:
    """Processes, health, ports, memory, and how far evaluation has read."""
    home = this_home()
    found = read_status(home)
    if as_json:
        answers().out(json_text(found))
        raise typer.Exit(1 if found["state"] == "not running" else 0)
    if found["state"] == "not running" and not found["processes"]:
        raise CityError(f"The city at {home.root} is not running; start it with `congvu up`.")
    print_status(answers(), found)
