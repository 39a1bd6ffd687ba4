"""Which ports a city takes."""

import socket

import pytest

from embedded.errors import CityError
from embedded.ports import FIRST, LAST, choose_ports, is_free

NAMES = ("work.grpc", "work.http", "evaluation.grpc")


def test_a_port_once_chosen_is_kept() -> None:
    chosen = choose_ports(NAMES, {}, free=lambda port: True)

    assert choose_ports(NAMES, chosen, free=lambda port: True) == chosen


def test_no_two_doors_share_a_port() -> None:
    chosen = choose_ports(NAMES, {"work.grpc": 21_000, "work.http": 21_000}, free=lambda port: True)

    assert len(set(chosen.values())) == len(NAMES)
    assert chosen["work.grpc"] == 21_000


def test_only_the_taken_port_is_replaced() -> None:
    kept = {"work.grpc": 21_000, "work.http": 21_001, "evaluation.grpc": 21_002}

    chosen = choose_ports(NAMES, kept, free=lambda port: port != 21_001)

    assert chosen["work.http"] not in kept.values()
    assert FIRST <= chosen["work.http"] < LAST
    assert {name: port for name, port in chosen.items() if name != "work.http"} == {
        "work.grpc": 21_000,
        "evaluation.grpc": 21_002,
    }


def test_without_any_free_port_a_sentence_says_what_to_do() -> None:
    with pytest.raises(CityError, match=r"No free port .* end other programs"):
        choose_ports(NAMES, {}, free=lambda port: False)


def test_a_port_with_a_listener_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert not is_free(port)
    assert is_free(port)
