"""Points of many over months, and the median of one's kind of post."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from congvu.evaluation.v1 import resources_pb2
from congvu.evaluation.v1 import service_pb2 as rpc
from evaluation.store.scores import ScoreRow, load_scores, save_scores
from runtime.errors import InvalidInput, NotFound
from runtime.events import Record

from .city import BEGIN, STAFF, at, city, done, officer

Door = Callable[..., Any]
PILOT = "pilot-seven-groups"


def tasks(officer_id: str, number: int, *, month: int, late: int = 0) -> Iterator[Record]:
    """Work due in a month, the last `late` pieces of it a day late."""
    for n in range(number):
        due = at(10 + n, month=month)
        finished = at(11 + n, month=month) if n >= number - late else due
        yield from done(f"task/{officer_id}/{month}/{n}", officer_id, due=due, completed=finished)


@pytest.fixture
def ask(evaluation: Any, open_door: Door) -> Callable[..., Any]:
    """`ask(unit_id=…)`: what an evaluator is told; an has worked in February and March, cuc in March."""
    work = [*tasks("an", 4, month=2), *tasks("an", 6, month=3, late=1), *tasks("cuc", 2, month=3)]
    evaluation.hear([*city(), *work])
    stub = open_door(roles=["evaluator"])
    return lambda **question: stub.ListPoints(rpc.ListPointsRequest(policy=PILOT, **question))


def test_months_come_oldest_first_as_the_scorecards_have_them(ask: Callable[..., Any], open_door: Door) -> None:
    (an,) = ask(subject_id="an", months=3).subjects
    assert (an.name, an.unit_id, an.unit_name) == ("An", "SNV-CCVC", "Unit SNV-CCVC")
    assert [month.period for month in an.months] == ["2026-02", "2026-03"]
    stub = open_door(roles=["evaluator"])
    for month in an.months:
        request = rpc.GetScorecardRequest(subject_id="an", period=month.period, policy=PILOT)
        card = stub.GetScorecard(request).scorecard
        told = (month.points, month.band, month.points_if_nothing_more, month.band_if_nothing_more, month.open)
        later = card.if_nothing_more
        assert told == (card.now.points, card.now.band, later.points, later.band, card.open)


def test_few_items_are_marked_as_a_small_sample(ask: Callable[..., Any]) -> None:
    february, march = ask(subject_id="an", months=2).subjects[0].months
    assert (february.items_due, february.items_overdue, february.small_sample) == (4, 0, True)
    assert (march.items_due, march.items_overdue, march.small_sample) == (6, 1, False)


def test_without_points_a_month_has_none(ask: Callable[..., Any]) -> None:
    (dung,) = ask(subject_id="dung").subjects
    (march,) = dung.months
    assert not march.HasField("points")
    assert not march.HasField("points_if_nothing_more")
    assert march.small_sample


def test_a_unit_gives_all_below_it_and_a_kind_only_its_own(ask: Callable[..., Any]) -> None:
    assert {one.subject_id for one in ask(unit_id="SNV").subjects} == {
        *("SNV", "SNV-CCVC"),
        *("director", "binh", "an", "cuc"),
    }
    units = ask(unit_id="SNV", subject_kind=resources_pb2.SUBJECT_KIND_UNIT).subjects
    assert {one.subject_id for one in units} == {"SNV", "SNV-CCVC"}
    people = ask(subject_kind=resources_pb2.SUBJECT_KIND_OFFICER).subjects
    assert {one.subject_id for one in people} == {"chair", "director", "binh", "an", "cuc", "finance", "dung"}


def test_a_unit_alone_gives_itself_and_its_own_officers(ask: Callable[..., Any]) -> None:
    assert {one.subject_id for one in ask(unit_id="SNV", own_only=True).subjects} == {"SNV", "director"}


def test_pages_hold_every_subject_with_all_its_months_once(ask: Callable[..., Any]) -> None:
    seen: dict[str, int] = {}
    token = ""
    while True:
        answer = ask(months=2, page_size=2, page_token=token)
        assert len(answer.subjects) <= 2
        seen |= {one.subject_id: len(one.months) for one in answer.subjects}
        token = answer.next_page_token
        if not token:
            break
    assert list(seen) == sorted(seen)
    assert len(seen) == 11
    assert set(seen.values()) == {2}


@pytest.mark.parametrize("question", [{"months": 25}, {"months": -1}, {"page_size": 1001}, {"period": "2026-3"}])
def test_what_cannot_be_answered_is_refused(ask: Callable[..., Any], question: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        ask(**question)


@pytest.mark.parametrize(
    ("caller", "sees"),
    [
        ("an", {"an"}),
        ("binh", {"an", "cuc", "binh", "SNV-CCVC"}),
        ("finance", {"finance", "dung", "STC"}),
    ],
)
@pytest.mark.usefixtures("ask")
def test_without_a_unit_everybody_gets_those_whom_they_may_see(open_door: Door, caller: str, sees: set[str]) -> None:
    stub = open_door(roles=["officer"], officer_id=caller)
    answer = stub.ListPoints(rpc.ListPointsRequest(period="2026-03", months=2))
    assert {one.subject_id for one in answer.subjects} == sees


class Peers:
    """Staff of divisions with points that the test gives them."""

    def __init__(self, evaluation: Any, stub: Any) -> None:
        self._evaluation = evaluation
        self._stub = stub
        evaluation.hear([*city(), *(officer(f"peer{n}", ("STC", STAFF, BEGIN, "")) for n in range(4))])

    def give(self, **points: int) -> None:
        """Stored points as of March; nothing is scored again."""
        with self._evaluation.pool.connection() as conn, conn.transaction():
            rows = load_scores(conn, month=2026 * 12 + 2, subjects=list(points), policy=PILOT)
            assert len(rows) == len(points)
            save_scores(conn, [ScoreRow(*row[:3], points[row.subject], row.card) for row in rows])

    def ask(self, officer_id: str = "an") -> Any:
        request = rpc.GetMedianRequest(officer_id=officer_id, period="2026-03", policy=PILOT)
        return self._stub.GetMedian(request)


@pytest.fixture
def peers(evaluation: Any, open_door: Door) -> Peers:
    return Peers(evaluation, open_door(roles=["evaluator"]))


def test_the_median_is_of_those_with_the_same_kind_of_post(peers: Peers) -> None:
    peers.give(an=5000, cuc=9000, dung=8000, peer0=7001, peer1=6000, peer2=7000, binh=100)
    answer = peers.ask()
    assert (answer.points, answer.officers) == (7001, 6)
    assert (answer.kind_vi, answer.kind_en) == (
        "Người không giữ chức vụ lãnh đạo tại phòng, đơn vị trực thuộc",
        "Staff in divisions",
    )


def test_with_fewer_than_five_others_there_is_no_median(peers: Peers) -> None:
    peers.give(an=5000, cuc=9000, dung=8000, peer0=7001, peer1=6000)
    answer = peers.ask()
    assert (answer.HasField("points"), answer.officers) == (False, 5)
    assert peers.ask("peer2").points == 7001


def test_there_is_no_median_of_a_unit(peers: Peers) -> None:
    with pytest.raises(NotFound):
        peers.ask("SNV-CCVC")
