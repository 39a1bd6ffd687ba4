"""Which event log a city has: what the environment says, what the home remembers, and when the two disagree."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from embedded.choosing import asked_log, choose_log
from embedded.city_log import CityLog, founded_log, kafka_of, keep_log
from embedded.environment import service_environment
from embedded.errors import CityError
from embedded.home import SERVICES, City, Home, prepare
from runtime.config import ConfigError
from runtime.events.kafka import KafkaAddress

BROKERS = {"KAFKA_BOOTSTRAP": "k1:9092,k2:9092"}
ON_KAFKA = CityLog(bootstrap="k1:9092,k2:9092", namespace="hue", cluster="abc")
SIGNED_IN = {
    "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
    "KAFKA_SASL_MECHANISM": "PLAIN",
    "KAFKA_SASL_PLAIN_USERNAME": "congvu",
    "KAFKA_SASL_PLAIN_PASSWORD": "a&b/c d",
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(root=tmp_path / "city")
    prepare(home)
    return home


def test_a_new_city_is_embedded_unless_brokers_are_named(home: Home) -> None:
    assert not choose_log(home, {}).is_kafka
    assert not choose_log(home, {"KAFKA_BOOTSTRAP": ""}).is_kafka
    assert choose_log(home, BROKERS) == CityLog(bootstrap="k1:9092,k2:9092")


def test_every_setting_becomes_part_of_the_url_that_the_driver_reads() -> None:
    asked = {**BROKERS, **SIGNED_IN, "KAFKA_NAMESPACE": "hue-1"}
    address = KafkaAddress.parse(asked_log(asked).url(asked))
    assert address.bootstrap == ("k1:9092", "k2:9092")
    assert address.namespace == "hue-1"
    assert address.settings == {name.removeprefix("KAFKA_").lower(): value for name, value in SIGNED_IN.items()}


def test_files_are_found_from_every_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    asked = asked_log({**BROKERS, "KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CAFILE": "ca.pem"})
    assert asked.settings["ssl_cafile"] == str(tmp_path / "ca.pem")


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"KAFKA_BOOTSTRAP": "k1"}, "KAFKA_BOOTSTRAP names the broker “k1”"),
        ({"KAFKA_BOOTSTRAP": "k1:9092,"}, "KAFKA_BOOTSTRAP names the broker “”"),
        ({"KAFKA_BOOTSTRAP": "kafka://k1:9092"}, "KAFKA_BOOTSTRAP names the broker “kafka://k1:9092”"),
        ({**BROKERS, "KAFKA_NAMESPACE": "a/b"}, "KAFKA_NAMESPACE is “a/b”"),
        ({**BROKERS, "KAFKA_ACKS": "0"}, "KAFKA_ACKS is no setting"),
        ({**BROKERS, "KAFKA_SSL_CHECK_HOSTNAME": "maybe"}, "KAFKA_SSL_CHECK_HOSTNAME is “maybe”; it must be true or"),
        ({**BROKERS, "KAFKA_SECURITY_PROTOCOL": "SSLL"}, "KAFKA_SECURITY_PROTOCOL is “SSLL”"),
        ({"KAFKA_BOOTSTRAP_SERVERS": "k1:9092"}, "KAFKA_BOOTSTRAP_SERVERS is set without KAFKA_BOOTSTRAP"),
        ({"KAFKA_NAMESPACE": "hue"}, "KAFKA_NAMESPACE is set without KAFKA_BOOTSTRAP"),
    ],
)
def test_a_wrong_variable_is_named(home: Home, said: Mapping[str, str], named: str) -> None:
    with pytest.raises(CityError) as refused:
        choose_log(home, said)
    assert named in str(refused.value)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CAFILE": "/not/there.pem"}, "ssl_cafile names /not/there.pem"),
        ({"KAFKA_SASL_PLAIN_PASSWORD": "geheim"}, "sasl_plain_password has no effect"),
    ],
)
def test_settings_that_cannot_work_are_refused_before_anything_starts(
    home: Home, said: Mapping[str, str], named: str
) -> None:
    with pytest.raises(ConfigError, match=named) as refused:
        choose_log(home, {**BROKERS, **said})
    assert "geheim" not in str(refused.value)


def test_what_apache_kafkas_own_scripts_read_does_not_matter(home: Home) -> None:
    theirs = {"KAFKA_HOME": "/opt/kafka", "KAFKA_OPTS": "-Dx", "KAFKA_HEAP_OPTS": "-Xmx1g", "KAFKA_JMX_PORT": "9999"}
    assert choose_log(home, {**BROKERS, **theirs}) == choose_log(home, BROKERS)


def test_a_city_on_kafka_starts_again_without_variables(home: Home) -> None:
    keep_log(home, ON_KAFKA)
    assert choose_log(home, {}) == ON_KAFKA


def test_brokers_may_move_and_settings_change(home: Home) -> None:
    keep_log(home, ON_KAFKA)
    moved = choose_log(home, {"KAFKA_BOOTSTRAP": "k9:9092", "KAFKA_NAMESPACE": "hue"})
    assert moved == CityLog(bootstrap="k9:9092", namespace="hue", cluster="abc")
    changed = choose_log(home, {"KAFKA_RECEIVE_BUFFER_BYTES": "65536"})
    assert (changed.bootstrap, changed.settings) == (ON_KAFKA.bootstrap, {"receive_buffer_bytes": "65536"})


@pytest.mark.parametrize("said", [BROKERS, {**BROKERS, "KAFKA_NAMESPACE": "other"}, {"KAFKA_NAMESPACE": "other"}])
def test_a_city_does_not_move_to_another_namespace(home: Home, said: Mapping[str, str]) -> None:
    keep_log(home, ON_KAFKA)
    with pytest.raises(CityError, match="founded on Apache Kafka at k1:9092,k2:9092, namespace hue and cannot move"):
        choose_log(home, said)


def test_an_embedded_city_does_not_move_to_kafka(home: Home) -> None:
    (home.postgres / "data").mkdir(parents=True)
    assert not choose_log(home, {}).is_kafka
    with pytest.raises(CityError, match="was founded on the embedded event log and cannot move to Apache Kafka at k1"):
        choose_log(home, BROKERS)


def test_no_file_keeps_a_password_and_its_variable_is_asked_for_again(home: Home) -> None:
    asked = {**BROKERS, **SIGNED_IN}
    keep_log(home, choose_log(home, asked))
    assert home.event_log_file.stat().st_mode & 0o777 == 0o600
    assert SIGNED_IN["KAFKA_SASL_PLAIN_PASSWORD"] not in home.event_log_file.read_text()
    with pytest.raises(CityError, match="wants KAFKA_SASL_PLAIN_PASSWORD, which no file keeps"):
        choose_log(home, {})
    password = {"KAFKA_SASL_PLAIN_PASSWORD": "a&b/c d"}
    assert choose_log(home, password).url(password) == choose_log(home, asked).url(asked)


def test_a_record_of_the_log_that_cannot_be_read_is_not_taken_for_an_embedded_city(home: Home) -> None:
    home.event_log_file.write_text("{")
    with pytest.raises(CityError, match=r"event-log\.json .* cannot be read"):
        founded_log(home)


def test_services_see_the_url_and_nothing_else_of_kafka(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**BROKERS, **SIGNED_IN}.items():
        monkeypatch.setenv(name, value)
    keep_log(home, choose_log(home, {**BROKERS, **SIGNED_IN}))
    ports = {f"{service}.{door}": 20_000 for service in SERVICES for door in ("grpc", "http")}
    told = service_environment(home, City(ports=ports, urls={"work": "postgresql://…", "redis": "unix://…"}), "work")
    assert KafkaAddress.parse(told["EVENT_LOG_URL"]).settings["sasl_plain_password"] == "a&b/c d"
    assert [name for name in told if name.startswith("KAFKA_")] == []


def test_the_log_has_a_name_for_people() -> None:
    assert str(CityLog()) == "the embedded event log"
    assert str(ON_KAFKA) == "Apache Kafka at k1:9092,k2:9092, namespace hue"


def test_only_a_city_on_kafka_has_a_kafka(home: Home) -> None:
    assert kafka_of(home) is None
    keep_log(home, ON_KAFKA)
    assert kafka_of(home) == ON_KAFKA


def test_the_portal_is_told_of_no_data(home: Home) -> None:
    ports = {f"{service}.{door}": 20_000 for service in SERVICES for door in ("grpc", "http")}
    told = service_environment(home, City(ports=ports, urls={"redis": "unix://…"}), "portal")
    assert told["EVALUATION_ADDRESS"] == "127.0.0.1:20000"
    assert {"DATABASE_URL", "EVENT_LOG_URL"} & told.keys() == set()
