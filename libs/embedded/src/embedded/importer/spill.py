"""Brings the rows of each item together on disk, so that a log need neither be sorted nor fit into memory."""

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path

from runtime.errors import InvalidInput, Unavailable

CACHE_KIB = 16_384
ROWS_OF_AN_ITEM = 100_000

_SETTINGS = f"""
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
PRAGMA temp_store = FILE; PRAGMA cache_size = -{CACHE_KIB};
CREATE TABLE read_rows (item TEXT NOT NULL, at INTEGER, line INTEGER NOT NULL, row_values TEXT NOT NULL);
"""
# The line comes last: it only parts rows that are equal in everything that counts.
_SORT = """
CREATE TABLE sorted_rows AS SELECT item, at, line, row_values FROM read_rows ORDER BY item, at, row_values, line;
DROP TABLE read_rows;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpilledRow:
    """A row as it comes back: `at` is the time of its step in microseconds since 1970, None where it has none."""

    item: str
    at: int | None
    line: int
    values: Sequence[str]


class Spill:
    """Rows on disk: first all are added, then they are read by item, as often as wanted, in an order that depends on
    nothing but what they say."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, rows: Iterable[SpilledRow]) -> None:
        """Takes all rows and sorts them."""
        values = ((row.item, row.at, row.line, json.dumps(row.values, ensure_ascii=False)) for row in rows)
        with self._connection:
            self._connection.executemany("INSERT INTO read_rows VALUES (?, ?, ?, ?)", values)
        self._connection.executescript(_SORT)

    def items(self) -> Iterator[list[SpilledRow]]:
        """The rows of one item after the other, items by name, rows by time. Raises InvalidInput for an item of a
        hundred thousand rows: no item is that long, and the column is not that of the item."""
        found = self._connection.execute("SELECT item, at, line, row_values FROM sorted_rows ORDER BY rowid")
        for item, group in groupby(found, key=itemgetter(0)):
            rows = list(islice(group, ROWS_OF_AN_ITEM + 1))
            if len(rows) > ROWS_OF_AN_ITEM:
                problem = f"Item {item} has more than {ROWS_OF_AN_ITEM:,} rows; check the column that names the item."
                raise InvalidInput(problem, field="columns.item")
            yield [SpilledRow(item=item, at=at, line=line, values=json.loads(text)) for _, at, line, text in rows]


@contextmanager
def open_spill() -> Iterator[Spill]:
    """A spill in the folder for temporary files (TMPDIR), of about twice the size of the log; it is gone afterwards.

    Raises Unavailable when the disk is full.
    """
    with tempfile.TemporaryDirectory(prefix="congvu-import-") as folder:
        connection = sqlite3.connect(Path(folder) / "rows.db")
        try:
            connection.executescript(_SETTINGS)
            yield Spill(connection)
        except sqlite3.OperationalError as error:
            problem = f"Cannot sort the log in {tempfile.gettempdir()}: {error}; set TMPDIR to a folder with more room."
            raise Unavailable(problem) from error
        finally:
            connection.close()
