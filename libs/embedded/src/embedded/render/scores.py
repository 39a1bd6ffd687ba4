"""Scorecards as a table."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from rich import box
from rich.console import OverflowMethod
from rich.table import Table
from rich.text import Text

from congvu.evaluation.v1 import resources_pb2
from embedded.render.language import Language, band_name, word
from embedded.render.numbers import decimal_text, instant_text, points_text, result_points_text

BAND_STYLES = {
    resources_pb2.BAND_NOT_COMPLETED: "red",
    resources_pb2.BAND_COMPLETED: "yellow",
    resources_pb2.BAND_GOOD: "green",
    resources_pb2.BAND_EXCELLENT: "bold green",
}


def empty_table() -> Table:
    """A table that also reads well without a terminal."""
    return Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)


def scores_table(scorecards: Iterable[resources_pb2.Scorecard], language: Language, *, terminal: bool) -> Table:
    """One row for each officer and unit; without a terminal every row stays on one line."""
    table = empty_table()
    add_score_columns(table, language, no_wrap=not terminal)
    for card in scorecards:
        table.add_row(*score_cells(card, language))
    return table


def score_cells(card: resources_pb2.Scorecard, language: Language) -> list[Text | str]:
    """The cells of one scorecard's row."""
    return [
        f"{card.name} ({card.subject_id})" if card.name else card.subject_id,
        card.unit_name or card.unit_id,
        result_points_text(card.now, language),
        band_text(card.now, language),
        points_text(card.now.result_points, language) if card.now.HasField("result_points") else "–",
        result_points_text(card.if_nothing_more, language),
        str(overdue_items(card.measures)),
        str(measure_of(card.measures, "pending_items")),
    ]


def add_score_columns(
    table: Table, language: Language, *, no_wrap: bool = False, text_width: int | None = None
) -> None:
    """The columns of `score_cells`; only texts fold or are cut (at `text_width`), never a number."""
    # Where there is room for more lines the name folds rather than lose the id at its end.
    folds: OverflowMethod = "fold" if text_width is None else "ellipsis"
    width = 7 if text_width is None else None
    table.add_column(word("name", language), no_wrap=no_wrap, min_width=width, max_width=text_width, overflow=folds)
    table.add_column(word("unit", language), no_wrap=no_wrap, max_width=text_width)
    _add_number(table, "points", language)
    table.add_column(word("band", language), no_wrap=no_wrap, max_width=text_width)
    for key in ("result", "nothing_more", "overdue", "pending"):
        _add_number(table, key, language)


def _add_number(table: Table, key: str, language: Language) -> None:
    # Broken by hand, for a column that may fold its heading may cut its numbers as well.
    words = word(key, language).split()
    middle = (len(words) + 1) // 2
    heading = "\n".join(filter(None, (" ".join(words[:middle]), " ".join(words[middle:]))))
    table.add_column(heading, justify="right", no_wrap=True, min_width=6)


def band_text(result: resources_pb2.Result, language: Language) -> Text:
    """The band; the reason where there are no points."""
    if result.band == resources_pb2.BAND_UNSPECIFIED:
        return Text(reason_of(result, language) or "–", "dim")
    return Text(band_name(result.band, language), BAND_STYLES[result.band])


def reason_of(result: resources_pb2.Result, language: Language) -> str:
    """Why there are no points, or which rule set the band."""
    return result.reason if language is Language.VI else result.reason_en


def measure_of(measures: Mapping[str, int], name: str) -> int:
    """A measure of both classes together, work and request."""
    return measures.get(f"work_{name}", 0) + measures.get(f"request_{name}", 0)


def overdue_items(measures: Mapping[str, int]) -> int:
    """Items that missed their due time in the month, and those carried in from earlier months."""
    return measure_of(measures, "missed_items") + measure_of(measures, "carried_items")


def caption(card: resources_pb2.Scorecard, language: Language) -> str:
    """Month, policy with its law, and the instant up to which everything is counted."""
    state = word("open_month" if card.open else "final", language)
    parts = [
        f"{word('period', language)} {card.period} ({state})",
        f"{word('policy', language)} {card.policy} {card.policy_version}, {card.legal_reference}",
        f"{word('as_of', language)} {instant_text(card.as_of)}",
    ]
    return " · ".join(parts)


def general_text(card: resources_pb2.Scorecard, language: Language) -> str:
    """The points of the general criteria, and whether anyone confirmed them."""
    if not card.HasField("general_points"):
        return "–"
    points = decimal_text(Fraction(card.general_points, 1000), 2, language)
    return points if card.general_confirmed else f"{points} ({word('self_scored', language)})"
