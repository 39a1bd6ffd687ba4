"""A city that was stopped, or killed, comes back with all that it had."""

from e2e.judge import read_cards, timeless
from e2e.test_1_demo_city import months
from testkit.cities import RunningCity


def test_a_second_start_keeps_the_data(city: RunningCity) -> None:
    before = timeless(read_cards(city.home, months()[:1]))
    city.tell("down")
    city.tell("up", "--detach")
    city.wait_until_counted()
    assert timeless(read_cards(city.home, months()[:1])) == before
