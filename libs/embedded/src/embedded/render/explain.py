"""A scorecard taken apart: from items to measures to points."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from rich.console import Console
from rich.table import Table
from rich.text import Text

from congvu.evaluation.v1 import resources_pb2, service_pb2
from embedded.render.language import Language, word
from embedded.render.numbers import decimal_text, fraction_text, instant_text, points_text, to_fraction
from embedded.render.scores import band_text, caption, empty_table, general_text, reason_of

# Counted in pieces; everything else is in thousandths of a standard unit, of a rating or of an initiative.
COUNTED = ("_items", "ratings", "rating_stars")


def print_explanation(
    console: Console, answer: service_pb2.ExplainScorecardResponse, language: Language, *, evidence: bool
) -> None:
    """Items with what they add, their total, and the arithmetic from measures to points."""
    card = answer.scorecard
    console.print(Text(f"{card.name} ({card.subject_id}), {card.unit_name or card.unit_id}", "bold"))
    console.print(caption(card, language), style="dim")
    console.print()
    if answer.contributions:
        console.print(items_table(answer.contributions, language, evidence=evidence))
        console.print(check_line(answer, language), style="dim")
    else:
        console.print(word("no_items", language))
    console.print()
    if card.now.indicators:
        console.print(indicators_table(card.now.indicators, language))
        console.print(word("thousandths", language), style="dim")
    for line in result_lines(card, language):
        console.print(line)


def items_table(contributions: Iterable[resources_pb2.Contribution], language: Language, *, evidence: bool) -> Table:
    """One row for each item; the last row is the sum of all."""
    contributions = list(contributions)
    table = empty_table()
    table.show_footer = True
    table.add_column(word("item", language), footer=word("total", language), overflow="fold", min_width=10)
    table.add_column(word("title", language), ratio=2)
    table.add_column(word("adds", language), footer=measures_text(total_of(contributions), language), ratio=3)
    for each in contributions:
        name = f"{each.work_id} ({word('request', language)})" if each.request else each.work_id
        table.add_row(name, _title(each, evidence), measures_text(each.measures, language))
    return table


def total_of(contributions: Iterable[resources_pb2.Contribution]) -> dict[str, int]:
    """The sums of the contributions, by measure name with its class in front: "work_done", "request_due_items"."""
    total: dict[str, int] = {}
    for each in contributions:
        for name, value in each.measures.items():
            key = f"{'request' if each.request else 'work'}_{name}"
            total[key] = total.get(key, 0) + value
    return {name: value for name, value in total.items() if value}


def unexplained(answer: service_pb2.ExplainScorecardResponse) -> dict[str, int]:
    """What the scorecard's measures have beyond the sum of the contributions; empty when they add up."""
    measures = {name: value for name, value in answer.scorecard.measures.items() if not name.startswith("all_")}
    total = total_of(answer.contributions)
    names = sorted(measures.keys() | total.keys())
    return {name: rest for name in names if (rest := measures.get(name, 0) - total.get(name, 0))}


def check_line(answer: service_pb2.ExplainScorecardResponse, language: Language) -> str:
    """Says whether the items add up to the measures of the score."""
    rest = unexplained(answer)
    if not rest:
        return word("adds_up", language).format(items=len(answer.contributions))
    return word("adds_not_up", language).format(rest=measures_text(rest, language))


def measures_text(measures: Mapping[str, int], language: Language) -> str:
    """ "done 1.5, missed_items 1": units with their decimals, counts as they are."""
    return ", ".join(f"{name} {_amount(name, value, language)}" for name, value in sorted(measures.items())) or "–"


def _amount(name: str, value: int, language: Language) -> str:
    if name.endswith(COUNTED):
        return str(value)
    exact = Fraction(value, 1000)
    return str(exact) if exact.denominator == 1 else decimal_text(exact, 3, language)


def _title(contribution: resources_pb2.Contribution, evidence: bool) -> str:
    if not evidence:
        return contribution.title
    facts = [
        f"  {each.revision}. {each.fact} {instant_text(each.occurred_at)}{_due(each)}" for each in contribution.evidence
    ]
    return "\n".join([contribution.title, *facts])


def _due(evidence: resources_pb2.Evidence) -> str:
    return f" → {instant_text(evidence.due_at)}" if evidence.due_at.seconds else ""


def indicators_table(indicators: Iterable[resources_pb2.Indicator], language: Language) -> Table:
    """One row for each indicator, with the expressions of the policy and their values."""
    table = empty_table()
    for key in ("indicator", "numerator", "denominator", "ratio"):
        table.add_column(word(key, language))
    for key in ("weight", "points"):
        table.add_column(word(key, language), justify="right")
    for each in indicators:
        table.add_row(*_indicator_cells(each, language))
    return table


def _indicator_cells(each: resources_pb2.Indicator, language: Language) -> list[str]:
    ratio = to_fraction(each.ratio) if each.HasField("ratio") else None
    return [
        f"{each.indicator_id}: {each.name_en if language is Language.EN else each.name_vi}",
        f"{each.numerator_expression} = {each.numerator}",
        f"{each.denominator_expression} = {each.denominator}",
        "–" if ratio is None else fraction_text(ratio, language),
        str(each.weight),
        "–" if ratio is None else decimal_text(ratio * each.weight, 4, language),
    ]


def result_lines(card: resources_pb2.Scorecard, language: Language) -> list[Text]:
    """From the indicators to the points and the band; why, where a rule decided."""
    result = card.now
    lines = []
    if result.HasField("result_points"):
        lines.append(_line("result", points_text(result.result_points, language), language))
        lines.append(_line("general", general_text(card, language), language))
    if result.HasField("exact_points"):
        lines.append(_line("exact", fraction_text(to_fraction(result.exact_points), language), language))
    if result.HasField("points"):
        lines.append(_line("points", points_text(result.points, language), language))
    lines.append(Text.assemble(f"{word('band', language)}: ", band_text(result, language)))
    if result.reason:
        lines.append(_line("because", reason_of(result, language), language))
    return lines


def _line(key: str, value: str, language: Language) -> Text:
    return Text(f"{word(key, language)}: {value}")
