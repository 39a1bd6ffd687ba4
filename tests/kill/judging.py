"""The independent scorer as judge of a city of the kill tests."""

from datetime import timedelta

from congvu.evaluation.v1.service_pb2_grpc import EvaluationServiceStub
from e2e.judge import cards_of, judge_cards
from kill.city import DOOR, KillableCity, wait_for
from runtime.errors import Unavailable


def differences_from_the_oracle(city: KillableCity) -> list[str]:
    """What an independent scorer, out of the whole log, sees otherwise in the scorecards that the city tells."""
    city.start(DOOR)
    evaluation = city.stub("evaluation", EvaluationServiceStub, "evaluator")
    months = months_of_the_load(city)
    wait_for(lambda: _is_open(evaluation, months))
    cards = cards_of(evaluation, months)
    assert any(any(card.measures.values()) for card in cards.values())
    return judge_cards(city.log, cards, months)


def months_of_the_load(city: KillableCity) -> list[str]:
    """The months that facts of the load are in."""
    days = [city.founded_at - timedelta(days=back) for back in range(70)]
    return sorted({f"{day:%Y-%m}" for day in days})


def _is_open(evaluation: EvaluationServiceStub, months: list[str]) -> bool:
    try:
        return bool(cards_of(evaluation, months[:1]))
    except Unavailable:
        return False
