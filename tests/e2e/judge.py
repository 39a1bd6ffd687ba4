"""The independent scorer as judge of a running city: its log in, every scorecard compared."""

from contextlib import closing
from datetime import date, datetime
from fractions import Fraction

from congvu.evaluation.v1 import resources_pb2
from congvu.evaluation.v1.service_pb2_grpc import EvaluationServiceStub
from embedded.environment import service_environment
from embedded.home import Home, read_city
from embedded.queries import Question, list_scorecards
from embedded.session import local_doors
from oracle.decode import decode_findings, decode_organization, decode_work
from oracle.policies import Result
from oracle.scorer import Scorecard, score
from runtime.events import EventLog, open_event_log
from runtime.timestamps import from_timestamp
from testkit.records import all_records
from working_calendar import WorkingCalendar, load_calendar

POLICIES = ("pilot-seven-groups", "decree-335")
BANDS = {
    resources_pb2.BAND_UNSPECIFIED: None,
    resources_pb2.BAND_NOT_COMPLETED: "not completed",
    resources_pb2.BAND_COMPLETED: "completed",
    resources_pb2.BAND_GOOD: "good",
    resources_pb2.BAND_EXCELLENT: "excellent",
}

Cards = dict[tuple[str, str, str], resources_pb2.Scorecard]


def read_cards(home: Home, months: list[str]) -> Cards:
    """All scorecards of the months by (subject, month, policy), of one moment: read again until nothing moved."""
    cards = _read_cards(home, months)
    while timeless(again := _read_cards(home, months)) != timeless(cards):
        cards = again
    return cards


def timeless(cards: Cards) -> dict[tuple[str, str, str], bytes]:
    """The scorecards without the instants at which they were read, to be compared."""
    stripped = {}
    for key, card in cards.items():
        copy = resources_pb2.Scorecard()
        copy.CopyFrom(card)
        copy.ClearField("as_of")
        stripped[key] = copy.SerializeToString(deterministic=True)
    return stripped


def judge(home: Home, cards: Cards, months: list[str]) -> list[str]:
    """Where the city's scorecards and the independent scorer's differ, a line each."""
    with closing(open_event_log(event_log_url(home))) as log:
        return judge_cards(log, cards, months)


def event_log_url(home: Home) -> str:
    """Where the events of a running city are."""
    return service_environment(home, read_city(home), "evaluation")["EVENT_LOG_URL"]


def judge_cards(log: EventLog, cards: Cards, months: list[str]) -> list[str]:
    """Where scorecards of the months differ from what the independent scorer makes of the log, a line each."""
    calendar = load_calendar()
    records = {topic: all_records(log, topic) for topic in _TOPICS}
    expected = score(
        decode_work(records["congvu.work.v1"]),
        organization=decode_organization(records["congvu.organization.v1"]),
        findings=decode_findings(records["congvu.evaluation.findings.v1"]),
        months=months,
        cut_off=lambda month: _cut_off(calendar, month),
        is_working_day=calendar.is_working_day,
        as_of=min(from_timestamp(card.as_of) for card in cards.values()),
    )
    differences = [line for key, card in cards.items() for line in _differences(card, expected.get(key[:2]), key[2])]
    scored = {key[:2] for key in cards}
    missing = [key for key, card in expected.items() if key not in scored and any(card.measures.values())]
    return [*differences, *(f"{subject} {month}: no scorecard" for subject, month in missing)]


_TOPICS = ("congvu.work.v1", "congvu.organization.v1", "congvu.evaluation.findings.v1")


def _read_cards(home: Home, months: list[str]) -> Cards:
    with local_doors(home) as doors:
        return cards_of(doors.evaluation, months)


def cards_of(evaluation: EvaluationServiceStub, months: list[str]) -> Cards:
    """All scorecards of the months by (subject, month, policy), page by page."""
    cards: Cards = {}
    for month in months:
        for policy in POLICIES if month >= "2026-01" else POLICIES[:1]:
            for card in list_scorecards(evaluation, Question(period=month, policy=policy)):
                cards[card.subject_id, month, policy] = card
    assert cards, f"no scorecards in {months}"
    return cards


def _cut_off(calendar: WorkingCalendar, month: str) -> datetime:
    day = date.fromisoformat(f"{month}-01")
    return calendar.cut_off(day.year, day.month)


def _differences(card: resources_pb2.Scorecard, expected: Scorecard | None, policy: str) -> list[str]:
    place = f"{card.subject_id} {card.period} {policy}"
    if expected is None:
        return [f"{place}: not expected"]
    return [
        *_measures(place, card, expected),
        *_result(f"{place} now", card.now, expected.now[policy]),
        *_result(f"{place} if nothing more", card.if_nothing_more, expected.if_nothing_more[policy]),
        *([f"{place}: amended {card.amended}"] if card.amended != expected.amended else []),
    ]


def _measures(place: str, card: resources_pb2.Scorecard, expected: Scorecard) -> list[str]:
    return [
        f"{place}: {name} {card.measures.get(name, 0)}, expected {value}"
        for name, value in expected.measures.items()
        if card.measures.get(name, 0) != value
    ]


def _result(place: str, result: resources_pb2.Result, expected: Result) -> list[str]:
    lines = []
    points = result.points if result.HasField("points") else None
    if points != expected.shown:
        lines.append(f"{place}: points {points}, expected {expected.shown} ({expected.reason})")
    if _fraction(result) != expected.points:
        lines.append(f"{place}: exactly {_fraction(result)}, expected {expected.points}")
    if BANDS[result.band] != expected.band:
        lines.append(f"{place}: band {BANDS[result.band]}, expected {expected.band}")
    return lines


def _fraction(result: resources_pb2.Result) -> Fraction | None:
    if not result.HasField("exact_points"):
        return None
    return Fraction(int(result.exact_points.numerator), int(result.exact_points.denominator))
