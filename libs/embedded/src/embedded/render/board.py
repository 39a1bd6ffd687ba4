"""Scorecards that move: the table of `congvu watch`."""

import threading
import time
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table
from rich.text import Text

from congvu.evaluation.v1 import resources_pb2
from embedded.render.language import Language, band_name, word
from embedded.render.numbers import instant_text, points_text, result_points_text
from embedded.render.scores import add_score_columns, caption, empty_table, score_cells

FRESH_SECONDS = 5.0
# Lines around the rows: caption, heading of up to four lines, rule.
MARGIN = 7
# Columns of numbers, and the gaps.
NUMBERS = 56


@dataclass(slots=True)
class Row:
    """A scorecard and its last move: hundredths of a point, and when (monotonic seconds)."""

    card: resources_pb2.Scorecard
    moved: int = 0
    moved_at: float = field(default=-FRESH_SECONDS)


class Board:
    """Takes scorecards in any order and shows those that moved last first, as many as fit."""

    def __init__(self, language: Language) -> None:
        self.note = ""
        self._language = language
        self._rows: dict[tuple[str, str, str], Row] = {}
        self._lock = threading.Lock()

    def take(self, card: resources_pb2.Scorecard, now: float | None = None) -> int | None:
        """Keeps the card; returns by how many hundredths it moved; None when it is new here, older or the same."""
        key = (card.subject_id, card.period, card.policy)
        with self._lock:
            self.note = ""
            row = self._rows.get(key)
            if row is None:
                self._rows[key] = Row(card)
                return None
            if _instant(card) < _instant(row.card) or _shown(card) == _shown(row.card):
                return None
            moved = card.now.points - row.card.now.points
            self._rows[key] = Row(card, moved, time.monotonic() if now is None else now)
            return moved

    def ordered(self, limit: int) -> list[Row]:
        """The rows that moved last, then the others by unit and name."""
        with self._lock:
            rows = sorted(self._rows.values(), key=lambda row: (row.card.unit_id, row.card.name, row.card.subject_id))
        return sorted(rows, key=lambda row: -row.moved_at)[:limit]

    def table(self, console: Console, now: float | None = None) -> Table:
        """The table as it is now; a row that moved just now is marked."""
        rows = self.ordered(max(1, console.height - MARGIN))
        now = time.monotonic() if now is None else now
        table = empty_table()
        add_score_columns(table, self._language, no_wrap=True, text_width=max(12, (console.width - NUMBERS) // 3))
        table.add_column(word("moved", self._language), no_wrap=True)
        for row in rows:
            style = "reverse" if now - row.moved_at < FRESH_SECONDS else ""
            moved = moved_text(row.moved, self._language) if row.moved else ""
            table.add_row(*score_cells(row.card, self._language), moved, style=style)
        table.title = self.note or (caption(rows[0].card, self._language) if rows else None)
        return table


def _instant(card: resources_pb2.Scorecard) -> tuple[int, int]:
    return card.as_of.seconds, card.as_of.nanos


def _shown(card: resources_pb2.Scorecard) -> list[str]:
    return [str(cell) for cell in score_cells(card, Language.EN)]


def moved_text(moved: int, language: Language) -> Text:
    """An arrow with the difference in points."""
    up = moved > 0
    return Text(f"{'▲ +' if up else '▼ '}{points_text(moved, language)}", "green" if up else "red")


def change_line(card: resources_pb2.Scorecard, moved: int, language: Language) -> str:
    """One change as a line: instant, subject, month, points, by how much, band."""
    points = f"{result_points_text(card.now, language)} ({'+' if moved >= 0 else ''}{points_text(moved, language)})"
    who = f"{card.name} ({card.subject_id})"
    return f"{instant_text(card.as_of)}  {who}  {card.period}  {points}  {band_name(card.now.band, language)}"
