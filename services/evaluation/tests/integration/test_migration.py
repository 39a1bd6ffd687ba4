"""A database of the layout before, with content, becomes what the same facts give when they are folded afresh."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg

from evaluation.domain.measures import to_vector
from evaluation.main import MIGRATIONS
from evaluation.store.facts import read_facts
from evaluation.store.items import read_adds
from evaluation.store.marks import Mark, take_marks
from runtime.events import partition_of
from runtime.postgres import Connection, Pool, migrate

from .city import at, done, records_of
from .test_batches import story

FIRST = "001_evaluation.sql"


def layout_before(tmp_path: Path) -> Path:
    """The migrations as they were."""
    folder = tmp_path / "evaluation" / MIGRATIONS.name
    folder.mkdir(parents=True)
    shutil.copy(MIGRATIONS / FIRST, folder)
    return folder


def write_as_before(conn: Connection, evaluation: Any) -> None:
    """The content of the folded city, as the layout before held it."""
    for work_id, revision, next_tick, state, adds, facts in evaluation.rows(
        "SELECT work_id, last_revision, next_tick, state, adds, facts FROM items"
    ):
        conn.execute(
            "INSERT INTO items (work_id, partition, last_revision, facts, title, state, officer_id, unit_id, next_tick)"
            " VALUES (%s, %s, %s, %s, 'a title', %s, 'an', 'SNV', %s)",
            [work_id, partition_of(work_id, 8), revision, json.dumps(json.loads(f"[{facts}]")), state, next_tick],
        )
        for key, measures in read_adds(adds).items():
            row = [work_id, *key, to_vector(measures)]
            conn.execute("INSERT INTO contributions VALUES (%s, %s, %s, %s, %s, %s)", row)
    for row in evaluation.rows("SELECT partition, subject, unit_id, month, request, vector FROM sums"):
        conn.execute("INSERT INTO sums VALUES (%s, %s, %s, %s, %s, %s)", row)
    for subject, month, partition, onwards in [
        ("an", 24314, 1, True),
        ("an", 24314, 2, False),
        ("cuc", 24315, 1, False),
    ]:
        conn.execute("INSERT INTO scores_due VALUES (%s, %s, %s, %s)", [subject, month, partition, onwards])


def content(conn: Connection) -> dict[str, Any]:
    """What the layout of now holds, in no order."""
    items = conn.execute("SELECT work_id, last_revision, next_tick, state, adds, facts FROM items").fetchall()
    return {
        "items": {row[0]: (*row[1:4], read_adds(row[4]), read_facts(row[5])) for row in items},
        "sums": sorted(conn.execute("SELECT partition, subject, unit_id, month, request, vector FROM sums")),
        "evidence": sorted(conn.execute("SELECT subject, unit_id, month, work_id FROM evidence")),
        "ticks": sorted(set(conn.execute("SELECT partition, next_tick, work_id FROM ticks"))),
    }


def test_a_database_of_the_layout_before_is_brought_up_to_date(
    evaluation: Any, make_database: Callable[[Sequence[Path]], str], pool: Pool, tmp_path: Path
) -> None:
    waiting = done("task/10", "an", due=at(28), completed=None)
    evaluation.hear([*records_of(story("S")), *waiting], batch=3)
    url = make_database([layout_before(tmp_path)])
    with psycopg.connect(url, autocommit=True) as conn:
        write_as_before(conn, evaluation)
        migrate(url, [MIGRATIONS])
        with pool.connection() as fresh:
            expected = content(fresh)
        assert content(conn) == expected
        assert len(expected["evidence"]) > 4
        assert expected["ticks"]
        marks = {Mark("an", 24314, True, crowd=1), Mark("cuc", 24315, False, crowd=1)}
        assert set(take_marks(conn, upto=24315, limit=100, put_off=True)) == marks


def test_an_empty_database_of_the_layout_before_is_brought_up_to_date(
    make_database: Callable[[Sequence[Path]], str], tmp_path: Path
) -> None:
    url = make_database([layout_before(tmp_path)])
    assert migrate(url, [MIGRATIONS])[0] == "evaluation/002_one_row_per_item.sql"
