"""Live = recomputed, the difference where it is not, and the recomputed state in the place of a corrupted one."""

from collections.abc import Callable
from typing import Any

import pytest

from congvu.evaluation.v1.service_pb2 import GetScorecardRequest

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
