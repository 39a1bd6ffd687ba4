"""The environment is read strictly, and errors name the variable."""

from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.addresses import split_address
from runtime.config import ConfigError, Environment, RuntimeConfig
from runtime.events import open_event_log

REQUIRED = {
    "DATABASE_URL": "postgresql://a",
    "EVENT_LOG_URL": "postgresql://b",
    "TOKEN_PUBLIC_KEY": "/keys/public.pem",
}


def test_values_come_typed_and_defaults_fill_in() -> None:
    env = Environment({"A": " text ", "N": "3", "S": "0.5", "P": "/x"})
    assert env.text("A") == "text"
    assert (env.integer("N"), env.integer("M", 7)) == (3, 7)
    assert (env.seconds("S"), env.seconds("T", 2)) == (0.5, 2.0)
    assert (env.path("P"), env.path("Q", "y")) == (Path("/x"), Path("y"))
    assert env.text("B", "") == ""


@pytest.mark.parametrize(
    "read",
    [
        lambda env: env.text("WRONG"),
        lambda env: env.text("EMPTY"),
        lambda env: env.integer("WORD"),
        lambda env: env.integer("SMALL", minimum=2),
        lambda env: env.integer("NEGATIVE"),
        lambda env: env.seconds("WORD"),
        lambda env: env.seconds("NEGATIVE"),
        lambda env: env.seconds("NOTANUMBER"),
        lambda env: env.seconds("ENDLESS"),
    ],
)
def test_a_wrong_value_names_its_variable(read: Callable[[Environment], object]) -> None:
    values = {"EMPTY": " ", "WORD": "many", "SMALL": "1", "NEGATIVE": "-1", "NOTANUMBER": "nan", "ENDLESS": "inf"}
    with pytest.raises(ConfigError, match=r"WRONG|EMPTY|WORD|SMALL|NEGATIVE|NOTANUMBER|ENDLESS"):
        read(Environment(values))


def test_a_service_needs_only_the_required_variables() -> None:
    config = RuntimeConfig.read(Environment(REQUIRED), "work")
    assert (config.service, config.redis_url, config.otlp_endpoint) == ("work", "", "")
    assert (config.grpc_address, config.token_private_key) == ("127.0.0.1:0", None)


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_variable_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        RuntimeConfig.read(Environment({key: value for key, value in REQUIRED.items() if key != name}), "work")


@pytest.mark.parametrize("address", ["8080", "host", "host:", ":80", "host:x", "host:70000"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="host:port"):
        split_address(address)


def test_addresses_have_a_host_and_a_port() -> None:
    assert split_address("127.0.0.1:80") == ("127.0.0.1", 80)
    assert split_address("[::1]:0") == ("::1", 0)


def test_an_event_log_that_is_not_built_in_is_refused_with_what_is() -> None:
    with pytest.raises(ConfigError, match=r"'rabbit'.*postgresql"):
        open_event_log("rabbit://host")
