"""Makes a few folded items many: `python -m bench.fill TEMPLATE_URL TARGET_URL TABLE STOCK ITEMS`.

The target is a copy of the template, whose TABLE has rows of STOCK items that the fold has written; it is emptied and
filled with ITEMS: every row of the template again and again, each time under another item's id. Whatever columns the
table has, its rows so have the shape that the fold gives them. Answers {"rows": …}.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from bench.facts import renumbered
from runtime.events.partitions import murmur2

PARTITIONS = 8
_FLUSH = 1 << 20
_PARTITION = "\x01"

Connection = psycopg.Connection[Any]


class _Pattern(NamedTuple):
    """A row as text, with a mark where the partition stands."""

    work_id: str
    line: str


def main(template_url: str, target_url: str, table: str, stock: int, items: int) -> None:
    """Fills the table, in one transaction that begins by emptying it: so none of it goes through the WAL."""
    with psycopg.connect(template_url) as template, psycopg.connect(target_url) as target:
        patterns = list(_patterns(template, table))
        rebuild = _drop_indexes(target, table)
        target.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(table)))
        rows = _copy_in(target, table, _lines(patterns, stock, items))
        target.execute("SET LOCAL maintenance_work_mem = '512MB'")
        for statement in rebuild:
            target.execute(statement)
    print(json.dumps({"rows": rows}))  # noqa: T201 - its answer


def tables_of_items(conn: Connection) -> list[str]:
    """The tables that have rows by item."""
    named = conn.execute(
        "SELECT table_name FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND column_name = 'work_id' ORDER BY table_name"
    ).fetchall()
    return [name for (name,) in named if _has_rows(conn, name)]


def _has_rows(conn: Connection, table: str) -> bool:
    return conn.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(sql.Identifier(table))).fetchone() is not None


def _patterns(conn: Connection, table: str) -> Iterator[_Pattern]:
    names = [
        name
        for (name,) in conn.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND table_name = %s ORDER BY ordinal_position",
            [table],
        )
    ]
    key, place = names.index("work_id"), names.index("partition") if "partition" in names else None
    with conn.cursor() as cursor, cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
        for text in _text_lines(copy):
            cells = text.split("\t")
            if place is not None:
                cells[place] = _PARTITION
            yield _Pattern(cells[key], "\t".join(cells))


def _text_lines(copy: Iterable[Any]) -> Iterator[str]:
    """A row of text for each row: the server sends them one by one."""
    for block in copy:
        yield bytes(block).decode().removesuffix("\n")


def _lines(patterns: list[_Pattern], stock: int, items: int) -> Iterator[str]:
    """All rows, copy after copy of the stock, as the fold would have written them one after the other."""
    for first in range(0, items, stock):
        for work_id, line in patterns:
            other = renumbered(work_id, first)
            key = other.encode()
            partition = (murmur2(key) & 0x7FFFFFFF) % PARTITIONS
            text = line.replace(work_id, other).replace(work_id.encode().hex(), key.hex())
            yield text.replace(_PARTITION, str(partition)) + "\n"


def _copy_in(conn: Connection, table: str, lines: Iterator[str]) -> int:
    rows, size = 0, 0
    waiting: list[str] = []
    command = sql.SQL("COPY {} FROM STDIN (FREEZE)").format(sql.Identifier(table))
    with conn.cursor() as cursor, cursor.copy(command) as copy:
        for line in lines:
            waiting.append(line)
            size += len(line)
            rows += 1
            if size > _FLUSH:
                copy.write("".join(waiting))
                waiting.clear()
                size = 0
        copy.write("".join(waiting))
    return rows


def _drop_indexes(conn: Connection, table: str) -> list[str]:
    """Drops keys and indexes; returns the statements that make them again."""
    keys = conn.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype IN ('p', 'u', 'x')",
        [table],
    ).fetchall()
    indexes = conn.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = %s"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass)",
        [table, table],
    ).fetchall()
    for name, _ in keys:
        conn.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
    for name, _ in indexes:
        conn.execute(f'DROP INDEX "{name}"')
    made = [f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {text}' for name, text in keys]
    return made + [text for _, text in indexes]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
