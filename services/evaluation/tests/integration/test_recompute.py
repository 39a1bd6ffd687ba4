"""Live = recomputed, the difference where it is not, and the recomputed state in the place of a corrupted one."""

import gc
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from weakref import WeakSet

import psycopg
import pytest

from congvu.evaluation.v1.service_pb2 import GetScorecardRequest
from evaluation.store.positions import PositionRow
from evaluation.store.scores import ScoreRow, hold_scorers, save_scores
from evaluation.usecases import refold
from evaluation.usecases.refold import fold_partitions
from runtime.events import Record, StoredRecord
from testkit.waiting import wait_until

from .city import at, city, done, finding_record, general

Recompute = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def lively(evaluation: Any) -> Any:
    """A city with work in two months, findings, and a parked record."""
    records = [
        *city(),
        finding_record(general("an")),
        *done("task/1", "an", due=at(10), completed=at(9)),
        *done("task/2", "an", due=at(12), completed=None),
        *done("task/3", "cuc", due=at(20, month=2), completed=at(8)),
        *list(done("task/4", "dung", due=at(20), completed=at(19), unit_id="STC"))[1:],
        *list(done("task/5", "dung", due=at(20), completed=at(21), unit_id="STC"))[::-1],
    ]
    evaluation.hear(records, batch=3)
    return evaluation


def execute(evaluation: Any, statement: str) -> None:
    with evaluation.pool.connection() as conn:
        assert conn.execute(statement.encode()).rowcount > 0


def test_what_was_folded_live_is_what_the_log_gives(lively: Any, recomputation: Recompute) -> None:
    code, lines = recomputation()
    assert (code, len(lines)) == (0, 2)
    assert " differences=0 " in lines[-1]
    assert "items=4" in lines[-1]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (
            "UPDATE sums SET vector[1] = vector[1] + 1 WHERE subject = 'an' AND unit_id = 'SNV-CCVC' AND month = 24314",
            "an in SNV-CCVC 2026-03: planned live 1001 recomputed 1000",
        ),
        ("DELETE FROM sums WHERE subject = 'dung' AND month = 24314", "dung in STC 2026-03: "),
        (
            "UPDATE scores SET card = (SELECT card FROM scores WHERE subject = 'cuc' AND month = 24314 LIMIT 1)"
            " WHERE subject = 'an' AND month = 24314 AND policy = 'decree-335'",
            "an 2026-03 decree-335: ",
        ),
        ("DELETE FROM scores WHERE subject = 'SNV' AND month = 24314", "SNV 2026-03 decree-335: scored by the"),
        ("UPDATE items SET last_revision = 9 WHERE work_id = 'task/1'", "task/1: revision live 9 recomputed 2"),
        ("DELETE FROM parked", "parked in one of the two only"),
    ],
)
def test_a_difference_is_found_and_named(lively: Any, recomputation: Recompute, statement: str, told: str) -> None:
    execute(lively, statement)
    code, lines = recomputation()
    assert code == 1
    assert any(told in line for line in lines), lines
    assert "differences=0" not in lines[-1]


def test_a_check_changes_nothing(lively: Any, recomputation: Recompute) -> None:
    before = lively.rows("SELECT * FROM sums ORDER BY 1, 2, 3, 4, 5")
    recomputation()
    assert lively.rows("SELECT * FROM sums ORDER BY 1, 2, 3, 4, 5") == before
    assert lively.rows("SELECT nspname FROM pg_namespace WHERE nspname = 'recomputed'") == []


def test_a_corrupted_state_is_replaced_from_the_log(
    lively: Any, recomputation: Recompute, open_door: Callable[..., Any]
) -> None:
    request = GetScorecardRequest(subject_id="an", period="2026-03")
    door = open_door(roles=["evaluator"])
    right = door.GetScorecard(request).scorecard
    for statement in (
        "UPDATE sums SET vector[5] = 77",
        "DELETE FROM evidence WHERE work_id = 'task/1'",
        "UPDATE items SET facts = '', adds = '[]', next_tick = NULL",
        "DELETE FROM officers",
        "DELETE FROM findings",
    ):
        execute(lively, statement)
    lively.hear(done("task/9", "cuc", due=at(10), completed=at(9)))
    assert recomputation(check=True)[0] == 1
    assert recomputation(check=False)[0] == 0
    lively.hear()
    assert recomputation(check=True)[0] == 0
    assert door.GetScorecard(request).scorecard == right


def test_after_a_replacement_the_log_is_followed_on(lively: Any, recomputation: Recompute) -> None:
    recomputation(check=False)
    lively.hear(done("task/9", "cuc", due=at(10), completed=at(9)))
    assert lively.rows("SELECT count(*) FROM items") == [(5,)]
    assert recomputation()[0] == 0


def test_what_a_scorer_scores_during_the_replacement_is_scored_again(
    lively: Any, recomputation: Recompute, service_url: str
) -> None:
    waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with ThreadPoolExecutor() as threads, psycopg.connect(service_url) as scorer:
        hold_scorers(scorer)
        save_scores(scorer, [ScoreRow("first-seen", 24314, "decree-335", 1, b"")])
        replacing = threads.submit(recomputation, check=False)
        wait_until(lambda: lively.rows(waiting))
        scorer.commit()
        assert replacing.result(timeout=30)[0] == 0
    assert lively.rows("SELECT FROM scores_due WHERE 'first-seen' = ANY (subjects) AND month = 24314")


class _Cycle:
    """Refers to itself."""

    def __init__(self) -> None:
        self.me = self


class _Circling:
    """Leaves garbage in cycles that is in use for two batches more."""

    def __init__(self) -> None:
        self.made: WeakSet[Any] = WeakSet()
        self.used: deque[Any] = deque(maxlen=3)
        self.most = 0

    def handle(self, conn: object, partition: int, records: Sequence[StoredRecord]) -> None:
        cycle = _Cycle()
        self.made.add(cycle)
        self.used.append(cycle)
        self.most = max(self.most, len(self.made))

    def tick(self, conn: object, partition: int, now: datetime) -> None:
        raise NotImplementedError

    def forget(self, partition: int) -> None:
        self.used.clear()


def test_garbage_that_outlives_its_batch_is_freed(evaluation: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    topic, handler = "congvu.organization.v1", _Circling()
    evaluation.log.append([Record(topic=topic, key="HUE", value=b"")] * 60)
    monkeypatch.setattr(refold, "_BATCH", 1)
    monkeypatch.setattr(refold, "_WHOLE_LOOK", 10)
    gc.disable()
    try:
        place = PositionRow(topic, 0, 60, None)
        fold_partitions([place], lambda _: None, pool=evaluation.pool, log=evaluation.log, handler=handler)
    finally:
        gc.enable()
    assert 3 < handler.most < 20
    assert not handler.made
