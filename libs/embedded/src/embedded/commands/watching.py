"""watch: scores as they move."""

import time
from collections.abc import Iterator

import grpc
import typer
from rich.console import Console
from rich.live import Live

from congvu.evaluation.v1 import resources_pb2, service_pb2
from embedded.commands.options import Period, Policy, Unit, Words, this_home
from embedded.doors import Doors, require_running
from embedded.home import Home
from embedded.queries import Question, check_period, list_scorecards
from embedded.render.board import Board, change_line
from embedded.render.console import answers
from embedded.render.language import Language
from embedded.session import caller_doors
from runtime.errors import Unavailable

DAY_SECONDS = 86_400.0
PAUSE_SECONDS = 1.0


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command("watch")(watch)


def watch(unit: Unit = "", period: Period = "", policy: Policy = "", language: Words = Language.VI) -> None:
    """Scores as they move, until Ctrl-C: a live table in a terminal, a line for each change otherwise."""
    home = this_home()
    question = Question(unit_id=unit, period=check_period(period), policy=policy)
    console = answers()
    board = Board(language)
    try:
        if console.is_terminal:
            with Live(console=console, screen=True, get_renderable=lambda: board.table(console), refresh_per_second=4):
                for card in changes(home, question, board):
                    board.take(card)
        else:
            _print_changes(console, home, question, board, language)
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _print_changes(console: Console, home: Home, question: Question, board: Board, language: Language) -> None:
    for card in changes(home, question, board):
        moved = board.take(card)
        if moved is not None:
            console.print(change_line(card, moved, language))


def changes(home: Home, question: Question, board: Board) -> Iterator[resources_pb2.Scorecard]:
    """The scorecards of the question, then each as it moves; begins anew when evaluation restarts."""
    while True:
        try:
            with caller_doors(home) as doors:
                yield from _snapshot_and_stream(doors, question)
        except (Unavailable, grpc.RpcError):
            board.note = "evaluation does not answer; trying again …"
        require_running(home)
        time.sleep(PAUSE_SECONDS)


def _snapshot_and_stream(doors: Doors, question: Question) -> Iterator[resources_pb2.Scorecard]:
    # The stream first: what moves while the snapshot is read is then seen twice, not never.
    request = service_pb2.WatchScorecardsRequest(
        unit_id=question.unit_id, period=question.period, policy=question.policy
    )
    stream = doors.evaluation.WatchScorecards(request, timeout=DAY_SECONDS)
    yield from list_scorecards(doors.evaluation, question)
    for answer in stream:
        yield answer.scorecard
