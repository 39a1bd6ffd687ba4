"""Which event log the environment asks for, and whether it is the city's."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from embedded.city_log import SECRETS, CityLog, founded_log, variable_of
from embedded.errors import CityError
from embedded.home import Home

BOOTSTRAP = "KAFKA_BOOTSTRAP"
NAMESPACE = "KAFKA_NAMESPACE"

_BROKER = re.compile(r"[^\s,/@?#]+:[0-9]{1,5}")
_NAMESPACE = re.compile(r"[A-Za-z0-9._-]{1,100}")
# Apache Kafka's own scripts read these; whoever has it installed may have set them.
_OF_ITS_SCRIPTS = re.compile(r"KAFKA_(HOME|DEBUG|MODE|JMX_PORT|\w+_OPTS|OPTS)")


def check_address(url: str) -> None:
    """Raises ConfigError for settings that contradict each other and files that are missing."""
    from runtime.events.kafka import KafkaAddress  # the driver takes a quarter of a second, and a city may not need it

    KafkaAddress.parse(url).check()


def choose_log(home: Home, environment: Mapping[str, str]) -> CityLog:
    """The log that the city at the home runs on: the one it was founded on, or for a new city the one asked for.

    A city on Kafka needs no variable to start again; with KAFKA_BOOTSTRAP the environment is taken as a whole, so that
    brokers may move. Raises CityError when the environment is wrong, or asks for another log than the city's.
    """
    founded = founded_log(home)
    if not environment.get(BOOTSTRAP, "").strip():
        chosen = _without_bootstrap(home, founded or CityLog(), environment)
    else:
        chosen = asked_log(environment)
        if founded is not None:
            _check_same(home, founded, chosen)
            chosen = replace(chosen, cluster=founded.cluster)
    if chosen.is_kafka:
        check_address(chosen.url(environment))
    return chosen


def asked_log(environment: Mapping[str, str]) -> CityLog:
    """What KAFKA_BOOTSTRAP, KAFKA_NAMESPACE and the settings beside them say; CityError that names a wrong one."""
    brokers = [broker.strip() for broker in environment[BOOTSTRAP].split(",")]
    for broker in brokers:
        if not _BROKER.fullmatch(broker):
            raise CityError(f"{BOOTSTRAP} names the broker “{broker}”; write host:port, several with commas.")
    namespace = environment.get(NAMESPACE, "").strip()
    if namespace and not _NAMESPACE.fullmatch(namespace):
        raise CityError(f"{NAMESPACE} is “{namespace}”; write up to 100 letters, digits, “.”, “_” and “-”.")
    return _with_settings(CityLog(bootstrap=",".join(brokers), namespace=namespace), environment)


def _without_bootstrap(home: Home, known: CityLog, environment: Mapping[str, str]) -> CityLog:
    """A city that stays where it is; settings of the environment go before those that the home remembers."""
    wrong = sorted(name for name in environment if name.startswith(f"{BOOTSTRAP}_") and environment[name].strip())
    namespace = environment.get(NAMESPACE, "").strip()
    if namespace and known.is_kafka:
        _check_same(home, known, replace(known, namespace=namespace))
    elif namespace:
        wrong.append(NAMESPACE)
    if wrong:
        raise CityError(f"{wrong[0]} is set without {BOOTSTRAP}; name the brokers there, as {BOOTSTRAP}=host:9092.")
    return _with_settings(known, environment) if known.is_kafka else known


def _with_settings(log: CityLog, environment: Mapping[str, str]) -> CityLog:
    given = _settings(environment)
    open_ones = {name: value for name, value in given.items() if name not in SECRETS}
    secrets = [name for name in SECRETS if name in given or name in log.secrets]
    return replace(log, settings={**log.settings, **open_ones}, secrets=tuple(secrets))


def _settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Settings of the driver by their own names, checked; files by their whole path, for any folder to start from."""
    from runtime.events.kafka import SETTINGS

    found = {}
    for variable, value in sorted(environment.items()):
        name = variable.removeprefix("KAFKA_").lower()
        if not variable.startswith("KAFKA_") or not value.strip() or _is_no_setting(variable):
            continue
        if name not in SETTINGS:
            known = ", ".join(variable_of(each) for each in SETTINGS)
            raise CityError(f"{variable} is no setting that is passed on to Kafka; those are {known}.")
        try:
            SETTINGS[name](value)
        except ValueError as error:
            raise CityError(f"{variable} is “{value}”; it must be {error}.") from error
        found[name] = str(Path(value).absolute()) if name.endswith("file") else value
    return found


def _is_no_setting(variable: str) -> bool:
    return variable in (BOOTSTRAP, NAMESPACE) or _OF_ITS_SCRIPTS.fullmatch(variable) is not None


def _check_same(home: Home, founded: CityLog, asked: CityLog) -> None:
    if (founded.is_kafka, founded.namespace) == (asked.is_kafka, asked.namespace):
        return
    raise CityError(
        f"The city at {home.root} was founded on {founded} and cannot move to {asked}; start it without KAFKA_ "
        "variables, or found another city by naming another folder in CONGVU_HOME."
    )
