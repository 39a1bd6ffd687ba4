"""What people find: numbered, published once, kept, and recorded only by who may."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from congvu.evaluation.findings.v1 import events_pb2 as pb
from congvu.evaluation.v1 import service_pb2 as rpc
from runtime.errors import Conflict, Denied, InvalidInput

from .city import at, city, done, finding_record, general, shortcoming

DECREE = rpc.GetScorecardRequest(subject_id="an", period="2026-03", policy="decree-335")


@pytest.fixture
def record(evaluation: Any, open_door: Callable[..., Any]) -> Callable[..., int]:
    """`record(finding, …, by="binh")`: how many were new. Without `by` an evaluator records."""
    evaluation.hear([*city(), *done("task/1", "an", due=at(10), completed=at(9))])

    def record_it(*findings: pb.FindingEvent, by: str = "") -> int:
        door = open_door(roles=["officer"], officer_id=by) if by else open_door(roles=["evaluator"], subject="eva")
        return int(door.RecordFindings(rpc.RecordFindingsRequest(findings=findings)).recorded)

    return record_it


def published(evaluation: Any) -> list[pb.FindingEvent]:
    return [pb.FindingEvent.FromString(record.value) for record in evaluation.publish()]


def test_findings_are_numbered_by_subject(evaluation: Any, record: Callable[..., int]) -> None:
    assert record(general("an"), general("cuc"), general("an", 20_000, event_id="second")) == 3
    assert record(shortcoming("an")) == 1
    told = published(evaluation)
    assert [(one.subject_id, one.revision) for one in told] == [("an", 1), ("cuc", 1), ("an", 2), ("an", 3)]
    assert {(one.actor_id, one.period) for one in told} == {("eva", "2026-03")}
    assert all(one.recorded_at.ToDatetime() == evaluation.clock().replace(tzinfo=None) for one in told)


def test_a_repeat_is_recorded_once(evaluation: Any, record: Callable[..., int]) -> None:
    assert record(general("an"), general("an")) == 1
    assert record(general("an")) == 0
    assert len(published(evaluation)) == 1


def test_the_same_id_for_another_finding_is_a_conflict(evaluation: Any, record: Callable[..., int]) -> None:
    record(general("an"))
    with pytest.raises(Conflict, match="general/an was used for another finding"):
        record(general("cuc", event_id="fresh"), general("an", 1_000))
    assert len(published(evaluation)) == 1


def test_a_finding_is_scored_once_the_log_is_heard(
    evaluation: Any, record: Callable[..., int], open_door: Callable[..., Any]
) -> None:
    door = open_door(roles=["evaluator"])
    assert door.GetScorecard(DECREE).scorecard.now.reason_en == "general criteria not scored"
    record(general("an"))
    evaluation.hear(evaluation.publish())
    assert door.GetScorecard(DECREE).scorecard.now.points == 9700


def test_the_last_finding_counts_and_a_confirmation_most(evaluation: Any, open_door: Callable[..., Any]) -> None:
    evaluation.hear([*city(), *done("task/1", "an", due=at(10), completed=at(9))])
    for n, (points, confirmed, shown) in enumerate(
        [(10_000, False, 8000), (12_000, False, 8200), (20_000, True, 9000), (30_000, False, 9000)], start=1
    ):
        evaluation.hear([finding_record(general("an", points, confirmed=confirmed, event_id=f"g{n}"), n)])
        card = open_door(roles=["evaluator"]).GetScorecard(DECREE).scorecard
        assert (card.now.points, card.general_confirmed) == (shown, n >= 3)


def test_a_finding_found_twice_in_the_log_is_kept_once(evaluation: Any) -> None:
    evaluation.hear([finding_record(general("an")), finding_record(general("an"))])
    assert evaluation.rows("SELECT subject, revision FROM findings") == [("an", 1)]


def test_what_is_no_finding_is_passed_over(evaluation: Any) -> None:
    bad = finding_record(general("an", period="2026-13"))
    never = finding_record(general("an", period="0001-01", event_id="never"), 2)
    good = finding_record(general("an", event_id="good"), 3)
    evaluation.hear([bad, never, good])
    assert evaluation.rows("SELECT event_id FROM findings") == [("good",)]


@pytest.mark.parametrize(
    ("finding", "told"),
    [
        (general("an", 30_001), "0 to 30 points"),
        (general("an", period="2026-3"), "not a month"),
        (general("an", period="9999-01"), "outside the years"),
        (general(""), "names no subject"),
        (pb.FindingEvent(event_id="x", subject_id="an", period="2026-03"), "no fact known here"),
        (shortcoming("an", event_id=""), None),
    ],
)
def test_a_finding_that_cannot_be_is_refused(
    record: Callable[..., int], finding: pb.FindingEvent, told: str | None
) -> None:
    if told is None:
        finding.ClearField("event_id")
        told = "needs an event_id"
    with pytest.raises(InvalidInput, match=told):
        record(finding)


def test_a_finding_of_the_future_is_refused(evaluation: Any, record: Callable[..., int]) -> None:
    finding = general("an")
    finding.occurred_at.FromDatetime(evaluation.clock() + timedelta(minutes=6))
    with pytest.raises(InvalidInput, match="lies in the future"):
        record(finding)


OWN = general("an", confirmed=False, event_id="own")
CONFIRMED = general("an", event_id="confirmed")
FOUND = shortcoming("an", event_id="found")


@pytest.mark.parametrize(
    ("by", "may"),
    [
        ("an", {"own"}),
        ("cuc", set()),
        ("binh", {"own", "confirmed", "found"}),
        ("director", {"own", "confirmed", "found"}),
        ("chair", {"own", "confirmed", "found"}),
        ("finance", set()),
        ("dung", set()),
        ("", {"own", "confirmed", "found"}),
    ],
)
def test_who_may_record_what_about_an_officer(record: Callable[..., int], by: str, may: set[str]) -> None:
    for finding in (OWN, CONFIRMED, FOUND):
        if finding.event_id in may:
            assert record(finding, by=by) == 1
        else:
            with pytest.raises(Denied, match="You may not record this about an"):
                record(finding, by=by)


def test_one_finding_that_may_not_be_recorded_keeps_the_others_back(
    evaluation: Any, record: Callable[..., int]
) -> None:
    with pytest.raises(Denied):
        record(OWN, general("cuc", confirmed=False), by="an")
    assert published(evaluation) == []
