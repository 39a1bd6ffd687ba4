"""The organization moves: people change units, units change names and parents, and a head answers for others."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from congvu.evaluation.v1 import resources_pb2
from congvu.evaluation.v1 import service_pb2 as rpc

from .city import BEGIN, HEAD, STAFF, at, city, done, finding_record, general, officer, unit

Cards = Callable[..., resources_pb2.Scorecard]


@pytest.fixture
def card(open_door: Callable[..., Any]) -> Cards:
    """`card("an", "2026-03", "decree-335")`."""

    def ask(subject_id: str, period: str = "2026-03", policy: str = "decree-335") -> resources_pb2.Scorecard:
        request = rpc.GetScorecardRequest(subject_id=subject_id, period=period, policy=policy)
        answer: rpc.GetScorecardResponse = open_door(roles=["evaluator"]).GetScorecard(request)
        return answer.scorecard

    return ask


def planned(card: Cards, *subjects: str) -> dict[str, int]:
    return {subject: card(subject).measures.get("all_planned", 0) for subject in subjects}


def d_of(card: resources_pb2.Scorecard) -> str:
    (found,) = [one.ratio for one in card.now.indicators if one.indicator_id == "d"]
    return f"{found.numerator}/{found.denominator}"


def test_d_of_the_heads_follows_the_falling_score_of_a_subordinate(evaluation: Any, card: Cards) -> None:
    work = [*done("task/1", "an", due=at(10), completed=at(9)), *done("task/2", "an", due=at(25), completed=None)]
    evaluation.hear([*city(), *work, finding_record(general("an", 10_000))])
    heads = ("binh", "director", "chair", "finance")
    assert (card("an").now.points, [d_of(card(head)) for head in heads]) == (8000, ["1/1"] * 4)
    evaluation.clock.now = at(25, 10)
    evaluation.hear()
    assert (card("an").now.points, [d_of(card(head)) for head in heads]) == (4500, ["1/2", "1/2", "1/2", "1/1"])


def test_who_changes_the_unit_in_mid_month_counts_in_each_and_has_one_score(evaluation: Any, card: Cards) -> None:
    evaluation.hear([*city(), *done("task/1", "an", due=at(10), completed=at(9))])
    moved = officer("an", ("SNV-CCVC", STAFF, BEGIN, "2026-03-16"), ("STC", STAFF, "2026-03-16", ""), revision=2)
    evaluation.hear([moved, *done("task/2", "an", due=at(19), completed=at(18), unit_id="STC")])
    assert planned(card, "an", "SNV-CCVC", "SNV", "STC", "HUE") == {
        "an": 2000,
        "SNV-CCVC": 1000,
        "SNV": 1000,
        "STC": 1000,
        "HUE": 2000,
    }
    # Sixteen days of March lie in the second post.
    assert card("an").unit_id == "STC"


def test_a_unit_has_the_name_of_the_months_last_day(evaluation: Any, card: Cards) -> None:
    evaluation.hear([*city(), *done("task/1", "an", due=at(10), completed=at(9))])
    evaluation.hear([unit("SNV-CCVC", "SNV", revision=2, then=[("2026-03-31", "Renamed")])])
    assert (card("SNV-CCVC").name, card("an").unit_name) == ("Renamed", "Renamed")
    evaluation.hear([unit("SNV-CCVC", "SNV", revision=3, then=[("2026-04-01", "Renamed")])])
    assert (card("SNV-CCVC").name, card("an").unit_name) == ("Unit SNV-CCVC", "Unit SNV-CCVC")


def test_the_work_of_a_merged_unit_stays_below_its_last_parent(evaluation: Any, card: Cards) -> None:
    evaluation.hear([*city(), *done("task/1", "an", due=at(10), completed=at(9))])
    evaluation.hear([unit("SNV-CCVC", "SNV", revision=2, until="2026-03-16")])
    assert planned(card, "SNV-CCVC", "SNV", "STC", "HUE") == {"SNV-CCVC": 1000, "SNV": 1000, "STC": 0, "HUE": 1000}


def test_a_unit_that_moves_takes_its_month_with_it(evaluation: Any, card: Cards) -> None:
    evaluation.hear([*city(), *done("task/1", "an", due=at(10), completed=at(9))])
    evaluation.hear([unit("SNV-CCVC", "STC", revision=2)])
    assert planned(card, "SNV-CCVC", "SNV", "STC", "HUE") == {"SNV-CCVC": 1000, "SNV": 0, "STC": 1000, "HUE": 1000}


def test_an_older_state_of_a_unit_changes_nothing_even_in_one_batch(evaluation: Any, card: Cards) -> None:
    records = [unit("SNV-CCVC", "SNV", revision=n, then=[("2026-03-02", f"Name {n}")]) for n in (2, 3, 2)]
    evaluation.hear([*city(), *records, *done("task/1", "an", due=at(10), completed=at(9))])
    assert card("SNV-CCVC").name == "Name 3"


def test_a_new_head_answers_from_the_month_of_most_days(evaluation: Any, card: Cards) -> None:
    evaluation.hear([*city(), *done("task/1", "cuc", due=at(10), completed=at(9))])
    assert not any(one.indicator_id == "d" for one in card("cuc").now.indicators)
    promoted = ("SNV-CCVC", STAFF, BEGIN, "2026-03-10"), ("SNV-CCVC", HEAD, "2026-03-10", "")
    evaluation.hear([officer("cuc", *promoted, revision=2), officer("binh", ("STC", STAFF, BEGIN, ""), revision=2)])
    assert d_of(card("cuc")) == "1/1"
    assert not any(one.indicator_id == "d" for one in card("binh").now.indicators)


def test_what_cannot_be_read_of_the_organization_is_passed_over(evaluation: Any, card: Cards) -> None:
    bad = unit("STC", "HUE", revision=2, then=[("no day", "Never")])
    forever = officer("dung", ("STC", STAFF, BEGIN, ""), revision=2, leave_until="9999-12-31")
    evaluation.hear([*city(), bad, replace(bad, value=b"\xff"), forever])
    evaluation.hear(done("task/1", "an", due=at(10), completed=at(9)))
    assert (card("STC").name, card("an").now.result_points) == ("Unit STC", 7000)
