"""The main job: two months of a whole city come in, every score is there, and anyone can check it."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from e2e.conftest import FACTS
from e2e.judge import judge, read_cards
from embedded.proof import check_coverage
from embedded.session import local_doors
from testkit.cities import RunningCity


def months() -> list[str]:
    """Last month and this one, in the city."""
    today = datetime.now(UTC).astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).date()
    return [f"{today.replace(day=1) - timedelta(days=1):%Y-%m}", f"{today:%Y-%m}"]


def test_the_whole_city_is_loaded_and_everyone_has_a_score_of_last_month(city: RunningCity) -> None:
    with local_doors(city.home) as doors:
        coverage = check_coverage(doors, datetime.now(UTC))
    assert coverage.missing == []
    assert city.marker.facts >= FACTS
    assert coverage.officers >= 1_400


def test_the_independent_scorer_agrees_with_every_score(city: RunningCity) -> None:
    cards = read_cards(city.home, months())
    assert len(cards) > 2 * 2 * 1_400
    assert judge(city.home, cards, months())[:10] == []


def test_the_whole_log_folded_afresh_gives_the_live_numbers(city: RunningCity) -> None:
    assert "differences=0" in city.tell("recompute", "--check")


def test_an_explanation_adds_up_to_the_measures(city: RunningCity) -> None:
    cards = json.loads(city.tell("scores", "--period", months()[0], "--json"))
    officer = next(card["subject_id"] for card in cards if card["subject_id"].startswith("HUE-"))
    answer = json.loads(city.tell("explain", officer, "--period", months()[0], "--json"))
    total: dict[str, int] = {}
    for contribution in answer["contributions"]:
        kind = "request" if contribution.get("request") else "work"
        for name, value in contribution["measures"].items():
            total[f"{kind}_{name}"] = total.get(f"{kind}_{name}", 0) + int(value)
    measures = {name: int(value) for name, value in answer["scorecard"]["measures"].items()}
    assert total == {name: value for name, value in measures.items() if not name.startswith("all_")}


def test_an_officer_who_signs_in_sees_the_own_score_and_no_other(city: RunningCity) -> None:
    username, password, _ = city.marker.sign_ins[-1]
    city.tell("sign-in", username, CONGVU_PASSWORD=password)
    try:
        own = json.loads(city.tell("scores", "--period", months()[0], "--json"))
        assert len({card["subject_id"] for card in own}) == 1
        refused = city.run("scores", "--officer", "HUE-00001", "--period", months()[0])
        other = city.run("scores", "--officer", "HUE-00002", "--period", months()[0])
        assert 1 in (refused.returncode, other.returncode)
        assert "Traceback" not in refused.stderr + other.stderr
    finally:
        city.tell("sign-out")
