"""scores, explain, policies: read what evaluation knows."""

from typing import Annotated

import typer
from rich.console import Console

from congvu.evaluation.v1 import resources_pb2, service_pb2
from embedded.commands.options import Best, Json, Period, Policy, Unit, Words, this_home
from embedded.errors import CityError
from embedded.queries import Question, check_period, list_best, list_scorecards
from embedded.render.console import answers
from embedded.render.explain import print_explanation
from embedded.render.language import Language
from embedded.render.plain import json_text, plain
from embedded.render.scores import caption, empty_table, scores_table
from embedded.session import caller_doors

Officer = Annotated[str, typer.Option(help="Officer id: only this officer.")]
Subject = Annotated[str, typer.Argument(help="Officer id or unit id.")]


def register(app: typer.Typer) -> None:
    """Adds the verbs."""
    app.command("scores")(scores)
    app.command("explain")(explain)
    app.command("policies")(policies)


def scores(
    unit: Unit = "",
    officer: Officer = "",
    period: Period = "",
    policy: Policy = "",
    best: Best = 0,
    as_json: Json = False,
    language: Words = Language.VI,
) -> None:
    """Scores of officers and units; with --best the best officers, best first."""
    question = Question(unit_id=unit, subject_id=officer, period=period, policy=policy)
    with caller_doors(this_home()) as doors:
        cards = list(
            list_best(doors.evaluation, question, best) if best else list_scorecards(doors.evaluation, question)
        )
    if as_json:
        answers().out(json_text([plain(card) for card in cards]))
        return
    if not cards:
        raise CityError(_nothing_found(question))
    print_scores(answers(), cards, language)


def print_scores(console: Console, cards: list[resources_pb2.Scorecard], language: Language) -> None:
    """The table with its month, policy and instant."""
    console.print(caption(cards[0], language), style="dim")
    console.print(scores_table(cards, language, terminal=console.is_terminal))


def explain(
    subject: Subject,
    period: Period = "",
    policy: Policy = "",
    evidence: Annotated[bool, typer.Option("--evidence", help="Every fact of every item.")] = False,
    as_json: Json = False,
    language: Words = Language.VI,
) -> None:
    """A score taken apart: items, their sum, and the arithmetic from the sum to the points."""
    request = service_pb2.ExplainScorecardRequest(subject_id=subject, period=check_period(period), policy=policy)
    with caller_doors(this_home()) as doors:
        answer = doors.evaluation.ExplainScorecard(request)
    if as_json:
        answers().out(json_text(plain(answer)))
        return
    print_explanation(answers(), answer, language, evidence=evidence)


def policies(as_json: Json = False, language: Words = Language.VI) -> None:
    """The policies that scores are computed by."""
    with caller_doors(this_home()) as doors:
        found = doors.evaluation.ListPolicies(service_pb2.ListPoliciesRequest()).policies
    if as_json:
        answers().out(json_text([plain(policy) for policy in found]))
        return
    table = empty_table()
    for name in ("Policy", "Version", "Title", "Law", "From", "To"):
        table.add_column(name)
    for each in found:
        title = each.title_en if language is Language.EN else each.title_vi
        table.add_row(each.name, each.version, title, each.legal_reference, each.valid_from, each.valid_to or "–")
    answers().print(table)


def _nothing_found(question: Question) -> str:
    who = question.subject_id or question.unit_id
    what = f"of {who} " if who else ""
    when = question.period or "the current month"
    return f"There are no scores {what}in {when} that you may see; check the id, the month and who signed in."
